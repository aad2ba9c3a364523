import { describe, expect, test } from '@jest/globals';
import { ci } from '../../support/accounts.ts';
import { emittedSecrets } from '../../support/emitted.ts';
import { forAllTests, forEachTest } from '../../support/for-each-test.ts';
import { functionConfig, generatorDocument, generatorItem, list } from '../../support/manifests.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/**
 * Who writes a package chooses more than roles: how the session is named, which tags it has, whose token is taken. Trust policies are
 * conditioned with those. What the Policy does not grant is refused before anybody is asked.
 */
const ROLE = 'arn:aws:iam::123456789012:role/deployer';
const HUB = 'arn:aws:iam::111111111111:role/hub';

const folder = forAllTests(temporaryFolder);
const sts = forEachTest(() =>
  startExampleSts({ roles: [HUB, ROLE].map((arn) => ({ arn, trust: [{ principals: [ci.arn, HUB] }] })) }),
);

const POLICY = (grants: string) => `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\ngrants:\n${grants}`;
const ROLES_ALONE = `- namespaces: [team-a]\n  roles: ["${ROLE}"]\n  via: ["${HUB}"]\n`;
const session = (entry: string) => functionConfig(`  metadata: {name: options}\n  sessions:\n  - {${entry}}\n`);

async function attempt(grants: string, entry: string, environment: Record<string, string> = {}, spec = '') {
  const items = generatorItem(`region: eu-west-1, role: "${ROLE}"${spec}`);
  const policy = folder.write(`${Math.random()}.yaml`, POLICY(grants));
  const given = list(items, entry === '' ? '' : session(entry));
  const { exit, stdout, stderr } = await runInProcess(given, {
    sts,
    environment: { STS_FUNCTION_POLICY: policy, ...environment },
  });
  return { exit, stderr, secrets: emittedSecrets(stdout).length, calls: sts.calls };
}

describe('with a grant of roles alone, nobody is asked for', () => {
  test.each<[string, string, string]>([
    ["a session name of another's", 'last: {sessionName: team-b.deployer}', 'session name "team-b.deployer"'],
    ['a session name on an earlier hop', `via: [{role: "${HUB}", sessionName: admin}]`, 'session name "admin"'],
    [
      'the constant name of earlier hops, on the last one',
      'last: {sessionName: function-sts-assume-role}',
      'session name "function-sts-assume-role"',
    ],
    ['a source identity', 'last: {sourceIdentity: alice}', 'source identity "alice"'],
    [
      'a source identity on an earlier hop',
      `via: [{role: "${HUB}", sourceIdentity: alice}]`,
      'source identity "alice"',
    ],
    ['a tag', 'last: {tags: {team: b}}', 'tag "team=b"'],
    ['a tag on an earlier hop', `via: [{role: "${HUB}", tags: {team: b}}]`, 'tag "team=b"'],
    [
      'a tag that later hops inherit',
      `via: [{role: "${HUB}", tags: {team: b}, transitiveTagKeys: [team]}]`,
      'tag "team=b"',
    ],
    ['a token in a variable', 'identity: {tokenEnv: GITLAB_TOKEN}', '"tokenEnv:GITLAB_TOKEN"'],
    ['a token in a file', 'identity: {tokenFile: /var/run/secrets/token}', '"tokenFile:/var/run/secrets/token"'],
    ["GitHub's token", 'identity: {github: {}}', '"github", audience "sts.amazonaws.com"'],
  ])('%s', async (_, entry, missing) => {
    const { stderr, ...ended } = await attempt(ROLES_ALONE, entry);
    expect(ended).toEqual({ exit: 1, secrets: 0, calls: [] });
    expect(stderr).toContain(`the Policy of this run does not grant ${missing} to namespace "team-a"`);
    expect(stderr).not.toContain('cannot get a token'); // nor is said whether there is one
  });
});

const GRANTS = `- namespaces: [team-a]
  roles: ["${ROLE}"]
  via: ["${HUB}"]
  regions: [eu-west-1]
  sessionNames: ["\${namespace}.*", "\${name}-ci"]
  sourceIdentities: ["\${namespace}"]
  tags: {stage: [test, "prod-*"], team: ["*"]}
  identities: ["tokenEnv:CI_*", "tokenFile:/ci/*/token"]
`;

