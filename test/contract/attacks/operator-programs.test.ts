import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ci } from '../../support/accounts.ts';
import { emittedSecrets } from '../../support/emitted.ts';
import { forAllTests, forEachTest } from '../../support/for-each-test.ts';
import { generatorItem, list } from '../../support/manifests.ts';
import { EXECUTABLE, runProcess } from '../../support/run-function.ts';
import { shareCluster } from '../../support/share-stand-in-cluster.ts';
import { WITH_SERVICE_ACCOUNT } from '../../support/stand-in-cluster.ts';
import { createIssuer, type Issuer } from '../../support/sts/issuer.ts';
import { startSts } from '../../support/sts/start-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A host starts the function in the package's folder. A relative path in a file of the operator's is not one of the package's. */
const operator = forEachTest(temporaryFolder);
const author = forEachTest(temporaryFolder);
const PATHS = ['login', 'bin/login', 'aws/bin/login'];

/** Writes a program that prints what `give` says, for the operator and for the package, each in every place; the latter tells. */
function bothBring(give: (whose: 'operator' | 'author') => string): void {
  for (const path of PATHS) {
    operator.write(path, `#!/bin/sh\necho '${give('operator')}'\n`, 0o700);
    author.write(path, `#!/bin/sh\ntouch '${join(author.path, 'ran')}'\necho '${give('author')}'\n`, 0o700);
  }
}

/** Runs it in the package's folder. */
async function runThere(input: string, environment: Readonly<Record<string, string>>) {
  const { exit, stdout, stderr } = await runProcess(EXECUTABLE, [], { input, environment, cwd: author.path });
  expect(existsSync(join(author.path, 'ran'))).toBe(false);
  return { exit, stderr, secrets: exit === 0 ? emittedSecrets(stdout).length : 0 };
}

const MADE = { exit: 0, stderr: '', secrets: 1 };

