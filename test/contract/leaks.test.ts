import { describe, expect, test } from '@jest/globals';
import { ci } from '../support/accounts.ts';
import { emittedSecrets, reveal } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { findLeaks, needlesOf } from '../support/leaks/find-leaks.ts';
import { functionConfig, GOOD_SPEC, generatorItem, list, secret } from '../support/manifests.ts';
import { type Ended, runFunction } from '../support/run-function.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import type { Fault } from '../support/sts/start-sts.ts';

const sts = forAllTests(startExampleSts);

const REFERENCE =
  'auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: id}, secretAccessKeySecretRef: {name: keys, key: secret}, sessionTokenSecretRef: {name: keys, key: token}}}';
const KEYS = [ci.accessKeyId, ci.secretAccessKey, 'canary-session-token/with+signs=='];
const input = list(
  generatorItem(`${GOOD_SPEC}, ${REFERENCE}`) + secret(`id: ${KEYS[0]}, secret: ${KEYS[1]}, token: ${KEYS[2]}`),
);
const withoutToken = list(
  generatorItem(`${GOOD_SPEC}, ${REFERENCE.replace(/, sessionTokenSecretRef.*?}/, '')}`) +
    secret(`id: ${KEYS[0]}, secret: ${KEYS[1]}`),
);

function expectNoLeak({ stdout, stderr }: Ended, given: string, values: readonly string[]): void {
  const results = stdout.startsWith(given) ? stdout.slice(given.length) : stdout;
  const needles = needlesOf(Object.fromEntries(values.map((value, index) => [`value ${index}`, value])));
  expect({ stderr: findLeaks(stderr, needles), results: findLeaks(results, needles) }).toEqual({
    stderr: [],
    results: [],
  });
}

describe('no byte of a key reaches standard error or results', () => {
  const faults: readonly Fault[] = [
    { kind: 'error', code: 'AccessDenied', status: 403, message: `denied for ${KEYS.join(' ')}` },
    { kind: 'error', code: 'ValidationError', status: 400, message: `bad ${KEYS.join(' ')}` },
    { kind: 'error', code: KEYS[1] ?? '', status: 400 },
    { kind: 's3Error', code: KEYS[1] ?? '', status: 403, message: KEYS[2] ?? '' },
    { kind: 'truncated' },
    { kind: 'reset', times: 5 },
  ];
  test.each(faults.map((fault) => [fault.kind, fault] as const))('after the fault "%s"', async (_, fault) => {
    sts.fail(fault);
    const ended = await runFunction(withoutToken, { environment: { AWS_STS_ENDPOINT: sts.url } });
    expect(ended.exit).toBe(1);
    expectNoLeak(ended, withoutToken, KEYS);
  });

  test.each([
    ['a session token that STS does not know', input],
    ['a key with a trailing newline', input.replace(`id: ${KEYS[0]}`, `id: "${KEYS[0]}\\n"`)],
    ['a key that is not base64', input.replace('stringData', 'data')],
    ['a repeated key in the Secret', input.replace('token:', 'id:')],
    ['YAML that is broken inside the Secret', input.replace('token:', '"token:')],
  ])('with %s', async (_, given) => {
    const ended = await runFunction(given, { environment: { AWS_STS_ENDPOINT: sts.url } });
    expect(ended.exit).toBe(1);
    expectNoLeak(ended, given, KEYS);
  });
});

test('keys of the environment and a session of STS reach nothing but the Secret', async () => {
  const given = list(generatorItem());
  const ended = await runFunction(given, { sts });
  expect(ended.exit).toBe(0);
  const [minted] = emittedSecrets(ended.stdout);
  const values = ['access_key_id', 'secret_access_key', 'session_token'].map((key) => reveal(minted ?? fail(), key));
  const elsewhere = ended.stdout.replaceAll(/^ {4}(access_key_id|secret_access_key|session_token): .*$/gm, '');
  expectNoLeak({ ...ended, stdout: elsewhere }, given, [...KEYS, ...values]);
});

