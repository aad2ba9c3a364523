import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../support/failure-of.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { close, listen } from '../../support/listen.ts';
import { makeIdentity } from '../../support/make-identity.ts';
import { functionConfig, GOOD_SPEC, generatorItem, list, OTHER } from '../../support/manifests.ts';
import { runFunction } from '../../support/run-function.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { withPatience } from '../../support/with-patience.ts';

// A proxy that makes no way, or an endpoint without TLS: it is said which, and never with a password.

const folder = forAllTests(temporaryFolder);
let bundle = '';
const sts = forAllTests(async () => {
  const tls = await makeIdentity({ isAuthority: true });
  bundle = folder.write('ca.pem', tls.cert);
  return startExampleSts({ tls });
});

let proxy: Server | undefined;
const clients: Duplex[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy(); // no server closes a tunnel
  if (proxy !== undefined) await close(proxy);
  proxy = undefined;
});

/** Starts a proxy that does so with each CONNECT; gives its URL with a password, and how often it was asked. */
async function startProxy(take: (client: Duplex, target: string, asked: number) => void) {
  let asked = 0;
  proxy = createServer().on('connect', (request, client) => {
    asked += 1;
    clients.push(client.on('error', () => {}));
    take(client, request.url ?? '', asked);
  });
  const host = `127.0.0.1:${await listen(proxy)}`;
  return { origin: `http://${host}`, HTTPS_PROXY: `http://user:canary@${host}`, asked: () => asked };
}

const input = list(generatorItem());
const answers = (line: string) => (client: Duplex) => void client.end(line === '' ? '' : `${line}\r\n\r\n`);
const ATTEMPTS = 5;

describe('a proxy that makes no way to STS', () => {
  test.each<[string, string, string, number, string]>([
    ['forbids', 'HTTP/1.1 403 Forbidden', 'HTTP 403', 1, 'NO_PROXY'],
    ['wants a password', 'HTTP/1.1 407 Proxy Authentication Required', 'HTTP 407', 1, 'Put user and password into'],
    ['has its own fault', 'HTTP/1.1 500 Internal Server Error', 'HTTP 500', ATTEMPTS, 'NO_PROXY'],
    ['finds no way', 'HTTP/1.1 502 Bad Gateway', 'HTTP 502', ATTEMPTS, 'NO_PROXY'],
    ['is busy', 'HTTP/1.1 503 Service Unavailable', 'HTTP 503', ATTEMPTS, 'NO_PROXY'],
    ['wants less', 'HTTP/1.1 429 Too Many Requests', 'HTTP 429', ATTEMPTS, 'NO_PROXY'],
    ['says nothing of HTTP', 'canary', 'no answer', ATTEMPTS, 'NO_PROXY'],
    ['breaks off', '', 'no answer', ATTEMPTS, 'NO_PROXY'],
  ])('is named: it %s', async (_, line, cause, attempts, cure) => {
    const { origin, HTTPS_PROXY, asked } = await startProxy(answers(line));
    const before = sts.calls.length;
    const ended = await runFunction(input, { sts, environment: { AWS_CA_BUNDLE: bundle, HTTPS_PROXY } });
    const { exit, lines, codes } = failureOf(ended, input);
    expect({ exit, codes, asked: asked() }).toEqual({ exit: 1, codes: ['STS_UNAVAILABLE'], asked: attempts });
    expect(lines[0]).toContain(`: the proxy "${origin}" does not connect to STS (${cause}). `);
    expect(lines[0]).toContain(cure);
    expect(ended.stdout + ended.stderr).not.toContain('canary');
    expect(sts.calls).toHaveLength(before);
  });

  test('is named with the cause: it is not there', async () => {
    const environment = { AWS_CA_BUNDLE: bundle, HTTPS_PROXY: 'http://user:canary@127.0.0.1:1' };
    const ended = await runFunction(input, { sts, environment });
    const [line] = failureOf(ended, input).lines;
    expect(line).toContain(': the proxy "http://127.0.0.1:1" does not connect to STS (ECONNREFUSED). ');
    expect(ended.stdout + ended.stderr).not.toContain('canary');
  });

  test('for a while is asked again, and then STS is', async () => {
    const { connect } = await import('node:net');
    const { HTTPS_PROXY } = await startProxy((client, target, asked) => {
      if (asked < 3) return void client.end('HTTP/1.1 503 Service Unavailable\r\n\r\n');
      const [host, port] = target.split(':');
      const upstream = connect(Number(port), host, () => {
        client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        upstream.pipe(client).pipe(upstream);
      });
      for (const socket of [client, upstream]) socket.on('error', () => [client, upstream].map((one) => one.destroy()));
    });
    const environment = { AWS_CA_BUNDLE: bundle, HTTPS_PROXY };
    expect(await runFunction(input, { sts, environment })).toMatchObject({ exit: 0, stderr: '' });
  });

  test('has not taken an MFA code, which is sent again', async () => {
    const mfa = 'serialNumber: "arn:aws:iam::111111111111:mfa/ci", tokenCode: "123456"';
    const session = list(generatorItem(`region: eu-west-1, requestParameters: {${mfa}}`, { kind: 'STSSessionToken' }));
    const { HTTPS_PROXY, asked } = await startProxy(answers('HTTP/1.1 503 Service Unavailable'));
    const ended = await runFunction(session, { sts, environment: { AWS_CA_BUNDLE: bundle, HTTPS_PROXY } });
    expect({ exit: ended.exit, asked: asked() }).toEqual({ exit: 1, asked: ATTEMPTS });
  });
});

