import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { emittedSecrets } from '../support/emitted.ts';
import { forEachTest } from '../support/for-each-test.ts';
import { close, listen } from '../support/listen.ts';
import { functionConfig, generatorItem, list } from '../support/manifests.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { createIssuer, type Issuer } from '../support/sts/issuer.ts';
import { startSts } from '../support/sts/start-sts.ts';

import { temporaryFolder } from '../support/temporary-folder.ts';
import { withPatience } from '../support/with-patience.ts';

const CI = 'arn:aws:iam::111111111111:role/ci';
const TARGET = 'arn:aws:iam::123456789012:role/deployer';

let issuer: Issuer;
let token: string;
const folder = forEachTest(temporaryFolder);
const sts = forEachTest(async () => {
  issuer = await createIssuer({ issuer: 'https://ci.example.org', audiences: ['sts.amazonaws.com'] });
  token = await issuer.serviceAccountToken({ namespace: 'ci', name: 'deploy' });
  const subject = 'system:serviceaccount:ci:deploy';
  const ofCi = { arn: CI, trust: [{ federated: issuer.issuer, subject, audience: 'sts.amazonaws.com' }] };
  return startSts({ identityProviders: [issuer], roles: [ofCi, { arn: TARGET, trust: [{ principals: [CI] }] }] });
});

function input(identity: string, spec = ''): string {
  const generator = generatorItem(`region: eu-west-1, role: "${TARGET}"${spec}`, { name: 'a' });
  return list(generator, functionConfig(`  sessions:\n  - identity: {${identity}, role: "${CI}"}\n`));
}
const run = (given: string, environment: Record<string, string> = {}) =>
  runInProcess(given, { environment: { AWS_STS_ENDPOINT: sts.url, ...environment } });

async function expectMinted(given: string, environment: Record<string, string> = {}): Promise<void> {
  const { exit, stdout, stderr } = await run(given, environment);
  expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: 1 });
  expect(sts.calls).toMatchObject([
    {
      operation: 'AssumeRoleWithWebIdentity',
      accessKeyId: undefined,
      outcome: 'ok',
      parameters: { RoleArn: CI, RoleSessionName: 'function-sts-assume-role', DurationSeconds: '3600' },
    },
    { operation: 'AssumeRole', outcome: 'ok', parameters: { RoleArn: TARGET, RoleSessionName: 'team-a.a' } },
  ]);
  expect(stdout.replaceAll(/^ {4}\w+: .*$/gm, '') + stderr).not.toContain(token);
}

test('a token in a file, newline at its end included, is exchanged unsigned and walks on', async () => {
  await expectMinted(input(`tokenFile: "${folder.write('token', `${token}\n`)}"`));
});

test('a token in a variable, as GitLab sets it', async () => {
  await expectMinted(input('tokenEnv: GITLAB_OIDC_TOKEN'), { GITLAB_OIDC_TOKEN: token });
});

test("configured keys do not sign the web identity's call", async () => {
  await expectMinted(input('tokenEnv: TOKEN'), {
    TOKEN: token,
    AWS_ACCESS_KEY_ID: 'AKIACANARY',
    AWS_SECRET_ACCESS_KEY: 'canary',
  });
});

describe('GitHub', () => {
  let url: string;
  let github: Server;
  let asked: { url?: string | undefined; authorization?: string | undefined }[];
  let answer: { status: number; body: string } | undefined;
  beforeEach(async () => {
    asked = [];
    answer = { status: 200, body: JSON.stringify({ value: token }) };
    github = createServer((request, response) => {
      asked.push({ url: request.url, authorization: request.headers.authorization });
      if (answer !== undefined) response.writeHead(answer.status).end(answer.body);
    });
    url = `http://127.0.0.1:${await listen(github)}/token?api-version=2`;
  });
  afterEach(() => close(github));
  const offered = () => ({ ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-canary' });

  test('gives a token for the audience asked for', async () => {
    await expectMinted(input('github: {}'), offered());
    expect(asked).toEqual([
      { url: '/token?api-version=2&audience=sts.amazonaws.com', authorization: 'Bearer request-canary' },
    ]);
  });

  test.each([
    ['refuses', 403, 'request-canary'],
    ['answers nonsense', 200, 'request-canary'],
    ['answers without a token', 200, '{}'],
    ['answers more than 8 MiB', 200, JSON.stringify({ value: 'a', more: 'x'.repeat(9 << 20) })],
    ['answers 501 levels', 200, `{"value": "a.b.c", "more": ${'['.repeat(501)}${']'.repeat(501)}}`],
  ])('%s', async (_, status, body) => {
    answer = { status, body };
    const { exit, stderr } = await run(input('github: {}'), offered());
    expect({ exit, stderr, calls: sts.calls }).toEqual({
      exit: 1,
      stderr:
        'error: cannot get a token for STSAssumeRoleToken "team-a/a" from GitHub: GitHub did not give one. Run again, and check the audience. [TOKEN_MISSING]\n',
      calls: [],
    });
  });

  test('does not answer: the deadline ends it', async () => {
    answer = undefined;
    const { exit, stderr } = await withPatience(
      (patience) => run(input('github: {}'), { ...offered(), ...patience }),
      () => asked.length > 0,
    );
    expect({ exit, stderr, calls: sts.calls }).toEqual({
      exit: 1,
      stderr:
        'error: cannot get a token for STSAssumeRoleToken "team-a/a" from GitHub: there was no answer within STS_FUNCTION_TIMEOUT. Check the network and proxy settings, or raise STS_FUNCTION_TIMEOUT. [DEADLINE_PASSED]\n',
      calls: [],
    });
  });
});

test("without a role of its own a token is for the generator's role: one hop, of any length, with a policy", async () => {
  const trusted = 'arn:aws:iam::123456789012:role/from-ci';
  const trust = [{ federated: issuer.issuer, subject: 'system:serviceaccount:ci:deploy' }];
  const roles = [{ arn: trusted, trust, maxSessionDuration: 43_200 }];
  await using direct = await startSts({ identityProviders: [issuer], roles });
  const generator = generatorItem(
    `region: eu-west-1, role: "${trusted}", requestParameters: {sessionDuration: 43200}`,
    { name: 'a' },
  );
  const config = functionConfig(
    '  sessions: [{identity: {tokenEnv: TOKEN}, last: {policyARNs: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]}}]\n',
  );
  const environment = { AWS_STS_ENDPOINT: direct.url, TOKEN: token };
  const { exit, stdout, stderr } = await runInProcess(list(generator, config), { environment });
  expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: 1 });
  expect(direct.calls).toMatchObject([
    {
      operation: 'AssumeRoleWithWebIdentity',
      accessKeyId: undefined,
      parameters: {
        RoleArn: trusted,
        RoleSessionName: 'team-a.a',
        DurationSeconds: '43200',
        'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/ReadOnlyAccess',
      },
    },
  ]);
});

