import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLEAN_ENVIRONMENT } from './run-function.ts';
import { temporaryFolder } from './temporary-folder.ts';

const LONGEST_PAUSE_MILLISECONDS = 250;

/**
 * Looks again and again until `look` finds something: often at first, then more and more rarely.
 * @throws Error that says what was waited for, and what `look` threw last, when that takes longer than `seconds`.
 */
export async function until<T>(what: string, seconds: number, look: () => Promise<T | undefined>): Promise<T> {
  const begun = performance.now();
  let cause: unknown;
  for (let waited = 0; waited < seconds * 1000; waited = performance.now() - begun) {
    try {
      const found = await look();
      if (found !== undefined) return found;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await sleep(Math.min(5 + waited / 10, LONGEST_PAUSE_MILLISECONDS));
  }
  throw new Error(`waited ${seconds} s for ${what}`, { cause });
}

const READY_SECONDS = 300;
const STOP_MILLISECONDS = 30_000;
const LOG_SHOWN = 2000;

/** A program that runs until it is stopped. */
export interface RunningProcess extends AsyncDisposable {
  readonly pid: number;
  /** Everything on standard error so far. */
  readonly stderr: () => string;
  /** Sends SIGTERM or another signal, and SIGKILL when that does not help; gives the exit code, or the signal that ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

/** How it is started. */
interface Start {
  readonly cwd?: string;
  /** Added to {@link CLEAN_ENVIRONMENT}. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether it does its work, by what it has said so far or otherwise; while it throws, it does not. */
  readonly isReady: (stderr: string) => Promise<boolean>;
  readonly stopMilliseconds?: number;
}

/**
 * Starts a program and waits until it is ready.
 * @throws Error with the end of its log, when it ends or does not become ready.
 */
export async function startProcess(
  program: string,
  argv: readonly string[],
  { cwd, environment, isReady, stopMilliseconds = STOP_MILLISECONDS }: Start,
): Promise<RunningProcess> {
  const env = { ...CLEAN_ENVIRONMENT, ...environment };
  // a file has at once what was written before an answer came; a pipe is read some time later
  const folder = temporaryFolder();
  const file = join(folder.path, 'stderr');
  const descriptor = openSync(file, 'w');
  const child = spawn(program, argv, { ...(cwd && { cwd }), env, stdio: ['ignore', 'ignore', descriptor] });
  closeSync(descriptor);
  let last: string | undefined;
  let fault = '';
  const stderr = () => last ?? readFileSync(file, 'utf8');
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('error', (error) => {
      fault = String(error);
    });
    child.once('close', (exit, signal) => {
      last = stderr() + fault;
      folder.close();
      resolve(signal ?? exit);
    });
  });
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), stopMilliseconds);
    const exit = await ended;
    clearTimeout(timer);
    return exit;
  };
  const look = async () => last !== undefined || (await isReady(stderr())) || undefined;
  await until('it to be ready', READY_SECONDS, look).catch(() => stop());
  if (last !== undefined)
    throw new Error(`${basename(program)} does not start, or ends:\n${stderr().slice(-LOG_SHOWN)}`);
  return { pid: child.pid ?? 0, stderr, stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}

/** Whether a path of a server on loopback is answered with 200. */
export async function isAnswered(port: number, path: string, host = '127.0.0.1'): Promise<boolean> {
  const headers = { connection: 'close' }; // one that stays open would be a descriptor of the server, for some seconds
  const answer = await fetch(`http://${host}:${port}${path}`, { headers, signal: AbortSignal.timeout(5000) });
  await answer.body?.cancel();
  return answer.status === 200;
}
