import { Severity } from '@crossplane-org/function-sdk-typescript';
import { expect, test } from '@jest/globals';
import {
  applied,
  composite,
  generator,
  input,
  type Parts,
  request,
  verdictOf,
} from '../../support/crossplane/request.ts';
import { startServer } from '../../support/crossplane/start-server.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { externalSecret, fromGenerator } from '../../support/manifests.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';
import { expectMessages } from './expect-messages.ts';

/** Of the documentation of age. */
const RECIPIENT = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';

const sts = forAllTests(startExampleSts);
const server = forAllTests(() => startServer({ sts, arguments: ['--debug'] }));

const others = 'arn:aws:iam::123456789012:role/others';
const vars = (variable: object) => input({ vars: { account: { type: 'accountID', ...variable } } });
const keys = { name: 'keys', key: 'k' };
const secretRef = { accessKeyIDSecretRef: keys, secretAccessKeySecretRef: keys };
const jwt = { serviceAccountRef: { name: 'ci' } };
const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team-a' } };
const existing = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'acme-deployer', namespace: 'team-a' } };
const annotations = { 'sts.fn.crossplane.io/spec-hash': 'v1-0' };
const ofAnotherSpec = { ...existing, metadata: { ...existing.metadata, annotations } };
const mfa = { serialNumber: 'arn:aws:iam::123456789012:mfa/ci', tokenCode: '123456' };
const withCode = { ...generator({ role: undefined, requestParameters: mfa }), kind: 'STSSessionToken' };
const inWrongGroup = { ...generator({ role: others }), apiVersion: 'external-secrets.io/v1' };
const desiring = (resource: object) => ({ resources: { desired: { resource } } });
const two = [generator({ role: others }), generator({ role: others }, { name: 'other' })];

