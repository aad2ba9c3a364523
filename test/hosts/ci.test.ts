import { readFileSync } from 'node:fs';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { EmittedSecret } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { kubeconfig, startApiServer } from '../support/hosts/api-server.ts';
import { pageBlocks, promisedYaml } from '../support/hosts/pages.ts';
import { realProgram, requirePrograms } from '../support/hosts/real-programs.ts';
import { startReleases } from '../support/hosts/releases.ts';
import { startHosts } from '../support/hosts/start-hosts.ts';
import { leaks } from '../support/leaks/find-leaks.ts';
import type { Job, Step } from '../support/read-workflows.ts';
import { ROOT, runProcess } from '../support/run-function.ts';
import { createIssuer } from '../support/sts/issuer.ts';
import { callerOf } from '../support/sts/testing/ask.ts';
import { startGithubActions } from './github-actions.ts';
import { runSteps } from './run-steps.ts';

/**
 * The files of docs/ci.md, in a clean folder: what is installed is the one file of a release, and nothing else of ours is there. Not run,
 * since each needs its owner's service: the checkout, `gh`, the workflow's `if`, `on` and `concurrency`, GitLab's `rules` and artifacts,
 * and the runners themselves.
 */

const PAGE = 'docs/ci.md';
const page = readFileSync(join(ROOT, PAGE), 'utf8');
const block = (beginning: string) => promisedYaml(PAGE, beginning);
const OURS = 'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: ';
const generator = block('apiVersion: generators');
const options = block(`${OURS}Input`);
const policy = block(`${OURS}Policy`);
const workflow = block('name: Credentials of AWS');
const [kptCommand = '', kustomizeCommand = ''] = pageBlocks(page)
  .filter(({ notRun }) => notRun?.startsWith('test/hosts/ci.test.ts'))
  .map(({ script }) => script);

const EXECUTABLE = join(ROOT, 'dist/bin/function-sts-assume-role');
const NAME = 'function-sts-assume-role-linux-x64';
const COMMENT = 'The same as a comment';
const GITHUB_FILES = { 'aws/release.yaml': generator, 'aws/options.yaml': options, '.github/policy.yaml': policy };
const PERMITTED = { 'id-token': 'write' };
const GITLAB = 'https://gitlab.com';
const CI = 'arn:aws:iam::111111111111:role/ci';
const RELEASE_ROLE = 'arn:aws:iam::222222222222:role/release';
const RELEASE_CALLER = 'arn:aws:sts::222222222222:assumed-role/release/team-a.release';

interface TrustPolicy {
  readonly Statement: readonly [
    {
      readonly Principal: { readonly Federated: string };
      readonly Condition: { readonly StringEquals: Readonly<Record<string, string>> };
    },
  ];
}

/** The trust policy of the page, as the STS has it. */
function promisedTrust() {
  const [, json = ''] = /```json\n(.*?)```/s.exec(page) ?? [];
  const [{ Principal, Condition }] = (JSON.parse(json) as TrustPolicy).Statement;
  const [, provider = ''] = /^arn:aws:iam::111111111111:oidc-provider\/(.+)$/.exec(Principal.Federated) ?? [];
  const { [`${provider}:aud`]: audience = '', [`${provider}:sub`]: subject = '' } = Condition.StringEquals;
  return { federated: `https://${provider}`, subject, audience };
}

const [, gitlabSubject = ''] = /subject `(project_path:.*?)`/.exec(page) ?? [];
const trust = [promisedTrust(), { federated: GITLAB, subject: gitlabSubject, audience: 'sts.amazonaws.com' }];
const roles = [
  { arn: CI, trust },
  { arn: RELEASE_ROLE, trust: [{ principals: [CI] }] },
];

const github = forAllTests(startGithubActions);
const gitlab = forAllTests(async () => ({
  ...(await createIssuer({ issuer: GITLAB, audiences: ['sts.amazonaws.com'] })),
  close: () => undefined,
}));
const hosts = forAllTests(() => startHosts({ roles, identityProviders: [github.identityProvider, gitlab] }));
const server = forAllTests(startApiServer);
const releases = forAllTests(() => {
  requirePrograms([EXECUTABLE, realProgram('actionlint')]);
  return startReleases(NAME, EXECUTABLE);
});
let programs: string;

