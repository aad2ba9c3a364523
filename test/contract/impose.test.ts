import { describe, expect, test } from '@jest/globals';
import { ci } from '../support/accounts.ts';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests, forEachTest } from '../support/for-each-test.ts';
import { functionConfig, generatorItem, list } from '../support/manifests.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import type { RecordedCall } from '../support/sts/start-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What a grant of the Policy puts into sessions, as STS sees it. No manifest knows of it, and none takes it away. */

const ROLE = 'arn:aws:iam::123456789012:role/deployer';
const HUB = 'arn:aws:iam::111111111111:role/hub';

const folder = forAllTests(temporaryFolder);
const sts = forEachTest(() =>
  startExampleSts({ roles: [HUB, ROLE].map((arn) => ({ arn, trust: [{ principals: [ci.arn, HUB] }] })) }),
);

const policy = (...grants: readonly object[]) =>
  JSON.stringify({ apiVersion: 'sts.fn.crossplane.io/v1beta1', kind: 'Policy', grants });
const GRANT = { namespaces: ['team-a'], roles: [ROLE], via: [HUB] };
const SESSION = {
  tags: { team: '${namespace}', run: '${env.RUN}' },
  transitiveTagKeys: ['team'],
  sourceIdentity: '${namespace}',
  maxDuration: '30m',
};
const DEPLOYER = generatorItem(`region: eu-west-1, role: "${ROLE}"`);
const LOGIN = generatorItem('region: eu-west-1', { kind: 'ECRAuthorizationToken', name: 'login' });
const TOKEN = generatorItem('region: eu-west-1', { kind: 'STSSessionToken', name: 'token' });
const KINDS = 'kinds: [STSAssumeRoleToken, ECRAuthorizationToken]';
const entry = (fields: string) =>
  functionConfig(`  metadata: {name: options}\n  sessions:\n  - {match: {${KINDS}}, ${fields}}\n`);

async function run(input: string, text: string, environment: Record<string, string> = {}, argv: string[] = []) {
  const before = sts.calls.length;
  const ended = await runInProcess(input, {
    sts,
    environment: { STS_FUNCTION_POLICY: folder.write(`${Math.random()}.yaml`, text), RUN: '42', ...environment },
    arguments: argv,
  });
  return { ...ended, secrets: emittedSecrets(ended.stdout), calls: sts.calls.slice(before) };
}