test('a proxy that makes no way to an API server is named', async () => {
  const { origin, HTTPS_PROXY } = await startProxy(answers('HTTP/1.1 403 Forbidden'));
  const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: 'https://api.example.org'}}]
contexts: [{name: ci, context: {cluster: c, user: u}}]
users: [{name: u, user: {token: canary}}]
`;
  const reads =
    'auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: id}, secretAccessKeySecretRef: {name: keys, key: secret}}}';
  const asked = list(generatorItem(`${GOOD_SPEC}, ${reads}`), functionConfig('  cluster: {context: ci}\n'));
  const environment = { KUBECONFIG: folder.write('kubeconfig', kubeconfig), HTTPS_PROXY };
  const { lines, codes } = failureOf(await runFunction(asked, { sts, environment }), asked);
  expect(codes).toEqual(['CLUSTER_UNAVAILABLE']);
  expect(lines[0]).toContain(`the proxy "${origin}" makes no way to it (HTTP 403)`);
  expect(lines[0]).not.toContain('canary');
});

test.each([
  ['STS', input, {}],
  [
    "GitHub's token",
    list(generatorItem(), functionConfig('  sessions: [{identity: {github: {}}}]\n')),
    { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://github.example.org/token', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'canary' },
  ],
])('a proxy that never answers keeps nobody beyond the time of a run: %s', async (_, asked, more) => {
  const proxied = await startProxy(() => {});
  const environment = { ...more, AWS_CA_BUNDLE: bundle, HTTPS_PROXY: proxied.HTTPS_PROXY };
  const run = (patience: Readonly<Record<string, string>>) =>
    runFunction(asked, { sts, environment: { ...environment, ...patience } });
  const failure = failureOf(await withPatience(run, () => proxied.asked() > 0), asked);
  expect(failure).toMatchObject({ exit: 1, codes: ['DEADLINE_PASSED'] });
});

describe('an endpoint without TLS', () => {
  const planned = (environment: Record<string, string>) => runFunction(list(OTHER), { environment });

  test.each([
    { AWS_STS_ENDPOINT: 'http://sts.example.org' },
    { AWS_ENDPOINT_URL_STS: 'HTTP://user:canary@sts.example.org:4566/' },
    { AWS_ENDPOINT_URL: 'http://10.0.0.1:4566' },
    { AWS_ECR_ENDPOINT: 'http://localhost.example.org' },
    { AWS_ECR_PUBLIC_ENDPOINT: 'http://127.0.0.1.example.org' },
  ])('is a warning: %j', async (environment) => {
    const { exit, stderr } = await planned(environment as Record<string, string>);
    const [name] = Object.keys(environment);
    const line = `warning: the network can see credentials: ${name} is an http URL. Use https. [ENDPOINT_UNENCRYPTED]\n`;
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: line });
  });

  test.each([
    'http://localhost:1',
    'http://sts.localhost',
    'http://127.0.0.1:1',
    'http://127.9:1',
    'http://[::1]:1',
    'https://sts.example.org',
  ])('is none on this machine, or with TLS: %s', async (url) => {
    expect(await planned({ AWS_STS_ENDPOINT: url, AWS_ECR_ENDPOINT: url })).toMatchObject({ exit: 0, stderr: '' });
  });
});
