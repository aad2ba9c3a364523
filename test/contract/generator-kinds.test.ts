import { describe, expect, test } from '@jest/globals';
import { ci, roles } from '../support/accounts.ts';
import { type EmittedSecret, emittedSecrets, reveal } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { generatorItem, list, secret } from '../support/manifests.ts';
import { runFunction } from '../support/run-function.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { type RecordedCall, startSts } from '../support/sts/start-sts.ts';
import { callerOf } from '../support/sts/testing/ask.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** STSSessionToken and ECRAuthorizationToken through the built executable. */

const DEVICE = 'arn:aws:iam::111111111111:mfa/ci';
const CODE = '123456';
const DEPLOYER = 'arn:aws:iam::123456789012:role/deployer';
const HUB = 'arn:aws:iam::111111111111:role/hub';

const reader = { arn: 'arn:aws:iam::222222222222:role/reader', trust: [{ principals: [HUB] }] };
const mfa = { serialNumber: DEVICE, tokenCode: CODE };
const sts = forAllTests(() => startSts({ users: [{ ...ci, mfa }], roles: [...roles, reader] }));
const folder = forAllTests(temporaryFolder);

async function run(input: string, environment: Readonly<Record<string, string>> = {}, start = runInProcess) {
  const before = sts.calls.length;
  const ended = await start(input, { sts, environment });
  return { ...ended, calls: sts.calls.slice(before) };
}

/** Runs to success: the Secrets, the calls, and the output as the next run's input. */
async function mint(input: string, environment: Readonly<Record<string, string>> = {}) {
  const { exit, stderr, stdout, calls } = await run(input, environment);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  return { secrets: emittedSecrets(stdout), calls, stdout };
}

const registry = (spec: string, name = 'registry') => generatorItem(spec, { kind: 'ECRAuthorizationToken', name });
const session = (spec: string) => generatorItem(spec, { kind: 'STSSessionToken', name: 'me' });
const options = (fields: string) =>
  `functionConfig: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, ${fields}}\n`;
const entry = (fields: string) =>
  options(`sessions: [{match: {kinds: [STSSessionToken, ECRAuthorizationToken]}, ${fields}}]`);
const valuesOf = (secret: EmittedSecret | undefined) =>
  Object.fromEntries(Object.keys(secret?.data ?? {}).map((key) => [key, secret && reveal(secret, key)]));
const asked = ({ operation, region, callerArn }: RecordedCall) => [operation, region, callerArn?.split('/').at(-1)];