beforeAll(async () => {
  programs = await hosts.folder();
  for (const name of ['kubectl', 'kpt', 'kustomize']) await symlink(realProgram(name), join(programs, name));
  await server.kubectl(['create', 'namespace', 'team-a']);
  await server.kubectl(['apply', '-f', '-'], block('apiVersion: rbac'));
  await server.kubectl(['create', 'rolebinding', 'ci', '--role=credentials-of-aws', '--user=ci', '--namespace=team-a']);
});

interface WorkflowOfPage {
  readonly defaults: { readonly run: { readonly shell?: string } };
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<'plan' | 'apply', Job>>;
}
const { defaults, env, jobs } = parse(workflow) as WorkflowOfPage;

/** What a test changes of a run on GitHub. */
interface Choice {
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly subject?: string;
  readonly options?: readonly string[];
  readonly shell?: string | undefined;
}

/** Runs steps as a job of the page's workflow. */
async function run(steps: readonly Step[], choice: Choice = {}) {
  const { permissions = PERMITTED, subject } = choice;
  const workspace = await hosts.folder({ ...GITHUB_FILES, ...choice.files });
  const temporary = join(await hosts.folder(), 'temporary');
  await mkdir(temporary);
  const git = async (...argv: string[]) => {
    const user = ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false'];
    expect(await runProcess('git', [...user, ...argv], { cwd: workspace })).toMatchObject({ exit: 0 });
  };
  await git('init', '--quiet');
  await git('add', '.github'); // the base; all else is the pull request's
  await git('commit', '--quiet', '--message=a');
  await git('add', '--all');
  await git('commit', '--quiet', '--message=b', '--allow-empty');
  const ended = await runSteps({
    steps,
    workspace,
    temporary,
    shell: choice.shell ?? defaults.run.shell,
    options: choice.options ?? [],
    environment: {
      ...{ ...env, RELEASE: releases.url, SHA256: releases.sha256 },
      ...(await cleanEnvironment()),
      ...github.environment(permissions, subject),
      ...choice.environment,
    },
    expressions: {
      'github.workspace': workspace,
      'runner.temp': temporary,
      'secrets.KUBECONFIG': kubeconfig(server, 'ci'),
    },
  });
  return { ...ended, workspace, temporary };
}

/** No program of ours, no key, and the STS that stands in for AWS. */
async function cleanEnvironment() {
  return { PATH: `${programs}:/usr/bin:/bin`, HOME: await hosts.folder(), AWS_STS_ENDPOINT: hosts.sts.url };
}

const stepsOf = (job: 'plan' | 'apply') => (jobs[job].steps ?? []).filter(({ name }) => name !== COMMENT);

const laterSteps = parse(block('- name: Credentials for')) as readonly Step[];
const LATER = {
  files: {
    'upload/release.yaml': generator,
    'upload/options.yaml': `${OURS}Input\nmetadata: { name: options }\n${block('sessions:\n- identity:\n    github')}`,
  },
};
const install = stepsOf('apply').filter(({ name }) => name?.startsWith('The function'));
const inJob = (steps: readonly Step[]) => steps.map((step) => `    - ${JSON.stringify(step)}\n`).join('');

/** The job with another last step. */
const lastStep = (script: string) => [...stepsOf('apply').slice(0, -1), { ...stepsOf('apply').at(-1), run: script }];

/** The Secret in the cluster; undefined when there is none. */
async function secret(): Promise<EmittedSecret | undefined> {
  const argv = ['get', 'secret', 'release', '--namespace=team-a', '--ignore-not-found', '--output=yaml'];
  const text = await server.kubectl(argv);
  return text === '' ? undefined : (parse(text) as EmittedSecret);
}

/** There was none, now there is one that can be used, and it is not in the log. */
async function expectApplied(action: () => Promise<{ failed: string | undefined; log: string }>) {
  await server.kubectl(['delete', 'secret', 'release', '--namespace=team-a', '--ignore-not-found']);
  const { failed, log } = await action();
  expect({ failed, log }).toMatchObject({ failed: undefined });
  expect(log).toContain('secret/release serverside-applied');
  const applied = await secret();
  expect(applied && (await callerOf(hosts.sts.url, applied))).toBe(RELEASE_CALLER);
  expect(leaks(log, [JSON.stringify(applied)])).toEqual([]);
}