describe("a profile's paths are not the package's", () => {
  const BASE = 'arn:aws:iam::111111111111:role/base';
  const TARGET = 'arn:aws:iam::123456789012:role/deployer';
  const input = list(generatorItem(`region: eu-west-1, role: "${TARGET}"`));
  let issuer: Issuer;
  beforeAll(async () => {
    issuer = await createIssuer({ audiences: ['sts.amazonaws.com'] });
  });
  beforeEach(async () => {
    const token = await issuer.serviceAccountToken({ namespace: 'ci', name: 'deploy' });
    for (const folder of [author, operator]) folder.write('token', token);
  });
  const sts = forAllTests(() => {
    const base = { arn: BASE, trust: [{ principals: [ci.arn, BASE] }, { federated: issuer.issuer }] };
    const target = { arn: TARGET, trust: [{ principals: [BASE, ci.arn] }] };
    return startSts({ users: [ci], identityProviders: [issuer], roles: [base, target] });
  });
  const keys = `aws_access_key_id = ${ci.accessKeyId}\naws_secret_access_key = ${ci.secretAccessKey}\n`;
  const process = (command: string) => `credential_process = ${command}\n`;
  const role = (source: string) => `role_arn = ${BASE}\nsource_profile = ${source}\n`;
  const webIdentity = (path: string) => `role_arn = ${BASE}\nweb_identity_token_file = ${path}\n`;

  const run = ([config, credentials]: readonly [string, string?], more: Readonly<Record<string, string>> = {}) => {
    bothBring((whose) =>
      whose === 'author'
        ? JSON.stringify({ Version: 1, AccessKeyId: 'AKIAIOSFODNN7AUTHOR0', SecretAccessKey: 'none' })
        : JSON.stringify({ Version: 1, AccessKeyId: ci.accessKeyId, SecretAccessKey: ci.secretAccessKey }),
    );
    const profiles = {
      AWS_CONFIG_FILE: operator.write('config', config),
      AWS_SHARED_CREDENTIALS_FILE: operator.write('aws/credentials', credentials ?? ''),
    };
    return runThere(input, { AWS_STS_ENDPOINT: sts.url, ...profiles, ...more });
  };

  const PATH = { PATH: `.:bin::${globalThis.process.env.PATH}` };
  const CI = { AWS_PROFILE: 'ci' };
  test.each<[string, readonly [string, string?], Record<string, string>?]>([
    ['by a folder', [`[default]\n${process('bin/login')}`]],
    ['by ./', [`[default]\n${process('./bin/login')}`]],
    ['by ../', [`[default]\n${process('bin/../login')}`]],
    ['as an argument', [`[default]\n${process('sh bin/login')}`]],
    ['behind a command', [`[default]\n${process('true && bin/login')}`]],
    ['bare, by a relative PATH', [`[default]\n${process('login')}`], PATH],
    ['of the selected profile', [`[profile ci]\n${process('bin/login')}`], CI],
    ['in the credentials', ['', `[ci]\n${process('bin/login')}`], CI],
    ['in the credentials, which win', [`[profile ci]\n${process('nothing')}`, `[ci]\n${process('bin/login')}`], CI],
    ['behind another profile', [`[profile ci]\n${role('a')}[profile a]\n${process('bin/login')}`], CI],
    ['behind two', [`[profile ci]\n${role('b')}[profile b]\n${role('a')}[profile a]\n${process('bin/login')}`], CI],
    ['behind one, in the other file', [`[profile ci]\n${role('a')}`, `[a]\n${process('bin/login')}`], CI],
  ])('%s: the program of the folder of its file runs', async (...[, files, more]) => {
    expect(await run(files, more)).toEqual(MADE);
  });

  test('the folder is that of the file which names it, although the other one names it too', async () => {
    operator.write('aws/bin/creds', '#!/bin/sh\ntouch ran\nexec bin/login\n', 0o700);
    operator.write('bin/creds', '#!/bin/sh\nexit 1\n', 0o700);
    const files = [`[profile other]\n${process('bin/creds')}`, `[ci]\n${process('bin/creds')}`] as const;
    expect(await run(files, CI)).toEqual(MADE);
    expect(existsSync(join(operator.path, 'aws/ran'))).toBe(true);
  });

  test.each<[string, () => string, Record<string, string>?]>([
    ['an absolute path', () => process(join(operator.path, 'bin/login'))],
    ['a bare command', () => process('login'), { PATH: '' }],
    ['a token file of an absolute path', () => webIdentity(join(operator.path, 'token'))],
  ])('%s works as ever', async (...[, profile, more]) => {
    const PATH = `${operator.path}:${globalThis.process.env.PATH}`;
    expect(await run([`[default]\n${profile()}`], more && { PATH })).toEqual(MADE);
  });

  const RELATIVE = 'token';
  test.each<[string, readonly [string, string?], Record<string, string>?]>([
    ['by its name', [`[default]\n${webIdentity(RELATIVE)}`]],
    ['by ./', [`[default]\n${webIdentity('./token')}`]],
    ['by ~/', [`[default]\n${webIdentity('~/token')}`]],
    ['of the selected profile', [`[profile ci]\n${webIdentity(RELATIVE)}`], CI],
    ['in the credentials', ['', `[ci]\n${webIdentity(RELATIVE)}`], CI],
    ['behind another profile', [`[profile ci]\n${role('a')}[profile a]\n${webIdentity(RELATIVE)}`], CI],
  ])('a token file that is relative is refused: %s', async (...[, files, more]) => {
    const before = sts.calls.length;
    const { exit, stderr } = await run(files, more);
    expect({ exit, calls: sts.calls.slice(before) }).toEqual({ exit: 1, calls: [] });
    const cause =
      /: `web_identity_token_file` of the profile "(default|ci|a)" is a relative path, and a package may have/;
    expect(stderr).toMatch(cause);
    expect(stderr).toMatch(/^error: cannot [^\n]*\. \[[A-Z_]+\]\n$/);
  });

  test.each<[string, string, Record<string, string>]>([
    ['an unused profile', `[default]\n${keys}[profile ci]\n${webIdentity(RELATIVE)}`, {}],
    [
      'the default profile beside keys in the environment',
      `[default]\n${webIdentity(RELATIVE)}`,
      { AWS_ACCESS_KEY_ID: ci.accessKeyId, AWS_SECRET_ACCESS_KEY: ci.secretAccessKey },
    ],
  ])('one of %s refuses nothing', async (_, config, more) => {
    expect(await run([config], more)).toEqual(MADE);
  });
});

