import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { SessionCache } from '../../function/chain/run-chain.ts';
import { messageOf } from '../../function/findings/finding.ts';
import type { KnownObject } from '../../function/model/answers.ts';
import { objectKey, secretObject } from '../../function/model/kinds.ts';
import { clusterGenerator, externalSecret, fromGenerator, generatorManifest, SPEC } from '../support/manifests.ts';
import { ambient, fakeWorld } from '../support/world/fake-world.ts';
import { runManifests } from '../support/world/run-manifests.ts';
import { expectGolden } from './expect-golden.ts';

/**
 * The spec-hash of each Secret, and what makes its calls the same as another's. Another hash renews every Secret that there is; a key that
 * lacks a value gives one chain the session of another. So this file changes with a new kind, field or format, and never otherwise.
 */
const role = (name: string) => `arn:aws:iam::222222222222:role/${name}`;
const kind = (name: string, spec: object) => generatorManifest(spec, undefined, name);
const key = (name: string) => ({ name: 'keys', key: name });
const secretRef = { accessKeyIDSecretRef: key('id'), secretAccessKeySecretRef: key('secret') };
const jwt = { serviceAccountRef: { name: 'deployer', audiences: ['sts.amazonaws.com'] } };
const entry = (fields: object) => ({
  apiVersion: 'sts.fn.crossplane.io/v1beta1',
  kind: 'Input',
  metadata: { name: 'options' },
  cluster: { context: 'ci' },
  sessions: [
    {
      match: { kinds: ['STSAssumeRoleToken', 'STSSessionToken', 'ECRAuthorizationToken'] },
      ...fields,
    },
  ],
});
const full = {
  role: role('hub'),
  externalID: 'ext',
  sessionName: 'hub',
  sessionDuration: 1800,
  region: 'us-east-1',
  tags: { team: 'a', b: 'c' },
  transitiveTagKeys: ['team'],
  sourceIdentity: 'ci',
  policyARNs: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
  policy: { Version: '2012-10-17', Statement: [] },
};
const { role: _, region: __, ...last } = full;

const CASES: Readonly<Record<string, readonly [generator: unknown, options?: object]>> = {
  'a role': [kind('STSAssumeRoleToken', SPEC)],
  'a role with parameters': [
    kind('STSAssumeRoleToken', { ...SPEC, requestParameters: { sessionDuration: 900, externalID: 'ext' } }),
  ],
  'a role with keys': [kind('STSAssumeRoleToken', { ...SPEC, auth: { secretRef } })],
  'a role with keys of a session': [
    kind('STSAssumeRoleToken', { ...SPEC, auth: { secretRef: { ...secretRef, sessionTokenSecretRef: key('token') } } }),
  ],
  'a role with a ServiceAccount': [kind('STSAssumeRoleToken', { ...SPEC, auth: { jwt } }), entry({})],
  'a role behind others': [kind('STSAssumeRoleToken', SPEC), entry({ via: [role('first'), full] })],
  'a role with all of last': [kind('STSAssumeRoleToken', SPEC), entry({ last })],
  'an external ID in a Secret': [
    kind('STSAssumeRoleToken', SPEC),
    entry({ last: { externalIDFrom: { name: 'external-id', key: 'id' } } }),
  ],
  'a token with a role': [
    kind('STSAssumeRoleToken', SPEC),
    entry({ identity: { tokenEnv: 'TOKEN', role: role('ci') } }),
  ],
  'a token without a role': [kind('STSAssumeRoleToken', SPEC), entry({ identity: { tokenEnv: 'TOKEN' } })],
  GitHub: [
    kind('STSAssumeRoleToken', SPEC),
    entry({ identity: { github: { audience: 'sts.amazonaws.com' }, role: role('ci') }, via: [role('hub')] }),
  ],
  'several Secrets': [
    kind('STSAssumeRoleToken', SPEC),
    entry({
      secrets: [
        { name: 'four' },
        { name: 'env', format: 'env', labels: { a: 'b' }, annotations: { c: 'd' } },
        { name: 'file', format: 'credentialsFile' },
        { name: 'process', format: 'credentialProcess', key: 'other.json', namespaces: ['team-a', 'team-b'] },
      ],
    }),
  ],
  'a session of a user': [
    kind('STSSessionToken', { region: 'eu-west-1', auth: { secretRef } }),
    entry({ secrets: [{ name: 'four' }, { name: 'env', format: 'env' }] }),
  ],
  'a session of a user with MFA': [
    kind('STSSessionToken', {
      region: 'eu-west-1',
      auth: { secretRef },
      requestParameters: { sessionDuration: 3600, serialNumber: 'GAHT12345678', tokenCode: '123456' },
    }),
  ],
  'a registry': [
    kind('ECRAuthorizationToken', { region: 'eu-west-1' }),
    entry({ secrets: [{ name: 'four' }, { name: 'pull', format: 'dockerConfigJson' }] }),
  ],
  'a registry behind roles': [
    kind('ECRAuthorizationToken', { region: 'eu-west-1', role: role('pull') }),
    entry({ via: [role('hub')] }),
  ],
  'a registry behind others alone': [
    kind('ECRAuthorizationToken', { region: 'eu-west-1' }),
    entry({ via: [role('hub')], identity: { tokenEnv: 'TOKEN', role: role('ci') } }),
  ],
  'a registry with a ServiceAccount': [
    kind('ECRAuthorizationToken', { region: 'eu-west-1', auth: { jwt } }),
    entry({}),
  ],
  'a public registry': [kind('ECRAuthorizationToken', { region: 'us-east-1', scope: 'public' })],
};