describe('the workflow', () => {
  test.each([
    ['as it is', workflow],
    ['with the steps for later steps', workflow.replace(/ {4}- name: Access to[\s\S]*$/, () => inJob(laterSteps))],
  ])('actionlint finds nothing in it %s', async (_, text) => {
    const ended = await runProcess(realProgram('actionlint'), ['-'], { cwd: ROOT, input: text });
    expect(ended).toMatchObject({ exit: 0, stdout: '' });
  });

  test("pins others' actions by the commits that this repository's workflows have", () => {
    const uses = [...workflow.matchAll(/uses: (.*)/g)].map(([, one = '']) => one);
    const own = readFileSync(join(ROOT, '.github/workflows/release.yml'), 'utf8');
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.filter((one) => !own.includes(`uses: ${one}\n`))).toEqual([]);
  });

  test('fetches a file that a release has', () => {
    const own = readFileSync(join(ROOT, '.github/workflows/release.yml'), 'utf8');
    expect(own).toContain('"made/function-sts-assume-role-$TARGET"');
    expect(own).toContain('target: linux-x64 }');
    expect(page).toContain(`"$RELEASE/${NAME}"`);
  });

  test('plans without a token, and asks nobody', async () => {
    let ended: Awaited<ReturnType<typeof run>> | undefined;
    const tokens = github.audiences.length;
    const calls = await hosts.callsOf(async () => {
      ended = await run(stepsOf('plan'), { permissions: { contents: 'read' } });
    });
    expect(ended).toMatchObject({ failed: undefined });
    expect(ended?.summary).toContain('team-a/release');
    expect(ended?.summary).toContain('`222222222222 release`');
    expect(await readFile(join(ended?.temporary ?? '', 'plan.md'), 'utf8')).toBe(ended?.summary);
    expect({ calls, tokens: github.audiences.length }).toEqual({ calls: [], tokens });
  });

  test('fails a pull request that wants what the Policy does not grant', async () => {
    const files = { 'aws/release.yaml': generator.replace('role/release', 'role/admin') };
    const { failed, log } = await run(stepsOf('plan'), { files, permissions: {} });
    expect(failed).toBe('What would change');
    expect(log).toMatch(/the Policy "\/[^"]*\/policy\.yaml" does not grant/);
  });

  test('puts the Secret into the cluster, as a user with the Role of the page', async () => {
    await expectApplied(() => run(stepsOf('apply')));
  });

  test.each([
    ['another checksum', '0'.repeat(64), 'FAILED'],
    ['the words of the page in its place', env.SHA256 ?? '', 'no properly formatted'],
  ])('starts nothing with %s', async (_, SHA256, says) => {
    const { failed, log, temporary } = await run(stepsOf('apply'), { environment: { SHA256 } });
    expect(failed).toBe('The function, if its file has this checksum');
    expect(log).toContain(says);
    await expect(readFile(join(temporary, 'bin/function-sts-assume-role'))).rejects.toThrow('ENOENT');
  });

  test('a version that is not there is said', async () => {
    const { failed, log } = await run(stepsOf('apply'), { environment: { RELEASE: `${releases.url}/none` } });
    expect({ failed, log }).toMatchObject({
      failed: 'The function, if its file has this checksum',
      log: expect.stringContaining('404'),
    });
  });

  test.each([
    ["the workflow's shell", undefined, 'The Secrets go into the cluster'],
    ['the shell that GitHub takes by itself', '', undefined], // only the last program counts
  ])('of a pipe whose `render` fails, with %s', async (_, shell, want) => {
    const steps = stepsOf('apply').map((step) => ({ ...step, run: step.run?.replace(/kubectl apply .*/, 'cat') }));
    const files = { 'aws/release.yaml': generator.replace('role/release', 'role/admin') };
    const { failed, log } = await run(steps as readonly Step[], { files, shell });
    expect(failed).toBe(want);
    expect(log).toMatch(/the Policy "\/[^"]*\/policy\.yaml" does not grant/);
  });

  test("a pull request's own change of it gets no session, whatever it writes", async () => {
    const before = (await secret())?.data;
    const { failed, log } = await run(stepsOf('apply'), { subject: 'repo:example/deployments:pull_request' });
    expect(page).toContain('`repo:example/deployments:pull_request`');
    expect(failed).toBe('The Secrets go into the cluster');
    expect(log).toContain('AccessDenied');
    expect((await secret())?.data).toEqual(before);
  });

  test('doctor finds nothing wrong with it', async () => {
    const files = { '.github/workflows/aws.yaml': workflow };
    const { failed, log } = await run([...install, { name: 'doctor', run: 'function-sts-assume-role doctor .' }], {
      files,
    });
    expect({ failed, log }).toMatchObject({ failed: undefined });
    expect(log).not.toMatch(/^(?:error|warning)/m);
  });

  test.each(['--output yaml', '-v=8'])('kubectl %s would print the Secret, as the page warns', async (flag) => {
    expect(page).toContain(`\`${flag}\``);
    const script = stepsOf('apply').at(-1)?.run?.replace('kubectl apply', `kubectl apply ${flag}`) ?? '';
    const { failed, log } = await run(lastStep(script));
    expect(failed).toBe(undefined);
    expect(leaks(log, [JSON.stringify(await secret())])).not.toEqual([]);
  });
});

