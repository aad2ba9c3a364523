import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Ready, Status } from '@crossplane-org/function-sdk-typescript';
import { describe, expect, test } from '@jest/globals';
import { ci } from '../support/accounts.ts';
import { applied, generator, input, request, verdictOf } from '../support/crossplane/request.ts';
import { startServer } from '../support/crossplane/start-server.ts';
import { forEachTest } from '../support/for-each-test.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { until } from '../support/start-process.ts';
import { withPatience } from '../support/with-patience.ts';

const looked = { 'Secret/team-a/acme-deployer': { items: [] } };
const CANCELLED = 1;
const DEADLINE_EXCEEDED = 4;
const RESOURCE_EXHAUSTED = 8;
const INTERNAL = 13;

const sts = forEachTest(startExampleSts);
const server = forEachTest(() => startServer({ sts, arguments: ['--debug'] }));

const untilSo = (isSo: () => boolean | Promise<boolean>) =>
  until('it to be so', 300, async () => (await isSo()) || undefined);

test('v1beta1 is served as v1 is', async () => {
  const response = await server.call(request({ requiredResources: looked }), { version: 'v1beta1' });
  expect(Object.keys(response.desired?.resources ?? {})).toEqual(['acme-deployer']);
});

describe('while STS does not answer', () => {
  test('a call that is cancelled cancels the request, and the next one starts anew', async () => {
    sts.fail({ kind: 'slow', delayMs: 60_000, times: 1 });
    const controller = new AbortController();
    const call = server.call(request({ requiredResources: looked }), { signal: controller.signal });
    const ended = expect(call).rejects.toMatchObject({ code: CANCELLED });
    await untilSo(() => sts.calls.length === 1);
    controller.abort();
    await ended;
    await untilSo(async () => /code="deadline"\} 1/.test((await server.get('/metrics')).text));
    const response = await server.call(request({ requiredResources: looked }));
    expect(Object.keys(response.desired?.resources ?? {})).toEqual(['acme-deployer']);
    expect(sts.calls.length).toBe(2);
  });

  test('twenty calls that wait for one session announce it once', async () => {
    sts.fail({ kind: 'slow', delayMs: 3000, times: 1 });
    const all = await Promise.all(
      Array.from({ length: 20 }, () => server.call(request({ requiredResources: looked }))),
    );
    const secrets = all.map(({ desired }) => desired?.resources['acme-deployer']?.resource?.data.session_token);
    expect({ calls: sts.calls.length, secrets: new Set(secrets).size }).toEqual({ calls: 1, secrets: 1 });
    expect((await server.get('/metrics')).text).toMatch(/^sts_function_sessions_issued_total 1$/m);
    await untilSo(() => server.stderr().split('"called"').length === 21);
    expect(server.stderr().split('"issued a session"')).toHaveLength(2);
  });

  test("a call's deadline is the request's too", async () => {
    sts.fail({ kind: 'slow', delayMs: 60_000, times: Infinity });
    expect(await requestsOf(['deployer'], 1)).toBe(1);
  });
});

/** How many requests a call for these generators makes until its deadline, which ends them; by then it must have had time for `least`. */
function requestsOf(names: readonly string[], least: number, environment = {}): Promise<number> {
  const requiredResources = Object.fromEntries(names.map((name) => [`Secret/team-a/acme-${name}`, { items: [] }]));
  const generators = names.map((name) => generator({}, { name }));
  const run = async ({ STS_FUNCTION_TIMEOUT: seconds }: { readonly STS_FUNCTION_TIMEOUT: string }) => {
    await using called = await startServer({ sts, environment });
    const before = sts.calls.length;
    const call = called.call(request({ input: input({ generators }), requiredResources }), {
      deadlineMilliseconds: 1000 * Number(seconds),
    });
    await expect(call).rejects.toMatchObject({ code: DEADLINE_EXCEEDED });
    const made = sts.calls.length - before;
    const ended = `code="deadline"} ${names.length}\n`; // those too that waited for their turn
    if (made > 0) await untilSo(async () => (await called.get('/metrics')).text.includes(ended));
    return made;
  };
  return withPatience(run, (made) => made >= least);
}

test('of the generators of a call, as many are asked for at once as STS_FUNCTION_CONCURRENCY says', async () => {
  sts.fail({ kind: 'slow', delayMs: 60_000, times: Infinity });
  const names = Array.from({ length: 10 }, (_, index) => `g${index}`);
  expect(await requestsOf(names, 3, { STS_FUNCTION_CONCURRENCY: '3' })).toBe(3);
});

describe('sizes', () => {
  const deep = (maps: number) => {
    const spec = Array.from({ length: maps }).reduce<object>((inner) => ({ a: inner }), {});
    const resource = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', spec };
    return request({ desired: { resources: { deep: { resource } } }, requiredResources: looked });
  };

  test('a manifest of 950 maps in each other passes as it is, one of 1000 is refused', async () => {
    const asked = deep(950);
    const response = await server.call(asked);
    const passed = response.desired?.resources.deep?.resource;
    expect(JSON.stringify(passed)).toBe(JSON.stringify(asked.desired?.resources.deep?.resource));
    expect(Object.keys(response.desired?.resources ?? {})).toEqual(['deep', 'acme-deployer']);
    const unreadable = { code: INTERNAL, details: 'cannot read the request' };
    await expect(server.call(deep(1000))).rejects.toMatchObject(unreadable);
    await expect(server.call(asked, { rewrite: () => Buffer.from('none') })).rejects.toMatchObject(unreadable);
    const told = () => server.stderr().split('"message":"a request cannot be read"').length - 1;
    await untilSo(() => told() === 2);
    expect(server.stderr()).not.toContain('has a fault');
  });

  const large = (megabytes: number) => {
    const resource = { apiVersion: 'v1', kind: 'ConfigMap', data: { a: 'x'.repeat(megabytes << 20) } };
    return request({ desired: { resources: { large: { resource } } }, requiredResources: looked });
  };

  test('more than 4 MiB is refused, and with the flag it passes', async () => {
    await expect(server.call(large(5))).rejects.toMatchObject({ code: RESOURCE_EXHAUSTED });
    await using wider = await startServer({ sts, arguments: ['--max-recv-message-size', '8'] });
    const { desired } = await wider.call(large(5));
    expect(Object.keys(desired?.resources ?? {})).toEqual(['large', 'acme-deployer']);
  });
});

