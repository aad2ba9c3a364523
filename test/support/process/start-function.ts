import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { CLEAN_ENVIRONMENT, EXECUTABLE } from '../run-function.ts';

/** A run that a test meddles with. Its standard output is read by whoever wants it. */
export interface StartedFunction {
  readonly child: ChildProcess;
  /** The exit code, or the signal that ended it, once its streams are closed. */
  readonly exit: Promise<number | NodeJS.Signals | null>;
  /** All of standard error, once it has ended. */
  readonly stderr: Promise<string>;
}

/** Starts the built executable, for a test that meddles with its streams or ends it. */
export function startFunction({
  stdout = 'pipe',
  environment = {},
  arguments: argv = [],
}: {
  readonly stdout?: number | 'pipe';
  readonly environment?: Readonly<Record<string, string>>;
  readonly arguments?: readonly string[];
} = {}): StartedFunction {
  const env = { ...CLEAN_ENVIRONMENT, ...environment };
  const child = spawn(EXECUTABLE, argv, { env, stdio: ['pipe', stdout, 'pipe'], timeout: 60_000 });
  const exit = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  return { child, exit, stderr: child.stderr === null ? Promise.resolve('') : text(child.stderr) };
}