/** What a call sets on its session. */
function marksOf({ operation, parameters }: RecordedCall): object {
  const listOf = (name: string) => Object.entries(parameters).filter(([key]) => key.startsWith(`${name}.member.`));
  const tags = listOf('Tags').filter(([key]) => key.endsWith('.Key'));
  return {
    operation,
    role: parameters.RoleArn?.replace(/.*\//, ''),
    seconds: parameters.DurationSeconds,
    tags: Object.fromEntries(tags.map(([key, name]) => [name, parameters[key.replace('.Key', '.Value')]])),
    transitive: listOf('TransitiveTagKeys').map(([, key]) => key),
    sourceIdentity: parameters.SourceIdentity,
  };
}
const bare = { tags: {}, transitive: [], sourceIdentity: undefined };
const marked = { tags: { team: 'team-a', run: '42' }, transitive: ['team'], sourceIdentity: 'team-a' };

describe('is imposed', () => {
  test('on the role of a generator', async () => {
    const { exit, stderr, calls } = await run(list(DEPLOYER), policy({ ...GRANT, session: SESSION }));
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(calls.map(marksOf)).toEqual([{ operation: 'AssumeRole', role: 'deployer', seconds: '1800', ...marked }]);
  });

  test('behind a hub, whose session stays shared', async () => {
    const { calls } = await run(list(DEPLOYER, entry(`via: ["${HUB}"]`)), policy({ ...GRANT, session: SESSION }));
    expect(calls.map(marksOf)).toEqual([
      { operation: 'AssumeRole', role: 'hub', seconds: '3600', ...bare },
      { operation: 'AssumeRole', role: 'deployer', seconds: '1800', ...marked },
    ]);
  });

  test('on the hub, where a login is made of it', async () => {
    const { maxDuration: _, ...session } = SESSION;
    const grant = { roles: [HUB], withoutRole: ['ECRAuthorizationToken'], session };
    const { calls } = await run(list(LOGIN, entry(`via: ["${HUB}"]`)), policy(grant));
    expect(calls.map(marksOf)).toMatchObject([{ role: 'hub', ...marked }, { operation: 'GetAuthorizationToken' }]);
  });

  test('on a session token, as far as it has any', async () => {
    const grant = { withoutRole: ['STSSessionToken'], session: { maxDuration: '1h' } };
    const { calls } = await run(list(TOKEN), policy(grant));
    expect(calls.map(marksOf)).toMatchObject([{ operation: 'GetSessionToken', seconds: '3600' }]);
  });

  test('beside tags that the package may choose, and says alike', async () => {
    const last = 'last: {tags: {stage: test, team: team-a}, transitiveTagKeys: [stage], sourceIdentity: team-a}';
    const grant = { ...GRANT, tags: { stage: ['*'], team: ['*'] }, sourceIdentities: ['*'], session: SESSION };
    const { calls } = await run(list(DEPLOYER, entry(last)), policy(grant));
    expect(calls.map(marksOf)).toMatchObject([
      { tags: { stage: 'test', ...marked.tags }, transitive: ['stage', 'team'], sourceIdentity: 'team-a' },
    ]);
  });

  test('with lengths that AWS takes', async () => {
    const name = `a${'-b'.repeat(120)}`;
    const item = generatorItem(`region: eu-west-1, role: "${ROLE}"`, { name, metadata: 'namespace: x' });
    const session = { tags: { long: '${name}${name}', short: '${namespace}' }, sourceIdentity: '${namespace}' };
    const [long] = (await run(list(item), policy({ roles: [ROLE], session }))).calls;
    expect(long && marksOf(long)).toMatchObject({
      tags: { long: expect.stringMatching(/^a(-b)+.*-[0-9a-f]{8}$/), short: 'x' },
      sourceIdentity: 'x-',
    });
    expect(long?.parameters['Tags.member.1.Value']).toHaveLength(256);
  });

  test('on each session of an ExternalSecret', async () => {
    const of = (name: string, role: string) => generatorItem(`region: eu-west-1, role: "${role}"`, { name });
    const both = `- apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata: {name: both, namespace: team-a}
  spec:
    dataFrom:
    - {sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: a}}, rewrite: [{regexp: {source: "^", target: a_}}]}
    - {sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: b}}, rewrite: [{regexp: {source: "^", target: b_}}]}
`;
    const grants = [
      { roles: [ROLE], session: { tags: { of: 'deployer' } } },
      { roles: [HUB], session: { tags: { of: 'hub' } } },
    ];
    const { exit, calls } = await run(list(of('a', ROLE) + of('b', HUB) + both), policy(...grants));
    expect(exit).toBe(0);
    expect(calls.map(marksOf)).toMatchObject([
      { role: 'deployer', tags: { of: 'deployer' } },
      { role: 'hub', tags: { of: 'hub' } },
    ]);
  });
});

describe('what a package says otherwise is refused, and a later grant is no way out', () => {
  const chooses = { tags: { team: ['*'], Team: ['*'] }, sourceIdentities: ['*'] };
  test.each<[string, string, string]>([
    ['a tag with another value', 'last: {tags: {team: team-b}}', '`sessions[0].last.tags` has the tag "team"'],
    ['a tag in other letters', 'last: {tags: {Team: team-a}}', '`sessions[0].last.tags` has the tag "Team"'],
    ['a source identity', 'last: {sourceIdentity: alice}', '`sessions[0].last.sourceIdentity` is another'],
    ['a longer session', 'last: {sessionDuration: 1801}', '`sessions[0].last.sessionDuration` must be at most 1800'],
    [
      'a tag that an earlier hop passes on, even the same',
      `via: [{role: "${HUB}", tags: {team: team-a}, transitiveTagKeys: [team]}]`,
      '`sessions[0].via[0].transitiveTagKeys` has the tag "team"',
    ],
    [
      'a source identity of an earlier hop',
      `via: [{role: "${HUB}", sourceIdentity: alice}]`,
      '`sessions[0].via[0].sourceIdentity` is another',
    ],
  ])('%s', async (_, fields, says) => {
    const grants = [
      { ...GRANT, ...chooses, session: SESSION },
      { ...GRANT, ...chooses },
    ];
    const { exit, stdout, stderr, calls } = await run(list(DEPLOYER, entry(fields)), policy(...grants));
    expect({ exit, calls }).toEqual({ exit: 1, calls: [] });
    expect(stderr).toMatch(/^error: cannot use STSAssumeRoleToken "team-a\/deployer": [^\n]*\[NOT_GRANTED\]\n$/);
    expect(stderr).toContain(says);
    expect(stdout).not.toContain('kind: Secret');
  });

  test('a generator that asks for longer', async () => {
    const item = generatorItem(`region: eu-west-1, role: "${ROLE}", requestParameters: {sessionDuration: 3600}`);
    const { exit, stderr } = await run(list(item), policy({ ...GRANT, session: SESSION }, GRANT));
    expect(exit).toBe(1);
    expect(stderr).toContain('`spec.requestParameters.sessionDuration` must be at most 1800');
  });
});

describe('does not cover', () => {
  const identity = entry('identity: {tokenEnv: CI_TOKEN}');
  const IDENTITIES = { identities: ['tokenEnv:*'] };
  test.each<[string, string, object, string]>([
    [
      'a token straight into the role',
      list(DEPLOYER, identity),
      { ...GRANT, ...IDENTITIES, session: SESSION },
      'tags or',
    ],
    [
      'a login without any role',
      list(LOGIN),
      { withoutRole: ['ECRAuthorizationToken'], session: { sourceIdentity: 'a-b' } },
      'tags or a source identity',
    ],
    [
      'a login that outlives it',
      list(LOGIN),
      { withoutRole: ['ECRAuthorizationToken'], session: { maxDuration: '11h' } },
      'at most 11h, and what comes out lasts longer',
    ],
    [
      'a generator without a namespace',
      list(generatorItem(`region: eu-west-1, role: "${ROLE}"`, { metadata: 'labels: {}' })),
      { roles: [ROLE], session: { tags: { team: '${namespace}' } } },
      'a namespace, and there is none',
    ],
  ])('%s', async (_, input, grant, why) => {
    const { exit, stderr, calls } = await run(input, policy(grant));
    expect({ exit, calls }).toEqual({ exit: 1, calls: [] });
    expect(stderr).toContain(`the Policy of this run imposes ${why}`);
  });

  test('so that the next grant is tried', async () => {
    const grants = [
      { withoutRole: ['ECRAuthorizationToken'], session: { maxDuration: '30m' } },
      { withoutRole: ['ECRAuthorizationToken'] },
    ];
    expect(await run(list(LOGIN), policy(...grants))).toMatchObject({ exit: 0, stderr: '' });
  });
});

describe('a Secret', () => {
  const again = (stdout: string, text: string, environment = {}) => run(stdout, text, environment);
  const other = generatorItem(`region: eu-west-1, role: "${ROLE}"`, { name: 'other', metadata: 'namespace: team-b' });

  test('is renewed by what its own grant imposes, and by nothing else', async () => {
    const of = (team: string, b = {}) =>
      policy({ ...GRANT, session: { tags: { team } } }, { ...GRANT, namespaces: ['team-b'], ...b });
    const { stdout } = await run(list(DEPLOYER + other), of('a'));
    expect((await again(stdout, of('a'))).calls).toEqual([]);
    const { calls } = await again(stdout, of('b'));
    expect(calls.map(marksOf)).toMatchObject([{ tags: { team: 'b' } }]);
    const third = await again(stdout, of('a', { session: { tags: { team: 'c' } } }));
    expect(third.calls.map(marksOf)).toMatchObject([{ tags: { team: 'c' } }]);
  });

  test('is not renewed by a Policy that imposes nothing, nor by another run', async () => {
    const { stdout } = await run(list(DEPLOYER), policy({ roles: ['arn:aws:iam::*:role/*'] }));
    expect((await again(stdout, policy(GRANT))).calls).toEqual([]);
    const imposed = await run(list(DEPLOYER), policy({ ...GRANT, session: SESSION }));
    expect((await again(imposed.stdout, policy({ ...GRANT, session: SESSION }), { RUN: '43' })).calls).toEqual([]);
  });
});

describe('a Policy is refused', () => {
  test.each<[string, object, string]>([
    [
      'with a variable that is not set',
      { tags: { run: '${env.NOWHERE}' } },
      '`grants[0].session` uses `${env.NOWHERE}`',
    ],
    ['with an empty one', { tags: { run: '${env.EMPTY}' } }, '`grants[0].session` uses `${env.EMPTY}`'],
    [
      'with one that AWS does not take',
      { tags: { run: '${env.ODD}' } },
      '`grants[0].session.tags` must have values of',
    ],
    ['with another variable', { sourceIdentity: '${role.account}' }, '`grants[0].session.sourceIdentity` must have no'],
    ['with a transitive key alone', { transitiveTagKeys: ['a'] }, '`grants[0].session.transitiveTagKeys` must be keys'],
    ['with too short a session', { maxDuration: '14m' }, '`grants[0].session.maxDuration` must be a time from "15m"'],
    ['with a field that is none', { tag: {} }, '`grants[0].session.tag` is not a known field'],
  ])('%s', async (_, session, says) => {
    const environment = { EMPTY: '', ODD: 'hidden\u0007' };
    const { exit, stderr, calls } = await run(list(DEPLOYER), policy({ ...GRANT, session }), environment);
    expect({ exit, calls }).toEqual({ exit: 1, calls: [] });
    expect(stderr).toContain(says);
    expect(stderr).not.toContain('hidden');
  });

  test('and `allow` imposes nothing', async () => {
    const config = functionConfig('  metadata: {name: options}\n  allow: [{session: {maxDuration: 30m}}]\n');
    const { exit, stderr } = await run(list(DEPLOYER, config), policy(GRANT));
    expect(exit).toBe(1);
    expect(stderr).toContain('`allow[0].session` is not a known field');
  });
});

describe('a plan says what is imposed, by which grant, and where nothing is', () => {
  const other = generatorItem(`region: eu-west-1, role: "${ROLE}"`, { name: 'other', metadata: 'namespace: team-b' });
  const text = policy({ ...GRANT, session: SESSION }, { ...GRANT, namespaces: ['team-b'] });

  test('on a line', async () => {
    const { stderr } = await run(list(DEPLOYER + other), text, { STS_FUNCTION_MODE: 'plan' });
    const what = 'grants[0] imposes team=team-a, run=${env.RUN}, source identity team-a, at most 30m.';
    expect(stderr).toMatch(new RegExp(`for 1800 seconds, ${what.replaceAll(/[[\]${}.]/g, '\\$&')} \\[PLAN\\]`));
    expect(stderr).toContain('for 3600 seconds, grants[1] imposes nothing. [PLAN]');
  });

  test('as it is sent, where AWS takes other lengths', async () => {
    const namespace = `a${'-b'.repeat(30)}`;
    const name = 'c'.repeat(200);
    const item = generatorItem(`region: eu-west-1, role: "${ROLE}"`, { name, metadata: `namespace: ${namespace}` });
    for (const sourceIdentity of ['x', '${namespace}.${name}']) {
      const ofPolicy = policy({ roles: [ROLE], session: { sourceIdentity } });
      const [call] = (await run(list(item), ofPolicy)).calls;
      const { stderr } = await run(list(item), ofPolicy, { STS_FUNCTION_MODE: 'plan' });
      expect(stderr).toContain(`imposes source identity ${call?.parameters.SourceIdentity}. [PLAN]`);
    }
  });

  test('in files, and nothing where no Policy imposes', async () => {
    using files = temporaryFolder({ 'a.yaml': DEPLOYER.slice(2).replaceAll('\n  ', '\n') });
    const planned = async (how: string, ofPolicy: string) =>
      (await run('', ofPolicy, {}, ['plan', '-o', how, files.path])).stdout;
    for (const how of ['tree', 'table', 'markdown']) {
      expect(await planned(how, text)).toContain('grants[0] imposes team=team-a');
      expect(await planned(how, policy(GRANT))).not.toContain('impose');
    }
    expect(JSON.parse(await planned('json', text)).secrets).toMatchObject([
      { policy: { grant: 'grants[0]', sourceIdentity: 'team-a', maxDuration: '30m' } },
    ]);
    expect(await planned('json', policy(GRANT))).not.toContain('"policy"');
  });
});
