import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ci } from '../../support/accounts.ts';
import { generator, input, request, verdictOf } from '../../support/crossplane/request.ts';
import { startServer } from '../../support/crossplane/start-server.ts';
import { emittedSecrets } from '../../support/emitted.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { functionConfig, generatorItem, list } from '../../support/manifests.ts';
import { EXECUTABLE, runProcess } from '../../support/run-function.ts';
import { kubeconfigFor, startCluster, WITH_SERVICE_ACCOUNT } from '../../support/stand-in-cluster.ts';
import { until } from '../../support/start-process.ts';
import { createIssuer } from '../../support/sts/issuer.ts';
import { startSts } from '../../support/sts/start-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** What stands in the place of a file that the operator names, or that such a file names: who mounts or writes it has put it there. */
const BASE = 'arn:aws:iam::111111111111:role/base';
const TARGET = 'arn:aws:iam::123456789012:role/deployer';
const cluster = forAllTests(startCluster);
const files = forAllTests(async () => {
  const folder = temporaryFolder();
  const issuer = await createIssuer({ audiences: ['sts.amazonaws.com'] });
  folder.write('token', await issuer.serviceAccountToken({ namespace: 'ci', name: 'deploy' }));
  folder.write(
    'keys',
    `[default]\naws_access_key_id = ${ci.accessKeyId}\naws_secret_access_key = ${ci.secretAccessKey}\n`,
  );
  folder.write('policy', `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\ngrants: [{roles: ["${TARGET}"]}]\n`);
  folder.write('empty', '');
  folder.write('large', '');
  truncateSync(join(folder.path, 'large'), 17 << 20);
  execFileSync('mkfifo', [join(folder.path, 'pipe')]);
  symlinkSync('token', join(folder.path, '..data'));
  for (const [link, to] of [
    ['mounted', '..data'],
    ['zero', '/dev/zero'],
  ] as const)
    symlinkSync(to, join(folder.path, link));
  const base = { arn: BASE, trust: [{ principals: [ci.arn, BASE] }, { federated: issuer.issuer }] };
  const target = { arn: TARGET, trust: [{ principals: [BASE, ci.arn] }] };
  const sts = await startSts({ users: [ci], identityProviders: [issuer], roles: [base, target] });
  return {
    path: (name: string) => (name.startsWith('/') ? name : join(folder.path, name)),
    write: folder.write,
    sts,
    close: () => {
      folder.close();
      return sts.close();
    },
  };
});

/** Names of what is no file that ends: in the folder, or of the system. */
const UNFIT = ['pipe', 'zero', 'large', '/dev/zero', '/dev/full'];

type Environment = Readonly<Record<string, string>>;
const ONE = list(generatorItem());
const KEYS = { AWS_ACCESS_KEY_ID: ci.accessKeyId, AWS_SECRET_ACCESS_KEY: ci.secretAccessKey };

/** What reads for ever is ended by a signal, and has no exit code. */
async function run(environment: Environment, given = ONE, argv: readonly string[] = []) {
  const { exit, stdout, stderr } = await runProcess(EXECUTABLE, argv, {
    input: given,
    environment: { AWS_STS_ENDPOINT: files.sts.url, STS_FUNCTION_TIMEOUT: '20', ...environment },
    timeoutMilliseconds: 300_000,
  });
  return { exit, stderr, secrets: exit === 0 ? emittedSecrets(stdout).length : 0 };
}

const MADE = { exit: 0, stderr: '', secrets: 1 };

