import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'node:tls';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { ci, roles } from '../support/accounts.ts';
import { forEachTest } from '../support/for-each-test.ts';
import { findLeaks, type Needles, needlesOf } from '../support/leaks/find-leaks.ts';
import { sendBytes, startTalking } from '../support/leaks/modes.ts';
import { onceAsking } from '../support/leaks/once-asking.ts';
import { linesOfKey, newAccessKeyId, newCanary } from '../support/leaks/secret-sources.ts';
import { makeIdentity, writeServerFolder } from '../support/make-identity.ts';
import { generatorItem, list } from '../support/manifests.ts';
import { CLEAN_ENVIRONMENT, runFunction, runProcess, SCRIPT, startFunction } from '../support/run-function.ts';
import { startSts } from '../support/sts/start-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What a process leaves behind that is ended, breaks, or is made to talk by its surroundings. */
const input = list(generatorItem());

const user = { ...ci, accessKeyId: newAccessKeyId(), secretAccessKey: newCanary() };
const sts = forEachTest(() => startSts({ users: [user], roles }));
const folder = forEachTest(temporaryFolder);
let environment: Record<string, string>;
let needles: Needles;
beforeEach(() => {
  const [token, password] = [newCanary(), newCanary()];
  environment = {
    ...{ AWS_STS_ENDPOINT: sts.url, AWS_ACCESS_KEY_ID: user.accessKeyId, AWS_SECRET_ACCESS_KEY: user.secretAccessKey },
    ...{ OTHER_TOKEN: token, HOME: folder.path, TMPDIR: folder.path },
  };
  needles = needlesOf({ 'access key ID': user.accessKeyId, 'secret key': user.secretAccessKey, token, password });
});

const leaksOf = (texts: Readonly<Record<string, string>>) =>
  Object.entries(texts).flatMap(([where, text]) => findLeaks(text, needles).map((what) => `${where}: ${what}`));

/** Waits until STS was asked; the test's own time limit bounds it. */
async function untilAsked(): Promise<void> {
  while (sts.calls.length === 0) await delay(20);
}

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s while STS is asked', async (signal) => {
  sts.fail({ kind: 'slow', delayMs: 60_000 });
  const { child, stderr: written } = startFunction({ environment });
  child.stdin?.end(input);
  const said = Promise.all([text(child.stdout ?? Readable.from([])), written]);
  await untilAsked();
  child.kill(signal);
  const [stdout, stderr] = await said;
  expect({ stdout, leaks: leaksOf({ stderr, ...folder.read() }) }).toEqual({ stdout: '', leaks: [] });
});

const fault = (what: string) =>
  `error: cannot finish: this function has a fault (${what}). Please report it. [INTERNAL]\n`;
const REFUSAL =
  'error: cannot keep tokens secret: NODE_DEBUG makes Node.js print what is sent. Unset it. [USAGE_INVALID]\n';

describe('the script on Node.js', () => {
  test('a diagnostic report has no environment', async () => {
    sts.fail({ kind: 'slow', delayMs: 60_000 });
    const options = ['--report-on-signal', '--report-signal=SIGUSR2', `--report-directory=${folder.path}`];
    const env = { ...CLEAN_ENVIRONMENT, ...environment, NODE_OPTIONS: options.join(' ') };
    const child = spawn(SCRIPT, { env, stdio: ['pipe', 'ignore', 'ignore'], timeout: 300_000 });
    child.stdin.end(input);
    await untilAsked();
    child.kill('SIGUSR2');
    const reports = () => Object.entries(folder.read()).filter(([name]) => name.startsWith('report.'));
    while (!reports().some(([, text]) => text.trimEnd().endsWith('}'))) await delay(20);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(leaksOf(folder.read())).toEqual([]);
  });

  test.each(['throw', 'Promise.reject'])('an error that nobody catches, by %s, is not repeated', async (how) => {
    const error = `new Error(Object.values(process.env).join(' '))`;
    const thrown = how === 'throw' ? `throw ${error}` : `${how}(${error})`;
    folder.write('fault.cjs', onceAsking(thrown));
    sts.fail({ kind: 'slow', delayMs: 60_000 });
    const flags = ['--require', join(folder.path, 'fault.cjs'), '--report-uncaught-exception'];
    const options = { input, environment: { ...environment, NODE_OPTIONS: flags.join(' ') }, cwd: folder.path };
    const { exit, stdout, stderr } = await runProcess(SCRIPT, [], options);
    expect({ exit, stdout, stderr }).toEqual({
      exit: 1,
      stdout: '',
      stderr: fault('Error'),
    });
    expect(leaksOf(folder.read())).toEqual([]);
  });
});

test('a run that waits for nothing any more is no success', async () => {
  folder.write(
    'stuck.cjs',
    "require('node:http').Agent.prototype.addRequest = () => {};\nconst set = setTimeout; globalThis.setTimeout = (...of) => set(...of).unref();\n",
  );
  const options = { ...environment, NODE_OPTIONS: `--require ${join(folder.path, 'stuck.cjs')}` };
  const { exit, stdout, stderr } = await runProcess(SCRIPT, [], { input, environment: options });
  expect({ exit, stdout, stderr: stderr.replace(/(?<=main\.ts:)\d+/, 'N') }).toEqual({
    exit: 1,
    stdout: '',
    stderr: fault('Error at function/main.ts:N'),
  });
});

