import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

/** The repository. */
export const ROOT = join(import.meta.dirname, '../..');

/** The script that `npm run build` makes. */
export const SCRIPT = join(ROOT, 'dist/function-sts-assume-role');

/** What is tested: the script, or with TEST_EXECUTABLE another file of the repository that must do the same. */
export const EXECUTABLE = process.env.TEST_EXECUTABLE ? join(ROOT, process.env.TEST_EXECUTABLE) : SCRIPT;

/** An environment in which nothing of this machine's AWS settings is left: only the project's own Node on PATH. */
export const CLEAN_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH ?? ''}`,
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

/** How a process is started. */
export interface ProcessOptions {
  /** Standard input; default: empty. */
  readonly input?: string | Uint8Array;
  /** Added to {@link CLEAN_ENVIRONMENT}. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly timeoutMilliseconds?: number;
}

const TIMEOUT_MILLISECONDS = 60_000;

/** Runs the built executable to its end with `input` on standard input, and `environment` added to a clean one. */
export function runFunction(
  input: string | Uint8Array,
  options: {
    readonly environment?: Readonly<Record<string, string>>;
    readonly arguments?: readonly string[];
    readonly executable?: string;
  } = {},
): Promise<Ended> {
  const { executable = EXECUTABLE, arguments: argv = [], environment = {} } = options;
  return runProcess(executable, argv, { input, environment });
}

/** Runs a program to its end. */
export async function runProcess(
  program: string,
  argv: readonly string[],
  options: ProcessOptions = {},
): Promise<Ended> {
  const { stdout, ...ended } = await runForBytes(program, argv, options);
  return { ...ended, stdout: stdout.toString() };
}

/** The same, for what is no text on standard output. */
export async function runForBytes(
  program: string,
  argv: readonly string[],
  { input = '', environment, cwd, timeoutMilliseconds = TIMEOUT_MILLISECONDS }: ProcessOptions = {},
): Promise<Omit<Ended, 'stdout'> & { readonly stdout: Buffer }> {
  const child = spawn(program, argv, {
    env: { ...CLEAN_ENVIRONMENT, ...environment },
    timeout: timeoutMilliseconds,
    ...(cwd === undefined ? {} : { cwd }),
  });
  const closed = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit, signal) => resolve([exit, signal]));
  });
  child.stdin.on('error', () => {}); // a function that refuses early closes its input
  child.stdin.end(input);
  const [stdout, stderr, [exit, signal]] = await Promise.all([buffer(child.stdout), buffer(child.stderr), closed]);
  return { exit, signal, stdout, stderr: stderr.toString() };
}
