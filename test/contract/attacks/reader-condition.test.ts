import { describe, expect, test } from '@jest/globals';
import { composite, generator, input, type Parts, request, verdictOf } from '../../support/crossplane/request.ts';
import { startServer } from '../../support/crossplane/start-server.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';

/**
 * The owner of a composite reads its condition and events, and may be a tenant: what the Composition's author chose, roles, accounts,
 * external IDs and the like, is the platform's, and in the function's log alone.
 */
const sts = forAllTests(startExampleSts);
const server = forAllTests(() => startServer({ sts, arguments: ['--debug'] }));

const of = (parts: object, spec: object = {}) =>
  request({
    input: input({ allow: undefined, vars: undefined, generators: [generator({ role: OWN, ...spec })], ...parts }),
  });
const OWN = 'arn:aws:iam::123456789012:role/deployer';
const withRole = (role: string) => of({}, { role });
const withLast = (last: object) => of({ sessions: [{ last }] });
const withParameters = (requestParameters: object) => of({}, { requestParameters });

/** What the owner reads of a reconcile, and what the log has. */
async function told(parts: Parts, objects: readonly unknown[] = []): Promise<{ owner: string; log: string }> {
  const before = server.stderr().length;
  const { response } = await server.reconcile(parts, objects);
  const lines = server.stderr().slice(before).trimEnd().split('\n');
  const { results } = response;
  return {
    owner: [verdictOf(response)?.message ?? '', ...results.map(({ message }) => message)].join('\n'),
    log: lines.map((line) => String((JSON.parse(line) as { message: unknown }).message)).join('\n'),
  };
}

describe('what the platform chose is in the log, and not in what the owner of a composite reads', () => {
  test.each<[string, Parts, readonly string[]]>([
    ['a role that refuses', withRole('arn:aws:iam::210987654321:role/hidden'), ['210987654321', 'hidden']],
    [
      'a role with a quote in its path',
      withRole('arn:aws:iam::210987654321:role/a"b/hidden'),
      ['210987654321', 'hidden'],
    ],
    ['with a backslash before it', withRole('arn:aws:iam::210987654321:role/a\\"b/hidden'), ['210987654321', 'hidden']],
    ['with a back-quote', withRole('arn:aws:iam::210987654321:role/a`.`b/hidden'), ['210987654321', 'hidden']],
    ['with words of ours', withRole('arn:aws:iam::210987654321:role/key"hidden"/x'), ['210987654321', 'hidden']],
    ['an account that is too short', withRole('arn:aws:iam::12345:role/hidden'), ['12345', 'hidden']],
    ['an account that is too long', withRole('arn:aws:iam::2109876543210:role/hidden'), ['2109876543210', 'hidden']],
    ['an ARN behind a space', withRole(' arn:aws:iam::210987654321:role/hidden'), ['210987654321', 'hidden']],
    ['an ARN in capitals', withRole('ARN:AWS:IAM::210987654321:ROLE/HIDDEN'), ['210987654321', 'HIDDEN']],
    ['an account inside a word', withRole('acct210987654321x'), ['210987654321']],
    ['a name alone', withRole('hidden'), ['hidden']],
    [
      'an ARN of another service',
      withRole('arn:aws:sts::210987654321:assumed-role/hidden/a'),
      ['210987654321', 'hidden'],
    ],
    [
      'a hop before',
      of({ sessions: [{ via: ['arn:aws:iam::210987654321:role/a"b/hidden'] }] }),
      ['210987654321', 'hidden'],
    ],
    ['a hop that is none', of({ sessions: [{ via: ['hidden'] }] }), ['hidden']],
    ['an external ID with a space', withParameters({ externalID: 'hidden id' }), ['hidden']],
    ['one of the last hop', withLast({ externalID: 'hid"den id' }), ['den id']],
    ['a session name', withLast({ sessionName: 'hidden name' }), ['hidden']],
    ['a source identity', withLast({ sourceIdentity: 'hidden name' }), ['hidden']],
    ['a key of a tag', withLast({ tags: { 'hidden!': 'a' } }), ['hidden']],
    ['a transitive key', withLast({ tags: { a: 'b' }, transitiveTagKeys: ['hidden'] }), ['hidden']],
    [
      'the ARN of a policy',
      withLast({ policyARNs: ['arn:aws:iam::210987654321:policies/hidden'] }),
      ['210987654321', 'hidden'],
    ],
    ['a region', of({}, { region: 'hidden' }), ['hidden']],
    ['the account that is expected', of({ sessions: [{ expectAccount: 'hidden' }] }), ['hidden']],
    ['a duration', withParameters({ sessionDuration: 77 }), ['77']],
    [
      'a role that is not granted',
      of({ allow: [{ roles: [] }] }, { role: 'arn:aws:iam::210987654321:role/a"b/hidden' }),
      ['210987654321', 'hidden'],
    ],
    [
      'a session name that is not granted',
      of({ allow: [{ roles: [OWN], sessionNames: [] }], sessions: [{ last: { sessionName: 'hidden' } }] }),
      ['hidden'],
    ],
    [
      'a tag that is not granted',
      of({ allow: [{ roles: [OWN], tags: {} }], sessions: [{ last: { tags: { hidden: 'a' } } }] }),
      ['hidden'],
    ],
    [
      'a file with a token',
      of({ allow: [{ identities: [] }], sessions: [{ identity: { tokenFile: '/hidden' } }] }),
      ['hidden'],
    ],
    ['a variable with a token', of({ sessions: [{ identity: { tokenEnv: 'HIDDEN_ONE' } }] }), ['HIDDEN_ONE']],
    [
      'one that is not granted',
      of({ allow: [{ identities: [] }], sessions: [{ identity: { tokenEnv: 'HIDDEN_ONE' } }] }),
      ['HIDDEN_ONE'],
    ],
    ['the value of a variable', of({ vars: { a: { value: 'hidden one', type: 'dnsLabel' } } }), ['hidden']],
    ["another's namespace", of({ generators: [generator({}, { name: 'a', namespace: 'hidden' })] }), ['hidden']],
    [
      'an account in the name of a generator',
      of({ generators: [generator({ role: 'x' }, { name: 'a210987654321b' })] }),
      ['210987654321'],
    ],
  ])('%s', async (_, parts, hidden) => {
    const { owner, log } = await told(parts);
    expect(owner).toMatch(/cannot /);
    for (const text of hidden) {
      expect(JSON.stringify(log)).toContain(JSON.stringify(text).slice(1, -1));
      expect(owner).not.toContain(text);
    }
  });
});