const cases: readonly [string, Parts, unknown[]?][] = [
  [
    'a role that does not trust us',
    request({ input: input({ allow: undefined, generators: [generator({ role: others })] }) }),
  ],
  [
    'a role that does not trust the hub',
    request({
      input: input({
        allow: undefined,
        sessions: [{ via: ['arn:aws:iam::111111111111:role/hub'] }],
        generators: [generator()],
      }),
    }),
  ],
  ['two such roles', request({ input: input({ allow: undefined, generators: two }) })],
  [
    'a Secret with keys that is not there',
    request({ input: input({ generators: [generator({ auth: { secretRef } })] }) }),
  ],
  [
    'keys that are nowhere, with a cluster',
    request({ input: input({ cluster: { inCluster: true }, generators: [generator({ auth: { secretRef } })] }) }),
  ],
  [
    'a ServiceAccount that is not there',
    request({ input: input({ cluster: { inCluster: true }, generators: [generator({ auth: { jwt } })] }) }),
  ],
  [
    'a ServiceAccount whose role is none',
    request({ input: input({ cluster: { inCluster: true }, generators: [generator({ auth: { jwt } })] }) }),
    [
      {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'ci', namespace: 'team-a', annotations: { 'eks.amazonaws.com/role-arn': 'oops' } },
      },
    ],
  ],
  [
    'a generator of the namespace whose role is none',
    request({ input: input({ generators: [externalSecret({ dataFrom: [fromGenerator('deployer')] })] }) }),
    [generator({ role: 'oops' }, { name: 'deployer', namespace: 'team-a' })],
  ],
  ['a field that is not there', request({ xr: composite({ spec: { accountID: undefined } }) })],
  ['a field of the wrong type', request({ xr: composite({ spec: { accountID: 7 } }) })],
  [
    'a path that is none, beside a field that is not there',
    request({
      xr: composite({ spec: { accountID: undefined } }),
      input: input({
        vars: {
          account: { fromFieldPath: 'spec.accountID', type: 'accountID' },
          b: { fromFieldPath: 'spec..b', type: 'accountID' },
        },
      }),
    }),
  ],
  ['a label that is not there', request({ input: vars({ namespaceLabel: 'example.org/a' }) }), [namespace]],
  ['a namespace that Crossplane does not send', request({ input: vars({ namespaceLabel: 'example.org/a' }) }), []],
  [
    'a label of a namespace that the composite has not',
    request({
      xr: composite({ metadata: { namespace: undefined } }),
      input: input({
        generators: [generator({}, { name: 'deployer', namespace: 'team-a' })],
        vars: { account: { namespaceLabel: 'example.org/a', type: 'accountID' } },
      }),
    }),
  ],
  ['an Input with a slip in its kind', request({ input: input({ kind: 'Inputs' }) })],
  ["somebody else's Secret", request(), [existing]],
  [
    'one that an entry names for each composite',
    request({ input: input({ sessions: [{ secrets: [{ name: 'acme-deployer' }] }] }) }),
    [existing],
  ],
  ['a role that is not granted', request({ input: input({ allow: [{ roles: ['arn:aws:iam::*:role/reader'] }] }) })],
  [
    'an ExternalSecret that only has a store',
    request({ input: input({ generators: [externalSecret({ secretStoreRef: { name: 'aws' }, data: [] })] }) }),
  ],
  ['an Input without generators', request({ input: { ...input(), generators: [] } })],
  ['a source of a variable with a slip of the pen', request({ input: vars({ namespaceLable: 'example.org/a' }) })],
  ['a variable without a source', request({ input: vars({}) })],
  ['a path that is none', request({ input: vars({ fromFieldPath: 'spec..a' }) })],
  ['a path into the context', request({ input: vars({ fromFieldPath: 'context[a].b' }) })],
  ['a status that nobody sets', request({ input: vars({ fromFieldPath: 'status.accountID' }) })],
  ['a path that is no string', request({ input: vars({ fromFieldPath: 1 }) })],
  ['two sources', request({ input: vars({ fromFieldPath: 'spec.a', value: '1' }) })],
  ['a time to live of a week', request({ input: input({ ttl: '7d' }) })],
  ['an Input that is none', request({ input: { apiVersion: 'v1', kind: 'ConfigMap' } })],
  ['an unknown field', request({ input: input({ genarators: [] }) })],
  [
    "another's namespace",
    request({ input: input({ generators: [generator({}, { name: 'a', namespace: 'kube-system' })] }) }),
  ],
  ['no namespace', request({ xr: composite({ metadata: { namespace: undefined } }) })],
  [
    'a Secret that SOPS would encrypt',
    request({ input: input({ sessions: [{ secrets: [{ encrypt: { sops: { age: [RECIPIENT] } } }] }] }) }),
  ],
  [
    'a Secret in another namespace',
    request({ input: input({ sessions: [{ secrets: [{ namespaces: ['team-a', 'kube-system'] }] }] }) }),
  ],
  ['a name that is too long', request({ xr: composite({ metadata: { name: 'a'.repeat(250) } }) })],
  ['a code of an MFA device', request({ input: input({ allow: undefined, generators: [withCode] }) })],
  [
    'a Secret of another type',
    request({ observedResources: { 'acme-deployer': applied({ ...existing, type: 'example.org/aws' }) } }),
  ],
  ["another step's Secret", request({ desired: { resources: { other: { resource: existing } } } })],
  [
    'a Secret of another spec that a step of this function composes',
    request({ desired: { resources: { 'acme-deployer': { resource: ofAnotherSpec } } } }),
  ],
  ['a generator of a group that is not there', request({ input: inWrongGroup })],
  ['a generator that is desired, of a group that is not there', request({ desired: desiring(inWrongGroup) })],
  [
    'a generator that is desired, of a kind that is not there',
    request({ desired: desiring({ ...generator({ role: others }), kind: 'STSAssumeRole' }) }),
  ],
  ["another step's key", request({ desired: { resources: { 'acme-deployer': { resource: { kind: 'ConfigMap' } } } } })],
];

test('what the owner of a composite reads, and what the log has', async () => {
  const shown: string[] = [];
  for (const [name, first, objects] of cases) {
    const before = server.stderr().length;
    const { response } = await server.reconcile(first, objects);
    const lines = linesSince(before);
    const severity = Severity[response.results[0]?.severity ?? 0]?.replace('SEVERITY_', '');
    const verdict = verdictOf(response);
    const log = lines.filter(({ level }) => level !== 'debug').map(({ level, message }) => `${level}: ${message}`);
    shown.push(`## ${name}\n${severity} ${verdict?.reason}: ${verdict?.message}\n${log.join('\n')}\n`);
  }
  expectMessages(import.meta.filename, shown);
  expect(shown.join('')).not.toMatch(/^(?:FATAL|WARNING) .*(?:arn:aws|\b\d{12}\b)/m);
});

/** The lines of a reconcile: a call writes them before it answers. */
function linesSince(before: number): Line[] {
  const lines = server.stderr().slice(before).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Line);
}

interface Line {
  readonly level: string;
  readonly message: string;
}