describe.each([
  ['kpt', kptCommand, { 'aws/Kptfile': block('apiVersion: kpt.dev') }],
  [
    'kustomize',
    kustomizeCommand,
    {
      'aws/kustomization.yaml': block('resources:'),
      'aws/options.yaml': options.replace(
        'name: options',
        'name: options\n  annotations:\n    config.kubernetes.io/function: "exec: { path: function-sts-assume-role }"',
      ),
    },
  ],
])('%s', (_, script, files) => {
  test('puts the Secret into the cluster', () => expectApplied(() => run(lastStep(script), { files })));

  test('is refused where it is not said that the output is a stream', async () => {
    const silent = script.replace('STS_FUNCTION_OUTPUT=stream ', '');
    expect(silent).not.toBe(script);
    const { failed, log } = await run(lastStep(silent), { files });
    expect(failed).toBe('The Secrets go into the cluster');
    expect(log).toContain('STS_FUNCTION_OUTPUT');
  });
});

describe('credentials for later steps', () => {
  const PRINT = 'cat "$RUNNER_TEMP/aws/credentials.json"';
  /** The secret key, the token and the key's ID. */
  async function valuesIn(temporary: string): Promise<string[]> {
    const file = await readFile(join(temporary, 'aws/credentials.json'), 'utf8');
    const { SecretAccessKey = '', SessionToken = '', AccessKeyId = '' } = JSON.parse(file) as Record<string, string>;
    expect(AccessKeyId).toMatch(/^ASIA/);
    return [SecretAccessKey, SessionToken, AccessKeyId];
  }
  const online = { name: 'asks AWS', run: 'function-sts-assume-role doctor --online upload' };

  test('AWS SDKs of later steps find them, and GitHub hides what a step prints', async () => {
    const steps = [...install, ...laterSteps, online, { name: 'prints it', run: PRINT }];
    const { failed, log, env: given, temporary } = await run(steps, LATER);
    expect({ failed, log }).toMatchObject({ failed: undefined });
    expect(log).toContain(RELEASE_CALLER);
    expect(log.match(/"\*\*\*"/g)).toHaveLength(3);
    for (const value of await valuesIn(temporary)) expect(log).not.toContain(value);
    expect(given).toMatch(/^AWS_CONFIG_FILE=\S+\/config\n$/);
  });

  test("no argument of a program has a value, and the file is the user's alone", async () => {
    const mode = { name: 'mode', run: 'stat --format=mode-%a "$RUNNER_TEMP/aws" "$RUNNER_TEMP"/aws/*' };
    const { failed, log, temporary } = await run([...install, ...laterSteps, mode], { ...LATER, options: ['-x'] });
    expect({ failed, log }).toMatchObject({ failed: undefined });
    expect(log).toContain('+ jq --exit-status');
    expect(log).not.toContain('***');
    for (const value of await valuesIn(temporary)) expect(log).not.toContain(value);
    expect(log.match(/^mode-\d+$/gm)).toEqual(['mode-700', 'mode-600', 'mode-600']);
  });

  test.each([
    ['without the mask', (script: string) => `${script.replace(/^jq .*\n/m, '')}${PRINT}\n`],
    ['before the mask', (script: string) => script.replace(/^jq /m, `${PRINT}\njq `)],
  ])('what is printed %s is in the log', async (_, change) => {
    const steps = laterSteps.map((step) => ({ ...step, run: change(step.run ?? '') }));
    const { failed, log, temporary } = await run([...install, ...steps], LATER);
    expect(failed).toBe(undefined);
    expect(log).toContain((await valuesIn(temporary))[0]);
  });
});

