import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLEAN_ENVIRONMENT } from '../../run-function.ts';

const READY_WITHIN_MILLISECONDS = 60_000;
const STOP_WITHIN_MILLISECONDS = 2000;
const LOG_KEPT = 2000;

/** A program that runs until it is stopped. */
export interface ServerProcess {
  /** Asks it to end, and ends it when it takes its time. */
  stop(): Promise<void>;
}

/**
 * Starts a program in `cwd` and waits until `isReady`.
 * @throws Error with the end of its log, when it ends or is not ready within a minute.
 */
export async function startServer(
  program: string,
  argv: readonly string[],
  {
    cwd,
    isReady,
    environment = {},
  }: { cwd: string; isReady: () => Promise<boolean>; environment?: Readonly<Record<string, string>> },
): Promise<ServerProcess> {
  const child = spawn(program, argv, {
    cwd,
    env: { ...CLEAN_ENVIRONMENT, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk) => {
    log = (log + chunk).slice(-LOG_KEPT);
  });
  child.on('error', (error) => {
    log += error;
  });
  try {
    await untilReady(child, isReady);
  } catch (cause) {
    await stop(child);
    throw new Error(`${basename(program)} does not start:\n${log}`, { cause });
  }
  return { stop: () => stop(child) };
}

async function untilReady(child: ChildProcess, isReady: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MILLISECONDS;
  while (Date.now() < deadline) {
    if (hasEnded(child)) throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`);
    if (await isReady()) return;
    await sleep(100);
  }
  throw new Error(`it is not ready within ${READY_WITHIN_MILLISECONDS / 1000} s`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MILLISECONDS);
  await exited;
  clearTimeout(timer);
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}
