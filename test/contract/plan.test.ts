import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ci } from '../support/accounts.ts';
import { lineOf, resultsOf } from '../support/emitted.ts';
import { forEachTest } from '../support/for-each-test.ts';
import { promisedYaml } from '../support/hosts/pages.ts';
import { functionConfig, GOOD_SPEC, generatorItem, list, OTHER } from '../support/manifests.ts';
import { EXECUTABLE, ROOT, runProcess } from '../support/run-function.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';

const ROLE = '"arn:aws:iam::123456789012:role/deployer", for 3600 seconds';
const given = list(OTHER + generatorItem());

const staticKeys = JSON.stringify({ a: ci.accessKeyId, b: ci.secretAccessKey });
const sts = forEachTest(startExampleSts);

/** A run that plans: what it says of each Secret, after what holds for every plan. */
async function plan(input: string, environment: Record<string, string> = {}): Promise<string[]> {
  const before = sts.calls.length;
  const { exit, stdout, stderr } = await runInProcess(input, {
    environment: { AWS_STS_ENDPOINT: sts.url, STS_FUNCTION_MODE: 'plan', ...environment },
  });
  const lines = stderr.split('\n').slice(0, -1);
  expect({ exit, calls: sts.calls.length - before }).toEqual({ exit: 0, calls: 0 });
  expect(stdout.slice(0, input.length)).toBe(input);
  const results = resultsOf(stdout);
  expect(lines).toEqual(results.map(lineOf));
  expect(results.filter(({ severity, tags }) => severity !== 'info' || tags.code !== 'PLAN')).toEqual([]);
  return results.map(({ message }) => `info: ${message}`);
}

test.each<[string, Record<string, string>]>([
  ['keys in the environment', { AWS_ACCESS_KEY_ID: 'CANARY', AWS_SECRET_ACCESS_KEY: 'CANARY' }],
  ['profile "ci"', { AWS_PROFILE: 'ci', AWS_ACCESS_KEY_ID: 'CANARY', AWS_SECRET_ACCESS_KEY: 'CANARY' }],
  ['the default profile of its files', {}],
  [
    'web identity, unless a file has a default profile',
    { AWS_WEB_IDENTITY_TOKEN_FILE: '/nonexistent', AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/x' },
  ],
  [
    'container credentials, unless a file has a default profile',
    { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1' },
  ],
])('names the source that the environment selects: %s', async (source, environment) => {
  expect(await plan(given, environment)).toEqual([
    `info: Secret "team-a/deployer": issue (none yet); the SDK's default chain (${source}), then ${ROLE}.`,
  ]);
});

test('names every hop of a chain behind a ServiceAccount, without asking its cluster', async () => {
  const jwt = generatorItem(`${GOOD_SPEC}, auth: {jwt: {serviceAccountRef: {name: sa}}}`);
  const via = functionConfig('  sessions: [{via: ["arn:aws:iam::111111111111:role/hub"]}]\n');
  expect(await plan(list(jwt, via), { STS_FUNCTION_CLUSTER: 'context:nobody' })).toEqual([
    `info: Secret "team-a/deployer": issue (none yet); a token of ServiceAccount "team-a/sa", then the role of the ServiceAccount, then "arn:aws:iam::111111111111:role/hub", then ${ROLE}.`,
  ]);
});

test('says what is done about a Secret that is there, and why', async () => {
  const { stdout } = await runInProcess(given, { sts });
  const renewAfter = /renew-after: "(.*)"/.exec(stdout)?.[1] ?? '';
  const decisions: [string, string][] = [
    [stdout, `keep (until ${renewAfter})`],
    [stdout.replace(renewAfter, '2020-01-01T00:00:00Z'), 'renew (due)'],
    [stdout.replace('role/deployer', 'role/my-role'), 'issue (spec changed)'],
    [
      stdout
        .replace(/expiration: "[^"]*"/, 'expiration: "2020-01-01T00:00:01Z"')
        .replace(renewAfter, '2020-01-01T00:00:00Z'),
      'issue (expired)',
    ],
    [stdout.replace(/ {4}session_token: .*\n/, ''), 'issue (keys missing)'],
  ];
  for (const [input, decision] of decisions)
    expect(await plan(input)).toEqual([expect.stringContaining(`Secret "team-a/deployer": ${decision}; `)]);
});

test('refuses what a run would refuse', async () => {
  const bad = list(generatorItem(`${GOOD_SPEC}, requestParameters: {sessionDuration: 60}`));
  const ended = await runInProcess(bad, { environment: { STS_FUNCTION_MODE: 'plan' } });
  expect(ended).toMatchObject({ exit: 1, stderr: expect.stringMatching(/^error: .*must be at least 900.*\n$/) });
});

describe('what is referenced and not there', () => {
  const keys =
    ', auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: a}, secretAccessKeySecretRef: {name: keys, key: b}}}';
  const secret = '- apiVersion: v1\n  kind: Secret\n  metadata: {name: keys, namespace: team-a}\n';
  const given = generatorItem(GOOD_SPEC + keys);

  test.each([
    ['a Secret', '', 'cannot read Secret "team-a/keys" '],
    ['a key of a Secret', `${secret}  data: {b: QQ==}\n`, 'it has no key "a"'],
  ])('refuses %s, as a run does', async (_, more, message) => {
    const input = list(given + more);
    const planned = await runInProcess(input, { environment: { STS_FUNCTION_MODE: 'plan' } });
    const ran = await runInProcess(input, { sts });
    expect(planned).toMatchObject({ exit: 1, stderr: expect.stringContaining(message) });
    expect(planned.stderr).toBe(ran.stderr);
  });

  test('reads no value', async () => {
    expect(await plan(list(`${given}${secret}  data: {a: '', b: no}\n`))).toEqual([expect.stringContaining('issue')]);
  });

  test('says nothing where a cluster may have it', async () => {
    const cluster = { STS_FUNCTION_CLUSTER: 'context:nobody' };
    expect(await plan(list(given), cluster)).toEqual([expect.stringContaining('issue (none yet)')]);
  });

  test('warns where the Secret is still valid, as a run does', async () => {
    const { stdout } = await runInProcess(list(`${given}${secret}  stringData: ${staticKeys}\n`), { sts });
    const due = stdout
      .replace(/renew-after: ".*"/, 'renew-after: "2020-01-01T00:00:00Z"')
      .replace('name: keys, name', 'name: gone, name');
    const { exit, stderr } = await runInProcess(due, { environment: { STS_FUNCTION_MODE: 'plan' } });
    expect({ exit, stderr }).toEqual({
      exit: 0,
      stderr: expect.stringMatching(
        /^warning: Secret "team-a\/deployer" is not renewed, and stays as it is while it is valid: cannot read .*\ninfo: .*renew \(due\).*\n$/,
      ),
    });
  });
});

test('docs/files.md shows the fields of `plan -o yaml` as they are', async () => {
  const [shown] = (parse(promisedYaml('docs/files.md', 'secrets:')) as { secrets: object[] }).secrets;
  const options = { cwd: join(ROOT, 'examples'), environment: { AWS_PROFILE: 'ci' } };
  const { stdout } = await runProcess(EXECUTABLE, ['plan', '-o', 'yaml', 'kpt/registry-login'], options);
  const [printed] = (parse(stdout) as { secrets: object[] }).secrets;
  expect({ ...printed, renewAfter: '…' }).toEqual(shown);
});