describe('NODE_DEBUG', () => {
  test.each(['http', 'HTTPS', 'http2', 'net', 'tls', 'stream', '*', 'timer,h*', 'http2,none'])(
    '=%s is refused, by each build in the same words',
    async (parts) => {
      const ended = await runFunction(input, { environment: { ...environment, NODE_DEBUG: parts } });
      expect({ ...ended, calls: sts.calls }).toEqual({
        ...{ exit: 2, signal: null, stdout: '', calls: [] },
        stderr: expect.stringContaining(REFUSAL), // Node.js has words of its own about `http`, and with `*` about modules
      });
      expect(leaksOf({ stderr: ended.stderr })).toEqual([]);
    },
  );

  test.each(['timer,module,dns,fetch', 'https_,xhttp', ''])("=%s is nobody's business", async (parts) => {
    const { exit, stderr } = await runFunction(input, { environment: { ...environment, NODE_DEBUG: parts } });
    expect({ exit, leaks: leaksOf({ stderr }) }).toEqual({ exit: 0, leaks: [] });
  });
});

test('what other tools are made to talk by prints nothing', async () => {
  const talking = {
    DEBUG: '*',
    BUN_CONFIG_VERBOSE_FETCH: 'curl',
    AWS_DEBUG: '1',
    GRPC_TRACE: 'all',
    NODE_DEBUG_NATIVE: 'none',
  };
  const ended = await runFunction(input, { environment: { ...environment, ...talking } });
  expect({ exit: ended.exit, stderr: ended.stderr }).toEqual({ exit: 0, stderr: '' });
});

describe('a server', () => {
  test('bytes that are no request are not repeated', async () => {
    await using server = await startTalking(environment);
    const token = environment.OTHER_TOKEN ?? '';
    const texts = [
      await sendBytes(server, Buffer.from(token.repeat(50))),
      await sendBytes(server, Buffer.from([0x0a, 0xff])),
    ];
    expect(texts.flatMap(leaksOf)).toEqual([]);
    expect(texts[0]?.answer).toMatch(/^\d+ /);
  });

  test('its private key stays with it: handshakes that fail, a rotation, a key that is none', async () => {
    const authority = await makeIdentity({ isAuthority: true });
    const [own, next] = await Promise.all([makeIdentity({ issuer: authority }), makeIdentity({ issuer: authority })]);
    needles = needlesOf({ ...linesOfKey('key', own.key), ...linesOfKey('next key', next.key) });
    const certificates = writeServerFolder(own, authority.cert);
    const server = await startTalking(environment, certificates);
    const knock = async (options: object) => {
      const socket = connect({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false, ...options });
      socket.on('error', () => {});
      socket.resume();
      await new Promise((resolve) => socket.once('close', resolve)); // `once` would reject with the refusal
    };
    await knock({ ALPNProtocols: ['h2'] });
    await knock({ ALPNProtocols: ['http/1.1'] });
    writeServerFolder(next, authority.cert, certificates);
    await knock({});
    writeFileSync(join(certificates, 'tls.key'), next.key.slice(0, 100));
    await knock({});
    const log = server.stderr();
    await server.stop();
    const argv = ['serve', '--tls-certs-dir', certificates];
    const ended = await runFunction('', { arguments: argv, environment });
    rmSync(certificates, { recursive: true });
    expect({ exit: ended.exit, leaks: leaksOf({ log, stderr: ended.stderr }) }).toEqual({ exit: 1, leaks: [] });
    expect(log).toMatch(/certificates have changed[\s\S]*changed certificates cannot be used yet/);
  });
});

describe('the audit itself', () => {
  const canary = newCanary();
  const own = needlesOf({ canary });
  const bytes = Buffer.from(`ab${canary}c`);
  test.each([
    ['the value', canary],
    ['its end', canary.slice(-12)],
    ['base64 of a text that it is in', bytes.toString('base64')],
    ['the same behind one byte more', Buffer.from(`abc${canary}`).toString('base64')],
    ['the same behind one byte less', Buffer.from(`a${canary}`).toString('base64')],
    ['base64url', bytes.toString('base64url')],
    ['base64 twice', Buffer.from(bytes.toString('base64')).toString('base64')],
    ['hex', bytes.toString('hex')],
    ['upper hex', bytes.toString('hex').toUpperCase()],
    ['a URL', `https://a/?b=${encodeURIComponent(canary)}`],
  ])('finds %s', (_, text) => {
    expect(findLeaks(`error: ${text}.`, own)).not.toEqual([]);
  });

  test('finds nothing in another one', () => {
    expect(findLeaks(`${newCanary()} ${Buffer.from(newCanary()).toString('base64')}`, own)).toEqual([]);
  });
});