describe('a registry', () => {
  test("gives the keys of External Secrets' generator, and a second run asks for nothing", async () => {
    const { secrets, calls, stdout } = await mint(list(registry(`region: eu-west-1, role: "${DEPLOYER}"`)));
    const { expires_at, ...values } = valuesOf(secrets[0]);
    expect(values).toEqual({
      username: 'AWS',
      password: expect.stringMatching(/^[A-Za-z0-9+/=]{100,}$/),
      proxy_endpoint: 'https://123456789012.dkr.ecr.eu-west-1.amazonaws.com',
    });
    const end = secrets[0]?.metadata.annotations['sts.fn.crossplane.io/expiration'] ?? '';
    expect(Number(expires_at) * 1000).toBe(Date.parse(end));
    expect(secrets[0]?.type).toBe('Opaque');
    expect(calls.map(asked)).toEqual([
      ['AssumeRole', 'eu-west-1', 'ci'],
      ['GetAuthorizationToken', 'eu-west-1', 'team-a.registry'],
    ]);
    expect(await run(stdout)).toMatchObject({ exit: 0, stdout, calls: [] });
  });

  test('of the public ones has no endpoint, and is asked in us-east-1 whatever the region', async () => {
    const { secrets, calls } = await mint(list(registry('region: eu-west-1, scope: public')));
    expect(Object.keys(valuesOf(secrets[0]))).toEqual(['username', 'password', 'expires_at']);
    expect(calls).toMatchObject([{ service: 'ecr-public', region: 'us-east-1', callerArn: ci.arn }]);
  });

  test('is asked behind a chain, whose last role says who asks', async () => {
    const input = list(
      registry('region: eu-west-1, role: "arn:aws:iam::222222222222:role/reader"'),
      entry(`via: ["${HUB}"], last: {sessionDuration: 900}`),
    );
    const { secrets, calls } = await mint(input);
    expect(calls.map(asked)).toEqual([
      ['AssumeRole', 'eu-west-1', 'ci'],
      ['AssumeRole', 'eu-west-1', 'function-sts-assume-role'],
      ['GetAuthorizationToken', 'eu-west-1', 'team-a.registry'],
    ]);
    expect(valuesOf(secrets[0]).proxy_endpoint).toBe('https://222222222222.dkr.ecr.eu-west-1.amazonaws.com');
  });

  test('is asked with keys of a session in a Secret', async () => {
    const held = (await mint(list(generatorItem(`region: eu-west-1, role: "${DEPLOYER}"`)))).secrets[0];
    const reference = (key: string) => `{name: keys, key: ${key}}`;
    const auth = `auth: {secretRef: {accessKeyIDSecretRef: ${reference('access_key_id')}, secretAccessKeySecretRef: ${reference('secret_access_key')}, sessionTokenSecretRef: ${reference('session_token')}}}`;
    const keys = Object.entries(held?.data ?? {}).map(([key, value]) => `${key}: ${value}`);
    const input = list(registry(`region: eu-west-1, ${auth}`) + secret(keys.join(', '), { field: 'data' }));
    const { calls } = await mint(input, { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' });
    expect(calls.map(asked)).toEqual([['GetAuthorizationToken', 'eu-west-1', 'team-a.deployer']]);
  });

  test('is asked once for generators that ask alike', async () => {
    const two = registry('region: eu-west-1', 'a') + registry('region: eu-west-1', 'b');
    const { secrets, calls } = await mint(list(two));
    expect(calls).toHaveLength(1);
    expect(valuesOf(secrets[0])).toEqual(valuesOf(secrets[1]));
  });

  test('is asked again after throttling and an error of the server', async () => {
    sts.fail({ kind: 'throttle', operation: 'GetAuthorizationToken' });
    sts.fail({ kind: 'unavailable', status: 500, body: 'xml', operation: 'GetAuthorizationToken' });
    const { calls } = await mint(list(registry('region: eu-west-1')));
    expect(calls.map(({ outcome }) => outcome)).toEqual(['ThrottlingException', 'InternalFailure', 'ok']);
  });

  test('is waited for as a new role is: its policy is not known everywhere at once', async () => {
    sts.fail({ kind: 'error', code: 'AccessDenied', status: 400, operation: 'GetAuthorizationToken' });
    const { calls } = await mint(list(registry('region: eu-west-1'), options('awaitRoles: 10s')));
    expect(calls.map(({ outcome }) => outcome)).toEqual(['AccessDeniedException', 'ok']);
  });

  test('goes as a pull secret into several namespaces, from one login', async () => {
    const secrets = 'secrets: [{name: pull, namespaces: [team-a, team-b], format: dockerConfigJson}]';
    const first = await mint(list(registry(`region: eu-west-1, role: "${DEPLOYER}"`), entry(secrets)));
    expect(first.calls).toHaveLength(2);
    expect(
      first.secrets.map(({ metadata: { namespace }, type, data }) => [namespace, type, Object.keys(data)]),
    ).toEqual([
      ['team-a', 'kubernetes.io/dockerconfigjson', ['.dockerconfigjson']],
      ['team-b', 'kubernetes.io/dockerconfigjson', ['.dockerconfigjson']],
    ]);
    const [{ '.dockerconfigjson': one = '' }, { '.dockerconfigjson': other }] = first.secrets.map(valuesOf) as [
      Record<string, string>,
      Record<string, string>,
    ];
    expect(one).toBe(other);
    const { auths } = JSON.parse(one) as {
      auths: Record<string, { username: string; password: string; auth: string }>;
    };
    const [[host, login] = ['', undefined]] = Object.entries(auths);
    expect([Object.keys(auths).length, host]).toEqual([1, '123456789012.dkr.ecr.eu-west-1.amazonaws.com']);
    expect(Buffer.from(login?.auth ?? '', 'base64').toString()).toBe(`AWS:${login?.password}`);
    expect(await run(first.stdout)).toMatchObject({ exit: 0, stdout: first.stdout, calls: [] });

    const due = first.stdout.replaceAll(/(renew-after: )"[^"]+"/g, '$1"2020-01-01T00:00:00Z"');
    const again = await mint(due);
    expect(again.calls).toHaveLength(2);
    expect(again.secrets.map(({ type }) => type)).toEqual(Array(2).fill('kubernetes.io/dockerconfigjson'));
  });

  test('of the public ones is public.ecr.aws in a pull secret', async () => {
    const input = list(registry('region: us-east-1, scope: public'), entry('secrets: [{format: dockerConfigJson}]'));
    const { secrets } = await mint(input);
    expect(Object.keys(JSON.parse(valuesOf(secrets[0])['.dockerconfigjson'] ?? '').auths)).toEqual(['public.ecr.aws']);
  });

  test('has placeholders that an API server takes, and minting replaces them', async () => {
    const input = list(
      registry('region: eu-west-1') + registry('region: eu-west-1, scope: public', 'public'),
      options(
        'sessions: [{match: {kinds: [ECRAuthorizationToken], names: [registry]}, secrets: [{format: dockerConfigJson}]}]',
      ),
    );
    const preview = await run(input, { STS_FUNCTION_MODE: 'placeholder' });
    expect(preview).toMatchObject({ exit: 0, calls: [] });
    expect(emittedSecrets(preview.stdout).map((one) => [one.type, valuesOf(one)])).toEqual([
      ['kubernetes.io/dockerconfigjson', { '.dockerconfigjson': '{"auths":{}}' }],
      ['Opaque', { username: 'placeholder', password: 'placeholder' }],
    ]);
    const items = preview.stdout.replace(/^results:\n(?:[- ].*\n)*/m, '');
    const minted = await mint(items);
    expect(minted.secrets.map((one) => Object.keys(one.data))).toEqual([
      ['.dockerconfigjson'],
      ['username', 'password', 'expires_at'],
    ]);
  });
});

describe('a session token', () => {
  const mfa = (code: string) =>
    session(`region: eu-west-1, requestParameters: {serialNumber: "${DEVICE}", tokenCode: "${code}"}`);
  const due = (text: string) => text.replace(/(renew-after: )"[^"]+"/, '$1"2020-01-01T00:00:00Z"');

  test('is the session of the user that asks, for twelve hours unless somebody asks for more', async () => {
    const { secrets, calls } = await mint(list(session('region: eu-west-1')));
    const [one] = secrets;
    expect(Object.keys(valuesOf(one))).toEqual(['access_key_id', 'secret_access_key', 'session_token', 'expiration']);
    expect(one && (await callerOf(sts.url, one))).toBe(ci.arn);
    expect(calls).toMatchObject([{ operation: 'GetSessionToken', parameters: { DurationSeconds: '43200' } }]);
    const longest = await mint(list(session('region: eu-west-1, requestParameters: {sessionDuration: 129600}')));
    expect(longest.calls).toMatchObject([{ parameters: { DurationSeconds: '129600' } }]);
    expect(await run(longest.stdout)).toMatchObject({ exit: 0, calls: [] });
  });

  test('comes from keys in a Secret too', async () => {
    const reference = (key: string) => `{name: keys, key: ${key}}`;
    const auth = `auth: {secretRef: {accessKeyIDSecretRef: ${reference('id')}, secretAccessKeySecretRef: ${reference('secret')}}}`;
    const keys = secret(`id: ${ci.accessKeyId}, secret: ${ci.secretAccessKey}`);
    const input = list(session(`region: eu-west-1, ${auth}`) + keys);
    const { secrets } = await mint(input, { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' });
    const [one] = secrets;
    expect(one && (await callerOf(sts.url, one))).toBe(ci.arn);
  });

  test('takes an MFA code once: a Secret that is good asks for nothing, whatever code its spec has by then', async () => {
    const { stdout, calls } = await mint(list(mfa(CODE)));
    expect(calls).toMatchObject([{ parameters: { SerialNumber: DEVICE } }]);
    expect(await run(stdout)).toMatchObject({ exit: 0, stdout, calls: [] });
    const other = stdout.replace(CODE, '654321');
    expect(await run(other)).toMatchObject({ exit: 0, stdout: other, calls: [] });
    const renewed = await run(due(other));
    expect(renewed).toMatchObject({ exit: 0, calls: [{ outcome: 'AccessDenied' }] });
    expect(renewed.stderr).toMatch(
      /^warning: Secret "team-a\/me" is not renewed, and stays as it is while it is valid: .*: AccessDenied\. Set `tokenCode` to the code .*\n$/,
    );
    expect(renewed.stderr).not.toContain('654321');
  });

  test.each([
    ['a connection that broke', { kind: 'reset' }, 1],
    ['an error of the server', { kind: 'unavailable', status: 500, body: 'xml' }, 1],
    ['throttling', { kind: 'throttle' }, 2],
  ] as const)(
    'is not asked for twice with one code after %s, unless AWS cannot have taken it',
    async (_, fault, calls) => {
      sts.fail({ ...fault, operation: 'GetSessionToken' });
      const ended = await run(list(mfa(CODE)), {}, runFunction); // connections that were kept are the process's
      expect({ exit: ended.exit, calls: ended.calls.length }).toEqual({ exit: calls === 1 ? 1 : 0, calls });
      sts.fail({ ...fault, operation: 'GetSessionToken' });
      const other = await run(list(session('region: eu-west-1')), {}, runFunction);
      expect(other).toMatchObject({ exit: 0, calls: [{}, { outcome: 'ok' }] });
    },
  );

  test('is refused to a session that the default chain finds, before AWS is asked for it', async () => {
    const profile = `[profile hub]\nrole_arn = ${HUB}\ncredential_source = Environment\nregion = eu-west-1\n`;
    const { exit, stderr, calls } = await run(list(session('region: eu-west-1')), {
      AWS_PROFILE: 'hub',
      AWS_CONFIG_FILE: folder.write('config', profile),
      AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
    });
    expect(exit).toBe(1);
    expect(stderr).toBe(
      'error: cannot get a session token (hop 1 of 1, sts:GetSessionToken) for STSSessionToken "team-a/me": the SDK\'s default chain found temporary keys, and AWS gives session tokens only to an IAM user\'s long-term keys. Use STSAssumeRoleToken, or long-term keys. [KEYS_TEMPORARY]\n',
    );
    expect(calls.map(({ operation }) => operation)).toEqual(['AssumeRole']);
  });
});

const asDocument = (item: string) => item.replaceAll(/^(?:- | {2})/gm, '');

test('`plan -o json` names the call at the end, and asks nobody', async () => {
  const before = sts.calls.length;
  const item = registry(`region: eu-west-1, scope: public, role: "${DEPLOYER}"`);
  const file = folder.write('plan.yaml', asDocument(item));
  const { exit, stdout } = await runInProcess('', { arguments: ['plan', '-o', 'json', file] });
  expect({ exit, calls: sts.calls.length - before }).toEqual({ exit: 0, calls: 0 });
  expect(JSON.parse(stdout).secrets).toMatchObject([
    {
      generator: { kind: 'ECRAuthorizationToken', name: 'registry', namespace: 'team-a' },
      action: 'issue',
      hops: [
        { role: DEPLOYER, region: 'eu-west-1' },
        { operation: 'ecr-public:GetAuthorizationToken', region: 'us-east-1' },
      ],
      lifetime: 43_200,
    },
  ]);
  const table = await runInProcess('', { arguments: ['plan', file] });
  expect(table.stdout).toContain('deployer');
});

test('`render` prints logins like sessions', async () => {
  const file = folder.write('render.yaml', asDocument(registry('region: eu-west-1')));
  const { exit, stdout } = await runInProcess('', { sts, arguments: ['render', file] });
  expect({ exit, keys: emittedSecrets(stdout).map(({ data }) => Object.keys(data)) }).toEqual({
    exit: 0,
    keys: [['username', 'password', 'proxy_endpoint', 'expires_at']],
  });
});

test('`expectAccount` is asked for before a call without a role too', async () => {
  const { exit, stderr, calls } = await run(list(session('region: eu-west-1'), entry('expectAccount: "222222222222"')));
  expect({ exit, calls: calls.map(({ operation }) => operation) }).toEqual({ exit: 1, calls: ['GetCallerIdentity'] });
  expect(stderr).toMatch(/^error: cannot use STSSessionToken "team-a\/me": the identity .* is not of account/);
});

describe('the operator', () => {
  const policy = (grant: string) => {
    const text = `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\ngrants: [${grant}]\n`;
    return { STS_FUNCTION_POLICY: folder.write('policy.yaml', text) };
  };

  test.each([
    ['without a role', 'region: eu-west-1', `{roles: ["${DEPLOYER}"]}`, 1],
    ['without a role, granted', 'region: eu-west-1', '{withoutRole: [ECRAuthorizationToken]}', 0],
    ['without a role, another kind granted', 'region: eu-west-1', '{withoutRole: [STSSessionToken]}', 1],
    ['with a role', `region: eu-west-1, role: "${DEPLOYER}"`, `{roles: ["${DEPLOYER}"]}`, 0],
    [
      'with a role that is not granted',
      `region: eu-west-1, role: "${DEPLOYER}"`,
      '{withoutRole: [ECRAuthorizationToken]}',
      1,
    ],
  ])('grants a login %s', async (_, spec, grant, exit) => {
    const ended = await run(list(registry(spec)), policy(grant));
    expect({ exit: ended.exit, asked: ended.calls.length > 0 }).toEqual({ exit, asked: exit === 0 });
    expect(ended.stderr).toMatch(exit === 0 ? /^$/ : /^error: cannot use .*the Policy of this run does not grant/);
  });
});