describe('a variable that names what may be read for ever is refused before anybody is asked', () => {
  const NAMES = [
    'AWS_CA_BUNDLE',
    'AWS_CONFIG_FILE',
    'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
    'AWS_SHARED_CREDENTIALS_FILE',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'KUBECONFIG',
    'NODE_EXTRA_CA_CERTS',
    'SOPS_AGE_KEY_FILE',
    'SSL_CERT_FILE',
    'STS_FUNCTION_POLICY',
  ];
  const rows = [...NAMES.map((name) => [name, 'pipe']), ...UNFIT.map((what) => ['AWS_WEB_IDENTITY_TOKEN_FILE', what])];
  test.each([...rows, ...UNFIT.map((what) => ['STS_FUNCTION_POLICY', what])] as [string, string][])(
    '%s: %s',
    async (name, what) => {
      const calls = files.sts.calls.length;
      const { exit, stderr } = await run({ ...KEYS, [name]: files.path(what) });
      expect({ exit, calls: files.sts.calls.length }).toEqual({ exit: 1, calls });
      expect(stderr).toMatch(/^error: cannot use [^\n]*\. \[SETTING_INVALID\]\n$/);
      expect(stderr).toContain(name);
      expect(stderr).toContain(files.path(what));
      expect(stderr).toMatch(/regular file|at most 16 MB/);
    },
  );

  test.each([
    ['its home', '.aws/config'],
    ['its home', '.aws/credentials'],
    ['its home', '.kube/config'],
  ])('%s: a pipe at %s', async (_, where) => {
    const { path: home, close } = temporaryFolder();
    execFileSync('sh', ['-c', `mkdir -p "$(dirname '${join(home, where)}')" && mkfifo '${join(home, where)}'`]);
    const { exit, stderr } = await run({ ...KEYS, HOME: home });
    close();
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: expect.stringContaining(`regular file of at most 16 MB`) });
  });

  test('a server does not start', async () => {
    const serve = ['serve', '--insecure', '--address', '127.0.0.1:0', '--health-address', '127.0.0.1:0'];
    const { exit, stderr } = await run({ AWS_WEB_IDENTITY_TOKEN_FILE: files.path('pipe') }, '', serve);
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: expect.stringContaining('AWS_WEB_IDENTITY_TOKEN_FILE') });
    const tls = ['serve', '--address', '127.0.0.1:0', '--health-address', '127.0.0.1:0', '--tls-certs-dir'];
    const folder = temporaryFolder();
    execFileSync(
      'mkfifo',
      ['tls.crt', 'tls.key', 'ca.crt'].map((name) => join(folder.path, name)),
    );
    const served = await run({}, '', [...tls, folder.path]);
    folder.close();
    expect(served).toMatchObject({ exit: 1, stderr: expect.stringContaining('it is no regular file') });
  });

  test.each<[string, () => Environment]>([
    ['nothing', () => ({ ...KEYS })],
    [
      'the empty device',
      () =>
        Object.fromEntries(
          [...NAMES.slice(1, 2), 'AWS_SHARED_CREDENTIALS_FILE', 'KUBECONFIG']
            .map((one) => [one, '/dev/null'])
            .concat(Object.entries(KEYS)),
        ),
    ],
    ['a link to the empty device', () => ({ ...KEYS, AWS_CONFIG_FILE: files.path('null') })],
    [
      'a file that is not there',
      () => ({ ...KEYS, AWS_CONFIG_FILE: files.path('none'), KUBECONFIG: files.path('none') }),
    ],
    ['a folder', () => ({ ...KEYS, SSL_CERT_DIR: files.path('.'), AWS_CONFIG_FILE: files.path('.') })],
    ['an empty file', () => ({ ...KEYS, AWS_CONFIG_FILE: files.path('empty') })],
    ['a file of keys', () => ({ AWS_SHARED_CREDENTIALS_FILE: files.path('keys') })],
    ['a token', () => ({ AWS_WEB_IDENTITY_TOKEN_FILE: files.path('token'), AWS_ROLE_ARN: BASE })],
    [
      'a token behind links, as it is mounted',
      () => ({ AWS_WEB_IDENTITY_TOKEN_FILE: files.path('mounted'), AWS_ROLE_ARN: BASE }),
    ],
    ['a Policy', () => ({ ...KEYS, STS_FUNCTION_POLICY: files.path('policy') })],
  ])('%s works as ever', async (_, environment) => {
    if (files.path('null')) execFileSync('ln', ['-sf', '/dev/null', files.path('null')]);
    expect(await run(environment())).toEqual(MADE);
  });
});