test('SIGTERM: the call under way is answered, no other is taken, and the exit code is 0', async () => {
  const { promise, resolve: release } = Promise.withResolvers<void>();
  sts.fail({ kind: 'held', until: promise });
  const call = server.call(request({ requiredResources: looked }));
  await untilSo(() => sts.calls.length === 1);
  const stopped = server.stop();
  await untilSo(async () => (await server.get('/readyz').catch(() => ({ status: 503 }))).status === 503);
  release();
  const { desired } = await call;
  expect(Object.keys(desired?.resources ?? {})).toEqual(['acme-deployer']);
  expect(await stopped).toBe(0);
});

test('SIGTERM: another signal ends it at once, with the call under way', async () => {
  const { promise, resolve: release } = Promise.withResolvers<void>();
  sts.fail({ kind: 'held', until: promise });
  const call = expect(server.call(request({ requiredResources: looked }))).rejects.toThrow();
  await untilSo(() => sts.calls.length === 1);
  const stopped = server.stop();
  await untilSo(async () => (await server.get('/readyz').catch(() => ({ status: 503 }))).status === 503);
  process.kill(server.pid, 'SIGINT');
  expect(await stopped).toBe('SIGINT');
  await call;
  release();
});

test('SIGTERM: a connection that nobody closes does not hold it', async () => {
  const silent = connect(server.port, '127.0.0.1'); // reads nothing, so that it does not see the end either
  silent.on('error', () => {}); // a server that ends before it has taken the connection resets it
  await once(silent, 'connect');
  const exit = await server.stop(); // which ends with SIGKILL what stays
  silent.destroy();
  expect(exit).toBe(0);
});

test('placeholders are for a preview: nobody is asked, nothing is ready, and no session is announced', async () => {
  await using preview = await startServer({ sts, environment: { STS_FUNCTION_MODE: 'placeholder' } });
  const { desired, results, conditions } = await preview.call(request({ requiredResources: looked }));
  expect(conditions).toMatchObject([{ status: Status.STATUS_CONDITION_FALSE, reason: 'Placeholders' }]);
  expect(conditions[0]?.message).toContain('have no credentials');
  const { resource, ready } = desired?.resources['acme-deployer'] ?? {};
  expect(resource?.data.access_key_id).toBe(Buffer.from('placeholder').toString('base64'));
  expect({ ready, results, calls: sts.calls }).toEqual({ ready: Ready.READY_FALSE, results: [], calls: [] });
  const made = (await server.reconcile(request())).response.desired?.resources['acme-deployer']?.resource;
  const kept = await preview.call(request({ observedResources: { 'acme-deployer': applied(made) } }));
  expect(verdictOf(kept)?.reason).toBe('Available'); // it is no placeholder
});

test('health and metrics, without a word of whose they are', async () => {
  await server.call(request({ requiredResources: looked }));
  expect(await server.get('/healthz')).toEqual({ status: 200, text: 'ok\n' });
  expect((await server.get('/nothing')).status).toBe(404);
  const { text } = await server.get('/metrics');
  expect(text).toMatch(/^sts_function_sts_calls_total\{operation="AssumeRole",code="OK"\} 1$/m);
  expect(text).toMatch(/^sts_function_calls_total\{outcome="good"\} 1$/m);
  expect(text).toMatch(/^sts_function_late_secrets 0$/m);
  expect(text).toMatch(/^sts_function_last_call_timestamp_seconds 1\d{9}/m);
  expect(text).not.toMatch(/arn:|acme|123456789012/);
});

test('a head of more than 16 kB is refused on the health address, and a body is not waited for', async () => {
  const socket = connect(server.healthPort, '127.0.0.1');
  socket.end(`GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 431 /);
  const posted = connect(server.healthPort, '127.0.0.1');
  posted.write('POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nx');
  expect(String((await once(posted, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 /);
  posted.destroy();
});

test('the log is JSON with names and no byte of a session', async () => {
  const { desired } = await server.call(request({ requiredResources: looked }));
  const data: Record<string, string> = desired?.resources['acme-deployer']?.resource?.data;
  expect(Object.keys(data).length).toBe(4);
  await untilSo(() => server.stderr().includes('"called"'));
  const lines = server
    .stderr()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { message: string });
  expect(lines.map(({ message }) => message)).toContain('issued a session');
  for (const [key, base64] of Object.entries(data)) {
    if (key === 'expiration') continue;
    expect(server.stderr()).not.toContain(base64.slice(0, 24));
    expect(server.stderr()).not.toContain(Buffer.from(base64, 'base64').toString().slice(0, 16));
  }
  expect(server.stderr()).not.toContain(ci.secretAccessKey);
});