describe('what a grant has not, nobody is asked for either', () => {
  test.each<[string, string, string]>([
    ['a session name of another namespace', 'last: {sessionName: team-b.x}', 'session name "team-b.x"'],
    ['a session name of another generator', 'last: {sessionName: other-ci}', 'session name "other-ci"'],
    ['a source identity beside the granted one', 'last: {sourceIdentity: team-ab}', 'source identity "team-ab"'],
    ['another value of a tag', 'last: {tags: {stage: live}}', 'tag "stage=live"'],
    ['a value behind a granted one', 'last: {tags: {stage: testing}}', 'tag "stage=testing"'],
    ['another tag beside a granted one', 'last: {tags: {team: a, admin: yes-please}}', 'tag "admin=yes-please"'],
    ['a tag in other letters', 'last: {tags: {Stage: test}}', 'tag "Stage=test"'],
    ['another region on an earlier hop', `via: [{role: "${HUB}", region: eu-central-1}]`, 'region "eu-central-1"'],
    ["the pod's own token", 'identity: {tokenEnv: AWS_TOKEN}', '"tokenEnv:AWS_TOKEN"'],
    ['a file in a folder below', 'identity: {tokenFile: /ci/a/b/token}', '"tokenFile:/ci/a/b/token"'],
    ['a file by a way out of the folder', 'identity: {tokenFile: /ci/../token}', '"tokenFile:/ci/../token"'],
    ['a file of an empty folder', 'identity: {tokenFile: /ci//token}', '"tokenFile:/ci//token"'],
    ['a file of the package', 'identity: {tokenFile: ci/a/token}', '"tokenFile:ci/a/token"'],
    ['a variable as the path of a file', 'identity: {tokenFile: CI_TOKEN}', '"tokenFile:CI_TOKEN"'],
  ])('%s', async (_, entry, missing) => {
    const { stderr, ...ended } = await attempt(GRANTS, entry);
    expect(ended).toEqual({ exit: 1, secrets: 0, calls: [] });
    expect(stderr).toContain(`the Policy of this run does not grant ${missing} to namespace "team-a"`);
  });

  test('another region of the generator', async () => {
    const { stderr, ...ended } = await attempt(GRANTS.replace('[eu-west-1]', '[us-east-1, "us-*"]'), '');
    expect(ended).toEqual({ exit: 1, secrets: 0, calls: [] });
    expect(stderr).toContain('does not grant region "eu-west-1"');
  });
});

describe('what it has is had', () => {
  test.each<[string, string, object]>([
    ['no word of it: the default name', '', { RoleSessionName: 'team-a.deployer' }],
    [
      'the default name in so many words',
      'last: {sessionName: team-a.deployer}',
      { RoleSessionName: 'team-a.deployer' },
    ],
    ['a name by namespace', 'last: {sessionName: team-a.x}', { RoleSessionName: 'team-a.x' }],
    ['a name by generator', 'last: {sessionName: deployer-ci}', { RoleSessionName: 'deployer-ci' }],
    ['a source identity', 'last: {sourceIdentity: team-a}', { SourceIdentity: 'team-a' }],
    ['tags', 'last: {tags: {stage: prod-eu, team: whatever}}', { 'Tags.member.1.Value': 'prod-eu' }],
    ['the region', '', {}],
  ])('%s', async (_, entry, parameters) => {
    expect(await attempt(GRANTS, entry)).toMatchObject({ exit: 0, secrets: 1, calls: [{ parameters }] });
  });

  test.each([
    ['a variable', 'identity: {tokenEnv: CI_TOKEN}'],
    ['a file', 'identity: {tokenFile: /ci/job/token}'],
  ])("a token's place, %s: that it is not there is all that is said", async (_, entry) => {
    const { stderr } = await attempt(GRANTS, entry);
    expect(stderr).toContain('cannot get a token for STSAssumeRoleToken "team-a/deployer"');
  });
});

