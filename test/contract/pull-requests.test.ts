import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { expectGolden } from '../golden/expect-golden.ts';
import { runSteps } from '../hosts/run-steps.ts';
import { forEachTest } from '../support/for-each-test.ts';
import { promisedYaml } from '../support/hosts/pages.ts';
import type { Job } from '../support/read-workflows.ts';
import { CLEAN_ENVIRONMENT, runProcess, SCRIPT } from '../support/run-function.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/**
 * The job `plan` of docs/ci.md over a repository with a base and pull requests. `gh` is a script that keeps the comment; its options are
 * GitHub's to check. Not run: the checkout, the installation, and the job's `if`.
 */
const PAGE = 'docs/ci.md';
const OURS = 'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: ';
const { jobs } = parse(promisedYaml(PAGE, 'name: Credentials of AWS')) as { jobs: Readonly<Record<'plan', Job>> };
const steps = (jobs.plan.steps ?? []).filter(({ run = 'curl' }) => !run.includes('curl'));
const folder = forEachTest(temporaryFolder);

const generator = (name: string, role = name, more = '') =>
  `apiVersion: generators.external-secrets.io/v1alpha1\nkind: STSAssumeRoleToken\nmetadata: { name: ${name}, namespace: team-a }\nspec: { region: eu-west-1, role: "arn:aws:iam::222222222222:role/${role}"${more} }\n`;
const options = (scope: string) =>
  `${promisedYaml(PAGE, `${OURS}Input`)}  match: { names: [narrow] }\n${scope}- identity:\n    github: { audience: sts.amazonaws.com }\n    role: arn:aws:iam::111111111111:role/ci\n  match: { names: [release, deploy, "other-*"] }\n`;
const NARROW =
  '  last: { policy: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "s3:Get*", Resource: "*" }] } }\n';

type Files = Readonly<Record<string, string | undefined>>;
const BASE: Files = {
  '.github/policy.yaml': promisedYaml(PAGE, `${OURS}Policy`).replace(
    'arn:aws:iam::222222222222:role/release]',
    '"arn:aws:iam::222222222222:role/*"]',
  ),
  'aws/options.yaml': options(NARROW),
  'aws/release.yaml': generator('release'),
  'aws/narrow.yaml': generator('narrow', 'release'),
  ...Object.fromEntries([1, 2, 3].map((at) => [`aws/other-${at}.yaml`, generator(`other-${at}`, 'release')])),
};

async function git(cwd: string, ...argv: string[]) {
  const user = ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false'];
  const ended = await runProcess('git', [...user, ...argv], { cwd });
  if (ended.exit !== 0) throw new Error(ended.stderr);
}

function write(path: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    if (text === undefined) rmSync(join(path, name));
    else writeFileSync(join(path, name), text);
  }
}

/** What the job says in a comment. */
async function commentOn(change: Files) {
  const [workspace, temporary, programs] = ['repository', 'temporary', 'programs'].map((name) =>
    join(folder.path, name),
  ) as [string, string, string];
  for (const path of [workspace, temporary, programs]) mkdirSync(path);
  writeFileSync(
    join(programs, 'gh'),
    `#!/bin/sh\nwhile [ "$1" != --body-file ]; do shift; done\ncp "$2" ${folder.path}/comment.md\n`,
    { mode: 0o755 },
  );
  writeFileSync(join(programs, 'function-sts-assume-role'), `#!/bin/sh\nexec ${SCRIPT} "$@"\n`, { mode: 0o755 });
  await git(folder.path, 'init', '--quiet', workspace);
  for (const files of [BASE, change]) {
    write(workspace, files);
    await git(workspace, 'add', '--all');
    await git(workspace, 'commit', '--quiet', '--message=a');
  }
  const job = {
    workspace,
    temporary,
    shell: 'bash',
    environment: { ...CLEAN_ENVIRONMENT, PATH: `${programs}:${CLEAN_ENVIRONMENT.PATH}`, GITHUB_REPOSITORY: 'a/b' },
  };
  const expressions = { 'runner.temp': temporary, 'github.token': 'a', 'github.event.number': '1' };
  const [first, ...always] = steps;
  const planned = await runSteps({ ...job, steps: first === undefined ? [] : [first], expressions });
  const { failed, summary } = await runSteps({ ...job, steps: always, expressions }); // whose `if` begins with `always()`
  expect(always.filter((step) => !String(Reflect.get(step, 'if')).startsWith('always()'))).toEqual([]);
  expect(failed).toBeUndefined();
  const comment = readFileSync(join(folder.path, 'comment.md'), 'utf8');
  return { failed: planned.failed, log: planned.log, summary, comment };
}

test.each<[name: string, change: Files, failed: string | undefined]>([
  ['a new role', { 'aws/release.yaml': generator('release', 'admin') }, undefined],
  ['a renamed Secret', { 'aws/release.yaml': generator('deploy', 'release') }, undefined],
  ['a session policy that is gone', { 'aws/options.yaml': options('') }, undefined],
  ['a fault', { 'aws/release.yaml': generator('release', 'release', ', sessionDuraton: 900') }, 'What would change'],
])('%s', async (name, change, want) => {
  const { failed, log, summary, comment } = await commentOn(change);
  expect({ failed, log }).toMatchObject({ failed: want });
  expect(summary).toBe(comment);
  expectGolden(
    join(import.meta.dirname, `pull-requests/${name.replaceAll(' ', '-')}.golden`),
    comment.replaceAll(folder.path, ''),
  );
});

test('a comment is cut to what GitHub takes, and says so', async () => {
  const many = Array.from({ length: 600 }, (_, at) => [`aws/other-${at}.yaml`, generator(`other-${at}`, `role-${at}`)]);
  const { failed, summary, comment } = await commentOn(Object.fromEntries(many));
  expect(failed).toBeUndefined();
  expect(summary.length).toBeGreaterThan(65_536);
  expect(comment.length).toBeLessThan(65_536);
  const [notice = '', ...rest] = comment.split('\n');
  expect(notice).toBe('The end is cut off. The summary of the job has all.');
  expect(summary.startsWith(rest.join('\n').trimStart())).toBe(true);
  expect(rest.slice(0, 6).join('\n')).toContain('changed');
});