describe('what belongs into a file, in the variable that names the file, is not repeated', () => {
  const keys = KEYS.map((key) => `${key}\n`).join('');
  test.each([
    ['SOPS_AGE_KEY_FILE', keys],
    ['AWS_SHARED_CREDENTIALS_FILE', `[default]\naws_access_key_id = ${KEYS[0]}\naws_secret_access_key = ${KEYS[1]}\n`],
    ['AWS_WEB_IDENTITY_TOKEN_FILE', keys],
    ['KUBECONFIG', `users:\n- user:\n    token: ${KEYS[1]}\n    password: ${KEYS[2]}\n`],
  ])('%s', async (name, text) => {
    const ended = await runFunction(input, { environment: { AWS_STS_ENDPOINT: sts.url, [name]: text } });
    expect(ended).toMatchObject({ exit: 1, stderr: expect.stringContaining(`cannot use ${name}: its path`) });
    expectNoLeak(ended, input, KEYS);
  });
});

test.each([
  ['a token in place of its variable', 'identity: {tokenEnv: "VALUE"}'],
  ['an external ID in place of its Secret', 'last: {externalIDFrom: {name: "VALUE", key: id}}'],
  ['an external ID in place of its key', 'last: {externalIDFrom: {name: partner, key: "VALUE"}}'],
])('%s is not repeated', async (_, entry) => {
  const value = 'eyJhbGciOiJSUzI1NiJ9.canary/of-a-token';
  const given = list(
    generatorItem(GOOD_SPEC),
    functionConfig(`  metadata: {name: options}\n  sessions:\n  - {${entry.replace('VALUE', value)}}\n`),
  );
  const ended = await runFunction(given, { sts });
  expect(ended).toMatchObject({ exit: 1, stderr: expect.stringContaining('which is not repeated here') });
  expectNoLeak(ended, given, [value]);
});

describe('no byte of a login, or of what a registry answers, reaches standard error or results', () => {
  const CANARIES = ['canary-login-password', 'canary-code-of-aws'];
  const login = Buffer.from(`AWS:${CANARIES[0]}`).toString('base64');
  const given = list(generatorItem('region: eu-west-1', { kind: 'ECRAuthorizationToken' }));
  const answers: readonly [string, string][] = [
    ['more than one login', JSON.stringify({ authorizationData: [{ authorizationToken: login }, {}] })],
    ['no endpoint', JSON.stringify({ authorizationData: [{ authorizationToken: login }] })],
    ['an endpoint that is none', data({ authorizationToken: login, proxyEndpoint: CANARIES[0] })],
    [
      'a password with white space',
      data({ authorizationToken: Buffer.from(`AWS:a ${CANARIES[0]}`).toString('base64') }),
    ],
    ['no password', data({ authorizationToken: Buffer.from(CANARIES[0] ?? '').toString('base64') })],
    ['three parts', data({ authorizationToken: Buffer.from(`a:${CANARIES[0]}:b`).toString('base64') })],
    ['JSON that is broken', `{"authorizationData": "${login}`],
  ];

  function data(login: object): string {
    const proxyEndpoint = 'https://123456789012.dkr.ecr.eu-west-1.amazonaws.com';
    return JSON.stringify({ authorizationData: [{ proxyEndpoint, expiresAt: 4102444800, ...login }] });
  }

  test.each(answers)('after an answer with %s', async (_, body) => {
    sts.fail({ kind: 'answer', status: 200, body });
    const ended = await runFunction(given, { sts });
    expect({ exit: ended.exit, said: /STS_MALFORMED/.test(ended.stdout) }).toEqual({ exit: 1, said: true });
    expectNoLeak(ended, given, [...CANARIES, login]);
  });

  test('after a refusal', async () => {
    const message = `denied for ${CANARIES[1]} ${login}`;
    sts.fail({ kind: 'error', code: 'AccessDenied', status: 400, message });
    const ended = await runFunction(given, { sts });
    expect(ended.exit).toBe(1);
    expectNoLeak(ended, given, [...CANARIES, login]);
  });
});

function fail(): never {
  throw new Error('no Secret was emitted');
}