describe('what is handed out has to be granted, beside what is passed', () => {
  const LOGIN = generatorItem('region: eu-west-1', { kind: 'ECRAuthorizationToken', name: 'login' });
  const DEPLOYER = generatorItem(`region: eu-west-1, role: "${ROLE}"`);
  const behindHub = session(`match: {kinds: [STSAssumeRoleToken, ECRAuthorizationToken]}, via: ["${HUB}"]`);
  const behindCi = session(`identity: {tokenEnv: CI_TOKEN, role: "${HUB}"}`);
  const PASSED = `- namespaces: [team-a]\n  roles: ["${ROLE}"]\n  via: ["${HUB}"]\n  identities: ["tokenEnv:CI_*"]\n`;
  const HANDED_OUT = `- namespaces: [team-a]\n  roles: ["${ROLE}", "${HUB}"]\n  identities: ["tokenEnv:CI_*"]\n`;
  const LOGINS = '  withoutRole: [ECRAuthorizationToken]\n';

  const run = async (given: string, grants: string) => {
    const policy = folder.write(`${Math.random()}.yaml`, POLICY(grants));
    const { exit, stdout, stderr } = await runInProcess(given, { sts, environment: { STS_FUNCTION_POLICY: policy } });
    return { exit, secrets: emittedSecrets(stdout).length, stderr };
  };

  test.each<[string, string, string, string]>([
    ['the session of a hub that may be passed', generatorItem(`region: eu-west-1, role: "${HUB}"`), PASSED, `"${HUB}"`],
    ['a hub that is handed out, as a hop', list(DEPLOYER, behindHub), HANDED_OUT, `passing "${HUB}"`],
    ['a hub that is handed out, as the role of an identity', list(DEPLOYER, behindCi), HANDED_OUT, `passing "${HUB}"`],
    ['all rights of a hub, by a login behind it', list(LOGIN, behindHub), PASSED + LOGINS, `"${HUB}"`],
    ['a login without a role behind a hub', list(LOGIN, behindHub), HANDED_OUT, 'ECRAuthorizationToken without a role'],
  ])('nobody is asked for %s', async (_, given, grants, missing) => {
    const { stderr, ...ended } = await run(given.startsWith('- ') ? list(given) : given, grants);
    expect({ ...ended, calls: sts.calls }).toEqual({ exit: 1, secrets: 0, calls: [] });
    expect(stderr).toContain(`the Policy of this run does not grant ${missing} to namespace "team-a"`);
    expect(stderr.includes('list it under `via`')).toBe(missing.startsWith('passing'));
  });

  test.each([
    ['a hub that is passed', DEPLOYER, PASSED],
    ['a login behind a hub that is handed out, with its kind', LOGIN, HANDED_OUT + LOGINS],
  ])('%s is had', async (_, item, grants) => {
    expect(await run(list(item, behindHub), grants)).toEqual({ exit: 0, secrets: 1, stderr: '' });
  });

  test('in `allow` too, where roles without `via` pass none', async () => {
    const under = (allow: string) => {
      const entry = `  metadata: {name: options}\n  sessions: [{via: ["${HUB}"]}]\n  allow: [{${allow}}]\n`;
      return runInProcess(list(DEPLOYER, functionConfig(entry)), { sts });
    };
    expect(await under(`roles: ["${ROLE}", "${HUB}"]`)).toMatchObject({ exit: 1 });
    expect(sts.calls).toEqual([]);
    expect(await under(`roles: ["${ROLE}"], via: ["${HUB}"]`)).toMatchObject({ exit: 0 });
    expect(await under('namespaces: [team-a]')).toMatchObject({ exit: 0 });
  });
});

describe('a kustomization gives a Secret another namespace', () => {
  const start =
    'namespace: team-a, annotations: {config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"}';
  const base = {
    'base/spec.yaml': generatorDocument(`region: eu-west-1, role: "${ROLE}"`, { metadata: start }),
    'base/kustomization.yaml': 'generators: [spec.yaml]\n',
  };
  test.each<[string, string, string, number]>([
    ['that nobody granted', 'namespace: kube-system\n', '[team-a]', 1],
    ['that is granted beside its own', 'namespace: kube-system\n', '[team-a, kube-system]', 0],
    ['that is granted instead of its own', 'namespace: kube-system\n', '[kube-system]', 1],
    ['that is its own', 'namespace: team-a\n', '[team-a]', 0],
    ['but does not', 'nameSuffix: -x\n', '[team-a]', 0],
  ])('%s', async (_, kustomization, namespaces, exit) => {
    using files = temporaryFolder({ ...base, 'kustomization.yaml': `resources: [base]\n${kustomization}` });
    const policy = folder.write('policy.yaml', POLICY(`- namespaces: ${namespaces}\n  roles: ["${ROLE}"]\n`));
    for (const command of ['plan', 'render']) {
      const environment = { STS_FUNCTION_POLICY: policy };
      const ended = await runInProcess('', { sts, environment, arguments: [command, files.path] });
      expect([command, ended.exit, ended.stderr]).toEqual([command, exit, exit === 0 ? '' : expect.any(String)]);
      if (exit === 1) expect(ended.stderr).toContain('cannot use STSAssumeRoleToken "team-a/deployer": no grant of');
      if (exit === 1) expect([ended.stdout.includes('kind: Secret'), sts.calls]).toEqual([false, []]);
    }
  });
});

