import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ci, ciEnvironment } from '../../support/accounts.ts';
import { forEachTest } from '../../support/for-each-test.ts';
import { makeIdentity } from '../../support/make-identity.ts';
import { generatorItem, list, specDocument } from '../../support/manifests.ts';
import { type Ended, EXECUTABLE, messagesOf, runProcess } from '../../support/run-function.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A host starts the function in the package's own folder: there a relative path is a file that the package brought. */
const sts = forEachTest(startExampleSts);
const folder = forEachTest(temporaryFolder);
const input = list(generatorItem('region: eu-west-1, role: "arn:aws:iam::123456789012:role/deployer"'));

/** Runs it in the package, with a home only where `environment` has one. */
function run(argv: readonly string[], environment: Readonly<Record<string, string>>): Promise<Ended> {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const options = { input: argv.length === 0 ? input : '', cwd: folder.path };
  return runProcess('/usr/bin/env', ['-u', 'HOME', ...variables, EXECUTABLE, ...argv], options);
}

/** A configuration of AWS that anybody may bring: a program that it starts, in each folder that could be a home. */
function bringProgram(): string {
  const ran = join(folder.path, 'ran');
  const keys = JSON.stringify({ Version: 1, AccessKeyId: ci.accessKeyId, SecretAccessKey: ci.secretAccessKey });
  const program = folder.write('program', `#!/bin/sh\ntouch ${ran}\necho '${keys}'\n`, 0o700);
  for (const home of ['.', 'home', 'C:/home']) {
    folder.write(join(home, '.aws/config'), `[default]\nregion = eu-west-1\ncredential_process = ${program}\n`);
  }
  folder.write('spec.yaml', specDocument());
  return ran;
}

const HOMES: readonly (readonly [why: string, name: string, environment: Readonly<Record<string, string>>])[] = [
  ['HOME is the folder of the package', 'HOME', { HOME: '.' }],
  ['HOME is a folder of the package', 'HOME', { HOME: 'home' }],
  ['USERPROFILE stands for a HOME that is not set', 'USERPROFILE', { USERPROFILE: '.' }],
  ['HOMEPATH stands for both, below a folder "C:" of the package', 'HOMEPATH', { HOMEPATH: '/home' }],
  ['HOMEDRIVE and HOMEPATH together are a folder of the package', 'HOMEPATH', { HOMEDRIVE: './', HOMEPATH: 'home' }],
];

describe.each<[string, readonly string[]]>([
  ['a KRM function', []],
  ['a plugin', ['./spec.yaml']],
  ['render', ['render', 'spec.yaml']],
  ['doctor --online', ['doctor', '--online', '.']],
])('%s starts no program that a package brought', (_, argv) => {
  test.each(HOMES)('where %s', async (_why, name, environment) => {
    const ran = bringProgram();
    const { exit, stdout, stderr } = await run(argv, { AWS_STS_ENDPOINT: sts.url, ...environment });
    expect({ exit, ran: existsSync(ran), calls: sts.calls.length }).toEqual({ exit: 1, ran: false, calls: 0 });
    expect(messagesOf(argv[0], { stdout, stderr })).toContain(`cannot use ${name}: its path must be absolute`);
  });
});

describe('an authority that a package brought vouches for no STS', () => {
  const tls = forEachTest(async () => {
    const identity = await makeIdentity({ isAuthority: true });
    folder.write('ca.pem', identity.cert);
    return startExampleSts({ tls: identity });
  });

  test.each(['NODE_EXTRA_CA_CERTS', 'AWS_CA_BUNDLE'])('by a relative %s', async (name) => {
    const { exit, stderr } = await run([], { ...ciEnvironment(tls.url), HOME: '/nonexistent', [name]: 'ca.pem' });
    expect({ exit, calls: tls.calls.length }).toEqual({ exit: 1, calls: 0 });
    expect(stderr).toContain(`cannot use ${name}: its path must be absolute`);
  });
});

test.each([
  ['AWS_CONFIG_FILE', 'a/b'],
  ['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', './a'],
  ['AWS_LOGIN_CACHE_DIRECTORY', 'a'],
  ['AWS_SHARED_CREDENTIALS_FILE', '../a'],
  ['AWS_WEB_IDENTITY_TOKEN_FILE', 'a'],
  ['KUBECONFIG', '/nonexistent:a'],
  ['SOPS_AGE_KEY_FILE', '~/a'],
  ['SSL_CERT_DIR', '/nonexistent:a'],
  ['SSL_CERT_FILE', 'a'],
  ['STS_FUNCTION_POLICY', 'a'],
])('%s must not name a file of the package, as %j does', async (name, path) => {
  const { exit, stderr } = await run([], { ...ciEnvironment(sts.url), HOME: '/nonexistent', [name]: path });
  expect({ exit, calls: sts.calls.length }).toEqual({ exit: 1, calls: 0 });
  expect(stderr).toContain(`cannot use ${name}: its path must be absolute`);
});

test('serve does not start where HOME is relative', async () => {
  const argv = ['serve', '--insecure', '--address', '127.0.0.1:0', '--health-address', '127.0.0.1:0'];
  const { exit, stderr } = await runProcess(EXECUTABLE, argv, { cwd: folder.path, environment: { HOME: '.' } });
  expect(exit).toBe(1);
  expect(stderr).toContain('cannot use HOME: its path must be absolute');
});

test('a HOMEPATH that nobody asks for, since there is a HOME, keeps no run from its work', async () => {
  const others = { HOME: '/nonexistent', USERPROFILE: '.', HOMEPATH: 'a' };
  expect(await run([], { ...ciEnvironment(sts.url), ...others })).toMatchObject({ exit: 0, stderr: '' });
});