const account: KnownObject = {
  annotations: { 'eks.amazonaws.com/role-arn': role('of-the-service-account') },
};
const objects = new Map<string, KnownObject | null>([
  [
    objectKey(secretObject({ name: 'keys', namespace: 'team-a' })),
    { stringData: { id: 'AKIAIOSFODNN7EXAMPLE', secret: 'S', token: 'T' }, annotations: {} },
  ],
  [
    objectKey(secretObject({ name: 'external-id', namespace: 'team-a' })),
    { stringData: { id: 'from-a-secret' }, annotations: {} },
  ],
  [objectKey({ apiVersion: 'v1', kind: 'ServiceAccount', name: 'deployer', namespace: 'team-a' }), account],
]);

/** The spec-hash of each Secret, then the keys under which a run keeps what AWS gave. */
async function hashesOf(items: readonly unknown[], functionConfig?: object): Promise<string> {
  const sessionCache = new SessionCache();
  const keys = new Set<string>();
  const { flights } = sessionCache;
  const join = flights.join.bind(flights);
  flights.join = (ticket, start) => join(ticket, start).finally(() => keys.add(ticket.key));
  const started = {
    ...ambient({ TOKEN: 'a.b.c', ACTIONS_ID_TOKEN_REQUEST_URL: 'u', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 't' }),
    githubToken: async () => 'a.b.c',
  };
  const world = { ...fakeWorld(), ambient: started };
  const { draft, findings } = await runManifests({ items, functionConfig, ambient: started }, objects, {
    world,
    sessionCache,
  });
  expect(findings.map((one) => messageOf(one))).toEqual([]);
  const hashes = draft.jobs.map(({ target: { namespace, name }, specHash }) => `${namespace}/${name} ${specHash()}`);
  return [...hashes, ...keys].join('\n');
}

describe('spec-hashes and keys of calls', () => {
  test('of every kind, entry and format', async () => {
    const shown: string[] = [];
    for (const [name, [generator, options]] of Object.entries(CASES))
      shown.push(`# ${name}\n${await hashesOf([generator], options)}\n`);
    const consumed = externalSecret({
      dataFrom: [
        fromGenerator('deployer'),
        fromGenerator('shared', [{ regexp: { source: '(.*)', target: 'b_$1' } }], 'ClusterGenerator'),
      ],
      target: { name: 'made', template: { data: { both: '{{ .access_key_id }}{{ .b_session_token }}' } } },
    });
    const both = [
      kind('STSAssumeRoleToken', SPEC),
      clusterGenerator({ region: 'us-east-1', role: role('shared') }),
      consumed,
    ];
    shown.push(`# an ExternalSecret of two generators\n${await hashesOf(both)}\n`);
    expectGolden(join(import.meta.dirname, 'expected/hashes.golden'), shown.join('\n'));
  });
});