describe('the first grant that covers is the one that counts', () => {
  const metadata = 'namespace: team-a, annotations: {internal.config.kubernetes.io/path: a.yaml}';
  const item = generatorItem(`region: eu-west-1, role: "${ROLE}"`, { metadata });
  test.each([
    ['a later one that is milder', `plaintext: refuse`, ``, 1],
    ['a later one that is stricter', ``, `plaintext: refuse`, 0],
    ['a later one that is milder and names the namespace', `plaintext: refuse`, `namespaces: [team-a]`, 1],
  ])('%s changes nothing', async (name, first, second, exit) => {
    const grants = [first, second].map((line) => `- roles: ["${ROLE}"]\n  ${line}\n`).join('');
    const policy = folder.write(`${name.replaceAll(' ', '-')}.yaml`, POLICY(grants));
    expect(await runInProcess(list(item), { sts, environment: { STS_FUNCTION_POLICY: policy } })).toMatchObject({
      exit,
    });
  });
});

describe('one session for Secrets of several namespaces', () => {
  const granted = (namespaces: string) => `- namespaces: ${namespaces}\n  roles: ["${ROLE}"]\n`;
  test.each<[string, string, object]>([
    [
      'with a grant for each of them is not asked for',
      `${granted('[team-a]')}${granted('[team-a, team-b]')}${granted('[team-a, team-c]')}`,
      { exit: 1, secrets: 0, calls: [] },
    ],
    ['is, with one grant for all', granted('[team-a, team-b, team-c]'), { exit: 0, secrets: 2 }],
  ])('%s', async (_, grants, want) => {
    expect(await attempt(grants, 'secrets: [{namespaces: [team-b, team-c]}]')).toMatchObject(want);
  });

  test('names some of many namespaces', async () => {
    const namespaces = Array.from({ length: 100 }, (_, index) => `team-${index}`);
    const { exit, stderr } = await attempt(ROLES_ALONE, `secrets: [{namespaces: [${namespaces.join(', ')}]}]`);
    expect(exit).toBe(1);
    expect(stderr.match(/cannot use STSAssumeRoleToken/g)).toHaveLength(1);
    expect(stderr).toContain('namespace "team-3" and 96 more.');
  });
});

describe('a Policy that grants more than it says is refused whole', () => {
  test.each([
    [
      'every file with a token',
      'identities: [tokenFile]',
      '`grants[0].identities[0]` must be "github", or "tokenFile:"',
    ],
    ['a file by a relative path', 'identities: ["tokenFile:ci/*"]', '`grants[0].identities[0]` must be'],
    ['a variable that nobody has', 'sessionNames: ["${composite}.*"]', 'must have no other variables than'],
    ['one value in place of a list', 'tags: {stage: test}', '`grants[0].tags.stage` must be a list'],
  ])('%s', async (_, line, want) => {
    const { stderr, ...ended } = await attempt(`- roles: ["${ROLE}"]\n  ${line}\n`, '');
    expect(ended).toEqual({ exit: 1, secrets: 0, calls: [] });
    expect(stderr).toContain(want);
  });
});

test("a package's own `allow` limits what it speaks of, and nothing else", async () => {
  const config = (allow: string) =>
    functionConfig(
      `  metadata: {name: options}\n  sessions:\n  - {last: {sessionName: x.y, tags: {a: b}}}\n  allow:\n  - {${allow}}\n`,
    );
  const item = generatorItem(`region: eu-west-1, role: "${ROLE}"`);
  expect(await runInProcess(list(item, config(`roles: ["${ROLE}"]`)), { sts })).toMatchObject({ exit: 0 });
  expect(await runInProcess(list(item, config('tags: {a: [b]}')), { sts })).toMatchObject({ exit: 0 });
  expect(await runInProcess(list(item, config('tags: {a: [c]}')), { sts })).toMatchObject({ exit: 1 });
  expect(await runInProcess(list(item, config('sessionNames: []')), { sts })).toMatchObject({ exit: 1 });
});