describe('without a token nothing is asked for', () => {
  test.each<[string, string, Record<string, string>, RegExp]>([
    [
      'a file that is not there',
      'tokenFile: /nonexistent/token',
      {},
      /from the file "\/nonexistent\/token": the file cannot be read/,
    ],
    ['a file without an end', 'tokenFile: /dev/zero', {}, /the file "\/dev\/zero": the file cannot be read/],
    ['a variable that is not set', 'tokenEnv: TOKEN', {}, /from the variable TOKEN: the variable is not set/],
    ['a name that every object has', 'tokenEnv: toString', {}, /from the variable toString: the variable is not set/],
    ['a variable with something else', 'tokenEnv: TOKEN', { TOKEN: 'canary with spaces' }, /its text is no token/],
    [
      'no GitHub workflow',
      'github: {}',
      {},
      /this is no job that may ask for one\. Run it on GitHub, and give the job `permissions: id-token: write`/,
    ],
    [
      'two sources',
      'tokenEnv: TOKEN, github: {}',
      { TOKEN: 'x' },
      /`sessions\[0\]\.identity` must have exactly one of/,
    ],
  ])('%s', async (_, identity, environment, want) => {
    const { exit, stderr } = await run(input(identity), environment);
    expect({ exit, calls: sts.calls }).toEqual({ exit: 1, calls: [] });
    expect(stderr).toMatch(want);
    expect(stderr).not.toContain('canary');
  });

  test('a pipe that nobody writes', async () => {
    execFileSync('mkfifo', [`${folder.path}/pipe`]);
    const { exit, stderr } = await run(input(`tokenFile: "${folder.path}/pipe"`));
    expect({ exit, calls: sts.calls }).toEqual({ exit: 1, calls: [] });
    expect(stderr).toContain('pipe": the file cannot be read. ');
  });

  test('an identity beside spec.auth', async () => {
    const auth =
      ', auth: {secretRef: {accessKeyIDSecretRef: {name: k, key: i}, secretAccessKeySecretRef: {name: k, key: s}}}';
    const { stderr } = await run(input('tokenEnv: TOKEN', auth), { TOKEN: token });
    expect(stderr).toContain(
      'it has `spec.auth`, and its entry of the functionConfig has `identity`. Remove one of them.',
    );
  });

  test('more than an hour behind a web identity', async () => {
    const { exit, stderr } = await run(input('tokenEnv: TOKEN', ', requestParameters: {sessionDuration: 3601}'), {
      TOKEN: token,
    });
    expect({ exit, calls: sts.calls }).toEqual({ exit: 1, calls: [] });
    expect(stderr).toContain('must be at most 3600 behind another hop');
  });
});

test("a Policy that does not grant a token's source refuses it", async () => {
  const under = (source: string) => {
    const grant = `{roles: ["${TARGET}"], via: ["${CI}"], identities: [${source}]}`;
    const policy = `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\ngrants:\n- ${grant}\n`;
    const environment = { TOKEN: token, STS_FUNCTION_POLICY: folder.write('policy.yaml', policy) };
    return run(input('tokenEnv: TOKEN'), environment);
  };
  const { stderr } = await under('github');
  expect(stderr).toContain('the Policy of this run does not grant "tokenEnv:TOKEN" to namespace "team-a"');
  expect(await under('"tokenEnv:*"')).toMatchObject({ exit: 0, stderr: '' });
});