describe('a file that is named in one of them', () => {
  const profile = (path: string) => ({
    AWS_CONFIG_FILE: files.write('config', `[default]\nrole_arn = ${BASE}\nweb_identity_token_file = ${path}\n`),
  });
  test.each(UNFIT)('a token of a profile: %s', async (what) => {
    const { exit, stderr } = await run(profile(files.path(what)));
    expect({ exit, stderr }).toEqual({
      exit: 1,
      stderr: expect.stringContaining('`web_identity_token_file` of the profile "default" is no regular file'),
    });
  });
  test('a token of a profile, behind links, works as ever', async () => {
    expect(await run(profile(files.path('mounted')))).toEqual(MADE);
  });

  const identity = (path: string) =>
    list(generatorItem(), functionConfig(`  sessions: [{identity: {tokenFile: "${path}", role: "${BASE}"}}]\n`));
  test.each(UNFIT)('`identity.tokenFile`: %s', async (what) => {
    const { exit, stderr } = await run({}, identity(files.path(what)));
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: expect.stringMatching(/cannot get a token/) });
  });
  test('`identity.tokenFile` behind links works as ever', async () => {
    expect(await run({}, identity(files.path('mounted')))).toEqual(MADE);
  });

  const ofUser = (user: string) => cluster.kubeconfigText.replace('{token: CANARY-caller}', () => user);
  const kubeconfigs: Readonly<Record<string, (path: string) => string>> = {
    tokenFile: (path) => ofUser(`{tokenFile: ${path}}`),
    'a provider': (path) => ofUser(`{auth-provider: {name: file, config: {tokenFile: ${path}}}}`),
    'client-certificate': (path) => ofUser(`{client-certificate: ${path}, client-key: ${path}}`),
    'certificate-authority': (path) =>
      kubeconfigFor(`https://127.0.0.1:${cluster.port}`).replace('"}}]', `", certificate-authority: ${path}}}]`),
  };
  const ask = (text: string) =>
    run(
      {
        AWS_STS_ENDPOINT: cluster.sts.url,
        STS_FUNCTION_CLUSTER: 'context:ci',
        KUBECONFIG: files.write('kubeconfig', text),
      },
      WITH_SERVICE_ACCOUNT,
    );
  const rows = Object.keys(kubeconfigs).flatMap((name) => UNFIT.slice(0, 3).map((what) => [name, what] as const));
  test.each(rows)('%s of a kubeconfig: %s', async (name, what) => {
    const asked = cluster.requests.length;
    const { exit, stderr } = await ask(kubeconfigs[name]?.(files.path(what)) ?? '');
    expect({ exit, asked: cluster.requests.length }).toEqual({ exit: 1, asked });
    expect(stderr).toMatch(/the kubeconfig gives no credentials: a file or program that it names fails/);
  });
  test('tokenFile of a kubeconfig, behind links, works as ever', async () => {
    expect(await ask(kubeconfigs.tokenFile?.(files.path('mounted')) ?? '')).toEqual(MADE);
  });
});

describe('a program that prints without end, or never ends, is ended', () => {
  const script = (name: string, text: string) => files.write(name, `#!/bin/sh\n${text}\n`, 0o700);
  const config = (command: string) => ({
    AWS_CONFIG_FILE: files.write('config', `[default]\ncredential_process = ${command}\n`),
  });
  const isGone = (mark: string) => !execFileSync('ps', ['-eo', 'args']).toString().includes(mark);

  test.each<[string, () => Promise<{ exit: number | null; stderr: string }>]>([
    ['credential_process', () => run(config(script('endless', `exec yes ${'x'.repeat(20)}endless-process`)))],
    [
      'a plugin of a kubeconfig',
      () => {
        const command = script('login', `exec yes ${'x'.repeat(20)}endless-process`);
        const exec = `{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: ${command}}}`;
        const text = cluster.kubeconfigText.replace('{token: CANARY-caller}', () => exec);
        const KUBECONFIG = files.write('kubeconfig', text);
        return run(
          { AWS_STS_ENDPOINT: cluster.sts.url, STS_FUNCTION_CLUSTER: 'context:ci', KUBECONFIG },
          WITH_SERVICE_ACCOUNT,
        );
      },
    ],
  ])('%s', async (_, start) => {
    const { exit, stderr } = await start();
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: expect.stringMatching(/no credentials/) });
    expect(stderr).not.toContain('STS_FUNCTION_TIMEOUT');
    expect(isGone('endless-process')).toBe(true);
  });

  test('one that hangs holds up one call of a server, and not those after it', async () => {
    const marker = files.path('started');
    const keys = JSON.stringify({ Version: 1, AccessKeyId: ci.accessKeyId, SecretAccessKey: ci.secretAccessKey });
    const command = script(
      'hangs',
      `if mkdir '${marker}'; then echo $$ >'${marker}/pid'; exec sleep 600; fi\necho '${keys}'`,
    );
    const environment = { AWS_STS_ENDPOINT: files.sts.url, STS_FUNCTION_TIMEOUT: '2', ...config(command) };
    await using server = await startServer({ environment });
    const step = request({ input: input({ generators: [generator({ role: TARGET })] }) });
    expect(verdictOf((await server.reconcile(step)).response)).not.toMatchObject({ reason: 'Available' });
    const isAvailable = async () =>
      verdictOf((await server.reconcile(step)).response)?.reason === 'Available' || undefined;
    try {
      expect(await until('its credentials', 300, isAvailable)).toBe(true);
    } finally {
      process.kill(Number(readFileSync(join(marker, 'pid'), 'utf8')));
    }
  });
});
