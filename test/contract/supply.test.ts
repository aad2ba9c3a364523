import { describe, expect, test } from '@jest/globals';
import { ci } from '../support/accounts.ts';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests, forEachTest } from '../support/for-each-test.ts';
import { functionConfig, GOOD_SPEC, generatorItem, list, ROLE_ARN, secret } from '../support/manifests.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { createIssuer } from '../support/sts/issuer.ts';
import { startSts } from '../support/sts/start-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Hops and identities that a grant of the Policy supplies to generators as External Secrets has them, and to no others. */

const HUB = 'arn:aws:iam::111111111111:role/hub';
const CI = 'arn:aws:iam::111111111111:role/ci';
const OTHER = 'arn:aws:iam::111111111111:role/other';

const folder = forAllTests(temporaryFolder);
let token = '';
const sts = forEachTest(async () => {
  const issuer = await createIssuer({ issuer: 'https://ci.example.org', audiences: ['sts.amazonaws.com'] });
  token = await issuer.serviceAccountToken({ namespace: 'ci', name: 'deploy' });
  const ofToken = { federated: issuer.issuer, subject: 'system:serviceaccount:ci:deploy' };
  const trust = [{ principals: [ci.arn, HUB, CI, OTHER] }, ofToken];
  return startSts({
    users: [ci],
    roles: [HUB, CI, OTHER, ROLE_ARN].map((arn) => ({ arn, trust })),
    identityProviders: [issuer],
  });
});

const policy = (...grants: readonly object[]) =>
  JSON.stringify({ apiVersion: 'sts.fn.crossplane.io/v1beta1', kind: 'Policy', grants });
const GRANT = { namespaces: ['team-a'], roles: [ROLE_ARN] };
const VIA = { ...GRANT, session: { via: [HUB] } };
const BARE = generatorItem();
const LOGIN = generatorItem('region: eu-west-1', { kind: 'ECRAuthorizationToken', name: 'login' });
const entry = (fields: string, kinds = 'kinds: [STSAssumeRoleToken, ECRAuthorizationToken]') =>
  functionConfig(`  metadata: {name: options}\n  sessions:\n  - {match: {${kinds}}, ${fields}}\n`);

