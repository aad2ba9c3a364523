import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CLEAN_ENVIRONMENT, EXECUTABLE } from '../run-function.ts';

/** Starts the built executable, for a test that meddles with its streams or ends it. */
export function startFunction({
  stdout = 'pipe',
  environment = {},
  arguments: argv = [],
}: {
  readonly stdout?: number | 'pipe';
  readonly environment?: Readonly<Record<string, string>>;
  readonly arguments?: readonly string[];
} = {}): ChildProcess {
  const env = { ...CLEAN_ENVIRONMENT, ...environment };
  return spawn(EXECUTABLE, argv, { env, stdio: ['pipe', stdout, 'pipe'], timeout: 60_000 });
}

/** Everything that comes from a stream, until its end. */
export async function textOf(stream: Readable | null): Promise<string> {
  return stream === null ? '' : text(stream);
}

/** The exit code, or the signal that ended it, once its streams are closed. */
export async function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  return new Promise((resolve) => child.once('close', (exit, signal) => resolve(signal ?? exit)));
}
