import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** The repository. */
export const ROOT = join(import.meta.dirname, '../..');

/** The built executable. */
export const EXECUTABLE = join(ROOT, 'dist/function-sts-assume-role');

/** An environment in which nothing of this machine's AWS settings is left: only the project's own Node on PATH. */
export const CLEAN_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
  HOME: '/nonexistent',
  AWS_EC2_METADATA_DISABLED: 'true',
};

/** What a process left behind. */
export interface Ended {
  readonly exit: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

const TIMEOUT_MILLISECONDS = 60_000;

/** Runs the built executable to its end with `input` on standard input, and `environment` added to a clean one. */
export async function runFunction(
  input: string | Uint8Array,
  options: {
    readonly environment?: Readonly<Record<string, string>>;
    readonly arguments?: readonly string[];
    readonly executable?: string;
  } = {},
): Promise<Ended> {
  const child = spawn(options.executable ?? EXECUTABLE, options.arguments ?? [], {
    env: { ...CLEAN_ENVIRONMENT, ...options.environment },
    timeout: TIMEOUT_MILLISECONDS,
  });
  const closed = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit, signal) => resolve([exit, signal]));
  });
  child.stdin.on('error', () => {}); // a function that refuses early closes its input
  child.stdin.end(input);
  const [stdout, stderr, [exit, signal]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { exit, signal, stdout, stderr };
}