async function run(input: string, text: string, environment: Record<string, string> = {}) {
  const before = sts.calls.length;
  const ended = await runInProcess(input, {
    sts,
    environment: { STS_FUNCTION_POLICY: folder.write(`${Math.random()}.yaml`, text), CI_TOKEN: token, ...environment },
  });
  const roles = sts.calls
    .slice(before)
    .map(({ operation, parameters }) => parameters.RoleArn?.replace(/.*\//, '') ?? operation);
  return {
    exit: ended.exit,
    stderr: ended.stderr,
    secrets: emittedSecrets(ended.stdout).length,
    roles,
    stdout: ended.stdout,
  };
}

describe('is supplied', () => {
  const identity = { tokenEnv: 'CI_TOKEN', role: CI };
  test.each<[string, string, object, readonly string[]]>([
    ['a hub', list(BARE), VIA, ['hub', 'deployer']],
    ['an identity', list(BARE), { ...GRANT, session: { identity } }, ['ci', 'deployer']],
    ['both', list(BARE), { ...GRANT, session: { via: [HUB], identity } }, ['ci', 'hub', 'deployer']],
    [
      'a token for the hub',
      list(BARE),
      { ...GRANT, session: { via: [HUB], identity: { tokenEnv: 'CI_TOKEN' } } },
      ['hub', 'deployer'],
    ],
    ['a token for the role', list(BARE), { ...GRANT, session: { identity: { tokenEnv: 'CI_TOKEN' } } }, ['deployer']],
    ['a hub, beside an entry of its own', list(BARE, entry('last: {sessionDuration: 900}')), VIA, ['hub', 'deployer']],
    [
      'a hub, to a login',
      list(LOGIN),
      { withoutRole: ['ECRAuthorizationToken'], session: { via: [HUB] } },
      ['hub', 'GetAuthorizationToken'],
    ],
    [
      'a hub that `allow` does not have',
      list(BARE, functionConfig(`  metadata: {name: options}\n  allow: [{roles: ["${ROLE_ARN}"]}]\n`)),
      VIA,
      ['hub', 'deployer'],
    ],
  ])('%s', async (_, input, grant, roles) => {
    expect(await run(input, policy(grant))).toMatchObject({ exit: 0, stderr: '', secrets: 1, roles });
  });

  test('with parameters of its own, which count in the hash', async () => {
    const of = (externalID: string) => policy({ ...GRANT, session: { via: [{ role: HUB, externalID }] } });
    const first = await run(list(BARE), of('first'));
    expect(sts.calls[0]?.parameters).toMatchObject({
      ExternalId: 'first',
      RoleSessionName: 'function-sts-assume-role',
    });
    expect((await run(first.stdout, of('first'))).roles).toEqual([]);
    expect((await run(first.stdout, of('second'))).roles).toEqual(['hub', 'deployer']);
  });

  test('beside what is imposed', async () => {
    const { exit } = await run(list(BARE), policy({ ...GRANT, session: { via: [HUB], sourceIdentity: 'ops' } }));
    expect(exit).toBe(0);
    expect(sts.calls.map(({ parameters }) => parameters.SourceIdentity)).toEqual([undefined, 'ops']);
  });
});

describe('no other generator is covered, and the next grant is tried', () => {
  const keys = secret(`id: ${ci.accessKeyId}, secret: ${ci.secretAccessKey}`);
  const auth =
    ', auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: id}, secretAccessKeySecretRef: {name: keys, key: secret}}}';
  const own = { ...GRANT, via: [OTHER], identities: ['tokenEnv:*'] };
  test.each<[string, string, readonly string[]]>([
    ['with `via` of its own', list(BARE, entry(`via: ["${OTHER}"]`)), ['other', 'deployer']],
    ['with an identity of its own', list(BARE, entry('identity: {tokenEnv: CI_TOKEN}')), ['deployer']],
    ['with `spec.auth`', list(generatorItem(`${GOOD_SPEC}${auth}`) + keys), ['deployer']],
  ])('%s', async (_, input, roles) => {
    const supplying = { ...own, session: { via: [HUB], identity: { tokenEnv: 'CI_TOKEN', role: CI } } };
    const { exit, stderr } = await run(input, policy(supplying));
    expect(exit).toBe(1);
    expect(stderr).toContain('the Policy of this run supplies `via` or `identity`, and the generator has its own');
    expect(stderr).not.toContain('role/hub');
    expect(await run(input, policy(supplying, own))).toMatchObject({ exit: 0, stderr: '', roles });
  });

  test('an STSSessionToken', async () => {
    const item = generatorItem('region: eu-west-1', { kind: 'STSSessionToken', name: 'token' });
    const grant = { withoutRole: ['STSSessionToken'] };
    expect(await run(list(item), policy({ ...grant, session: { via: [HUB] } }))).toMatchObject({ exit: 1, roles: [] });
    expect(await run(list(item), policy({ ...grant, session: { via: [HUB] } }, grant))).toMatchObject({
      exit: 0,
      roles: ['GetSessionToken'],
    });
  });

  test('a login, where a token has no role to be exchanged for', async () => {
    const grant = { withoutRole: ['ECRAuthorizationToken'], session: { identity: { tokenEnv: 'CI_TOKEN' } } };
    const { exit, stderr } = await run(list(LOGIN), policy(grant));
    expect(exit).toBe(1);
    expect(stderr).toContain('a token, and there is no role to exchange it for');
  });
});

describe('a package reaches nothing of what is supplied to another', () => {
  test.each<[string, string]>([
    ['the hub, as its own role', list(generatorItem(`region: eu-west-1, role: "${HUB}"`))],
    ['the hub, as a hop of its own', list(BARE, entry(`via: ["${HUB}"]`))],
    ['the identity, as one of its own', list(BARE, entry('identity: {tokenEnv: CI_TOKEN}'))],
    ["the identity's role, as a hop of its own", list(BARE, entry(`via: ["${CI}"]`))],
    ['the hub, by a login without a role', list(LOGIN)],
    ['the hub of another namespace', list(generatorItem(GOOD_SPEC, { metadata: 'namespace: team-b' }))],
  ])('%s', async (_, input) => {
    const supplying = { ...GRANT, session: { via: [HUB], identity: { tokenEnv: 'CI_TOKEN', role: CI } } };
    const { exit, stderr, roles } = await run(input, policy(supplying, GRANT));
    expect({ exit, roles }).toEqual({ exit: 1, roles: [] });
    expect(stderr).toContain('[NOT_GRANTED]');
  });

  test('with a chain that STS would refuse behind the hub, nothing is said of it but that there is one', async () => {
    const item = generatorItem(`${GOOD_SPEC}, requestParameters: {sessionDuration: 7200}`);
    const { exit, stderr } = await run(list(item), policy(VIA));
    expect(exit).toBe(1);
    expect(stderr).toContain('`spec.requestParameters.sessionDuration` must be at most 3600 behind another hop');
    const china = generatorItem('region: cn-north-1, role: "arn:aws-cn:iam::123456789012:role/deployer"');
    const elsewhere = await run(
      list(china),
      policy({ roles: ['arn:*:iam::*:role/deployer'], session: { via: [HUB] } }),
    );
    expect(elsewhere.stderr).toMatch(
      /^[^\n]*`spec\.region` is of another partition than what the Policy of this run supplies/,
    );
    expect(elsewhere.stderr).not.toContain('hub');
  });
});

describe('a Policy is refused', () => {
  test.each<[string, object, string]>([
    ['with a hop that is no role', { via: ['hub'] }, '`grants[0].session.via[0].role` must be the ARN of a role'],
    [
      'with a hop for longer than one lasts',
      { via: [HUB, { role: CI, sessionDuration: 7200 }] },
      '`grants[0].session.via[1].sessionDuration`',
    ],
    [
      'with what a token cannot send',
      { via: [{ role: HUB, tags: { a: 'b' } }], identity: { tokenEnv: 'T' } },
      '`grants[0].session.via[0].tags` cannot be sent',
    ],
    [
      'with two sources of a token',
      { identity: { tokenEnv: 'T', github: {} } },
      '`grants[0].session.identity` must have exactly one',
    ],
    [
      'with an external ID in a Secret',
      { via: [{ role: HUB, externalIDFrom: { name: 'a', key: 'b' } }] },
      '`grants[0].session.via[0].externalIDFrom` is not a known field',
    ],
    ["with an author's text in a role", { via: [`${HUB}-\${name}`] }, 'must have no variables in `via` and `identity`'],
    [
      'with a tag that its own hop passes on',
      { via: [{ role: HUB, tags: { a: 'b' }, transitiveTagKeys: ['a'] }], tags: { a: 'c' } },
      '`grants[0].session.tags` sets "a"',
    ],
  ])('%s', async (_, session, says) => {
    const { exit, stderr, roles } = await run(list(BARE), policy({ ...GRANT, session }));
    expect({ exit, roles }).toEqual({ exit: 1, roles: [] });
    expect(stderr).toContain(says);
  });
});

test('a plan says what is supplied, and asks nobody', async () => {
  const { stderr, roles } = await run(list(BARE), policy(VIA), { STS_FUNCTION_MODE: 'plan' });
  expect(roles).toEqual([]);
  expect(stderr).toContain(`then "${HUB}", then "${ROLE_ARN}", for 3600 seconds, grants[0] supplies \`via\`.`);
});
