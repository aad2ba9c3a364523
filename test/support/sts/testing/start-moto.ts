import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import aws4 from 'aws4';
import { XMLParser } from 'fast-xml-parser';
import { freePort } from '../../free-port.ts';
import type { Keys } from './ask.ts';

const PROGRAM = '.hosts/bin/moto_server';
const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 5000;

export interface Moto {
  readonly url: string;
  /** One call of IAM's query API; the answer's `…Result` element. */
  iam(action: string, parameters: Record<string, string>): Promise<Record<string, Record<string, string>>>;
  /** From here on moto verifies signatures, policies and trust. */
  demandAuthentication(): Promise<void>;
  close(): Promise<void>;
}

/** Starts the real moto, the STS that AWS's Python users test with, on a free loopback port. */
export async function startMoto(): Promise<Moto> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const program = fileURLToPath(new URL(`../../../../${PROGRAM}`, import.meta.url));
  const child = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    await untilReady(child, url);
  } catch (error) {
    await stop(child);
    throw error;
  }
  return {
    url,
    iam: (action, parameters) => askIam(url, action, parameters),
    demandAuthentication: async () => {
      const headers = { 'content-type': 'text/plain' };
      const response = await fetch(`${url}/moto-api/reset-auth`, { method: 'POST', headers, body: '0' });
      if (!response.ok) throw new Error(`moto refuses to demand authentication: ${response.status}`);
    },
    close: () => stop(child),
  };
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  let log = '';
  child.stderr?.on('data', (chunk) => {
    log = (log + chunk).slice(-2000);
  });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) => {
      reject(new Error(`cannot run ${PROGRAM}: run "bash test/hosts/install.sh" first.`, { cause }));
    });
    child.once('exit', (code) => reject(new Error(`moto ended with ${code} before it was ready:\n${log}`)));
  });
  const polling = new AbortController();
  try {
    await Promise.race([failed, untilAnswering(url, polling.signal)]);
  } finally {
    polling.abort();
  }
  // Its end is expected from here on.
  failed.catch(() => undefined);
}

async function untilAnswering(url: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline && !signal.aborted) {
    const response = await fetch(`${url}/moto-api/data.json`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]),
    }).catch(() => undefined);
    if (response?.ok) return;
    await sleep(100);
  }
  throw new Error(`moto did not answer within ${READY_WITHIN_MS / 1000} s`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await exited;
  clearTimeout(timer);
}

async function askIam(url: string, action: string, parameters: Record<string, string>) {
  const body = new URLSearchParams({ Action: action, Version: '2010-05-08', ...parameters }).toString();
  const anyKeys: Keys = { accessKeyId: 'AKIASETUPSETUPSETUPS', secretAccessKey: 'set-up' };
  const { host } = new URL(url);
  const signed = aws4.sign(
    { method: 'POST', path: '/', host, service: 'iam', region: 'us-east-1', body },
    { ...anyKeys },
  );
  const { Authorization, 'X-Amz-Date': date, 'Content-Type': type } = signed.headers ?? {};
  const headers = { authorization: String(Authorization), 'x-amz-date': String(date), 'content-type': String(type) };
  const response = await fetch(url, { method: 'POST', headers, body });
  const text = await response.text();
  if (!response.ok) throw new Error(`moto's IAM refuses ${action}: ${response.status}`);
  return new XMLParser().parse(text)[`${action}Response`]?.[`${action}Result`];
}