describe('what is its own helps the owner on', () => {
  const keys = { name: 'keys', key: 'k' };
  const secretRef = { accessKeyIDSecretRef: keys, secretAccessKeySecretRef: keys };
  const withKeys = of({}, { auth: { secretRef } });
  const existing = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys', namespace: 'team-a' }, data: {} };
  const label = input({ vars: { a: { namespaceLabel: 'example.org/a', type: 'accountID' } } });
  const ofAccount = composite({ metadata: { name: 'acct-123456789012' } });
  test.each<[string, Parts, readonly unknown[], readonly string[]]>([
    ['a Secret that is not there', withKeys, [], ['Secret "team-a/keys"', 'STSAssumeRoleToken "team-a/deployer"']],
    ['a key that is not there', withKeys, [existing], ['key "k"', '`spec.auth.secretRef.accessKeyIDSecretRef.key`']],
    [
      'a field that is not there',
      request({ xr: composite({ spec: { accountID: undefined } }) }),
      [],
      ['variable "account": `spec.accountID`'],
    ],
    ['a label that is not there', request({ input: label }), [], ['label "example.org/a"']],
    [
      'its own namespace',
      of({ generators: [generator({}, { name: 'a', namespace: 'b' })] }),
      [],
      ['must be "team-a", the composite\'s namespace, or be left out; got "…"'],
    ],
    [
      'its own name, though an account is in it',
      { ...withKeys, ...request({ xr: ofAccount, input: withKeys.input }) },
      [existing],
      ['STSAssumeRoleToken "team-a/deployer"'],
    ],
    [
      'what a field must be',
      of({ sessions: [{ match: { kinds: ['hidden'] } }] }),
      [],
      ['"STSAssumeRoleToken" or "STSSessionToken" or "ECRAuthorizationToken", got "…"'],
    ],
    [
      'where a template is wrong',
      of({ generators: [generator({ role: OWN }), externalSecretWith('{{ hidden "a } }}')] }),
      [],
      ['cannot be rendered: line 1, column'],
    ],
  ])('%s', async (_, parts, objects, shown) => {
    const { owner } = await told(parts, objects);
    for (const text of shown) expect(owner).toContain(text);
    expect(owner).not.toContain('hidden');
  });
});

function externalSecretWith(data: string) {
  const generatorRef = {
    apiVersion: 'generators.external-secrets.io/v1alpha1',
    kind: 'STSAssumeRoleToken',
    name: 'deployer',
  };
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name: 'a' },
    spec: { dataFrom: [{ sourceRef: { generatorRef } }], target: { template: { data: { a: data } } } },
  };
}