describe("a kubeconfig's paths are not the package's", () => {
  const cluster = shareCluster();
  const OPERATORS = 'Bearer operators';
  const credential = (token: string) =>
    JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } });

  /** Runs with a kubeconfig whose user is `user`, in YAML's flow style. */
  async function run(user: string, more: Readonly<Record<string, string>> = {}, others: readonly string[] = []) {
    for (const [folder, token] of [
      [operator, 'operators'],
      [author, 'authors'],
    ] as const)
      folder.write('token', `${token}\n`);
    bothBring((whose) => credential(`${whose}s`));
    const text = cluster.kubeconfigText.replace('{token: CANARY-caller}', () => user);
    const KUBECONFIG = [operator.write('config', text), ...others].join(':');
    const asked = { AWS_STS_ENDPOINT: cluster.sts.url, STS_FUNCTION_CLUSTER: 'context:ci', KUBECONFIG };
    const ended = await runThere(WITH_SERVICE_ACCOUNT, { ...asked, ...more });
    const sent = new Set(cluster.requests.map(({ authorization }) => authorization));
    return { ...ended, sent: [...sent] };
  }
  const exec = (command: string, more = '') =>
    `{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: ${command}${more}}}`;
  const provider = (name: string, config: string) => `{auth-provider: {name: ${name}, config: {${config}}}}`;
  const PATH = { PATH: `.:bin::${process.env.PATH}` };

  test.each<[string, string, Record<string, string>?]>([
    ['a program, by a folder', exec('bin/login')],
    ['a program, by ./', exec('./bin/login')],
    ['a program, by ../', exec('bin/../login')],
    ['a program as an argument', exec('sh', ', args: [./bin/login]')],
    ['a bare program, by a relative PATH', exec('login'), PATH],
    ['a bare program, by a relative PATH of its own', exec('login', `, env: [{name: PATH, value: "${PATH.PATH}"}]`)],
    ['a program of a provider', provider('exec', 'exec: {command: bin/login}')],
    ['a token file', '{tokenFile: token}'],
    ['a token file, by ./', '{tokenFile: ./token}'],
    ['a token file that wins over a token', '{tokenFile: ./token, token: other}'],
    ['a token file of a provider', provider('file', 'tokenFile: ./token')],
    [
      'a program of a provider of a cloud',
      provider('gcp', 'cmd-path: ./bin/login, token-key: "{.status.token}", expiry-key: "{.none}"'),
    ],
  ])('%s is taken from its own folder', async (...[, user, more]) => {
    expect(await run(user, more)).toEqual({ ...MADE, sent: [OPERATORS] });
  });

  test.each<[string, () => string, Record<string, string>?]>([
    ['a program of an absolute path', () => exec(join(operator.path, 'bin/login'))],
    ['a bare program', () => exec('login'), { PATH: '' }],
    ['a token file of an absolute path', () => `{tokenFile: ${join(operator.path, 'token')}}`],
    ['a token beside a token file that is not there', () => '{tokenFile: /nonexistent, token: operators}'],
  ])('%s works as ever', async (...[, user, more]) => {
    const PATH = `${join(operator.path, 'bin')}:${process.env.PATH}`;
    expect(await run(user(), more && { PATH })).toEqual({ ...MADE, sent: [OPERATORS] });
  });

  test('each of several kubeconfigs has its own folder', async () => {
    const other = operator.write(
      'aws/config',
      'users: [{name: u, user: {exec: {command: bin/none}}}]\nclusters: []\ncontexts: []\n',
    );
    expect(await run(exec('./bin/login'), {}, [other])).toEqual({ ...MADE, sent: [OPERATORS] });
  });

  test.each([
    ['that is not there', '{tokenFile: none}'],
    ['that is empty', '{tokenFile: empty}'],
  ])('a token file %s is said, and nobody is asked without a credential', async (_, user) => {
    operator.write('empty', '\n');
    const { exit, stderr, sent } = await run(user);
    expect({ exit, sent }).toEqual({ exit: 1, sent: [] });
    expect(stderr).toContain('the kubeconfig gives no credentials: a file or program that it names fails');
  });
});