describe('GitLab', () => {
  interface GitlabJob {
    readonly script: readonly string[];
    readonly id_tokens?: Readonly<Record<string, { readonly aud: string }>>;
  }
  interface GitlabPages {
    readonly variables: Readonly<Record<string, string>>;
    readonly default: { readonly before_script: readonly string[] };
    readonly plan: GitlabJob;
    readonly apply: GitlabJob;
  }
  const written = parse(block('variables:')) as GitlabPages;
  const [, identities = ''] = /`(identities: \["tokenEnv:.*?\])`/.exec(page) ?? [];
  const files = {
    'aws/release.yaml': generator,
    'aws/options.yaml': `${OURS}Input\nmetadata: { name: options }\n${block('sessions:\n- identity: { tokenEnv')}`,
    '.gitlab/policy.yaml': policy.replace('identities: [github]', identities),
  };

  /** Runs a job as GitLab's runner does: its shells/bash.go begins scripts so. */
  async function runJob(job: GitlabJob, variables: Readonly<Record<string, string>> = {}) {
    const cwd = await hosts.folder(files);
    const given = { ...written.variables, RELEASE: releases.url, SHA256: releases.sha256, ...variables };
    const tokens = Object.entries(job.id_tokens ?? {}).map(async ([name, { aud }]) => {
      const now = Math.floor(Date.now() / 1000);
      return [name, await gitlab.sign({ sub: gitlabSubject, aud, iat: now, nbf: now, exp: now + 300 })] as const;
    });
    const environment = {
      ...(await cleanEnvironment()),
      ...Object.fromEntries(await Promise.all(tokens)),
      ...Object.fromEntries(Object.entries(given).map(([key, value]) => [key, value.replace('$CI_PROJECT_DIR', cwd)])),
      CI_PROJECT_DIR: cwd,
      KUBECONFIG: join(await hosts.folder({ kubeconfig: kubeconfig(server, 'ci') }), 'kubeconfig'),
    };
    const start = 'if set -o | grep pipefail >/dev/null; then set -o pipefail; fi; set -o errexit\nset +o noclobber\n';
    const script = start + [...written.default.before_script, ...job.script].join('\n');
    const timeoutMilliseconds = 300_000;
    const { exit, stdout, stderr } = await runProcess('bash', ['-c', script], {
      cwd,
      environment,
      timeoutMilliseconds,
    });
    return { cwd, log: stdout + stderr, failed: exit === 0 ? undefined : `${exit}` };
  }

  test('puts the Secret into the cluster', () => expectApplied(() => runJob(written.apply)));

  test('plans without a token what the merge request changes, by the Policy of its base', async () => {
    const base = `git init --quiet && git add aws .gitlab && git -c user.name=a -c user.email=a@example.org commit --quiet --message base
git remote add origin . && CI_MERGE_REQUEST_DIFF_BASE_SHA=$(git rev-parse HEAD)
sed -i 's/name: release/name: other/' aws/release.yaml && rm .gitlab/policy.yaml`;
    const { cwd, log, failed } = await runJob({ ...written.plan, script: [base, ...written.plan.script] });
    expect({ failed, log }).toMatchObject({
      failed: undefined,
      log: expect.stringMatching(/renamed.*`team-a\/other`.*`222222222222 release`/),
    });
    expect(log).toContain(await readFile(join(cwd, 'plan.md'), 'utf8'));
  });

  test('starts nothing with another checksum', async () => {
    const { cwd, log, failed } = await runJob(written.apply, { SHA256: '0'.repeat(64) });
    expect({ failed, log }).toMatchObject({ failed: '1', log: expect.stringContaining('FAILED') });
    await expect(readFile(join(cwd, '.tools/function-sts-assume-role'))).rejects.toThrow('ENOENT');
  });
});
