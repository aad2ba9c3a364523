import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { ciEnvironment } from './accounts.ts';

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
  /** The system ends it when it has computed for so long, however busy the machine is. */
  readonly processorSeconds?: number;
}

/** Ends what hangs. How much a process may compute is bounded by `processorSeconds`. */
const HANG_MILLISECONDS = 1_200_000;

/** How the function is started, in each of its modes. */
export interface FunctionOptions {
  /** The embedded STS that it asks, with the keys of `ci`. */
  readonly sts?: { readonly url: string };
  /** Added to that, and to {@link CLEAN_ENVIRONMENT}. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly arguments?: readonly string[];
}

/** The environment that they ask for. */
export function environmentOf({ sts, environment }: FunctionOptions): Readonly<Record<string, string>> {
  return { ...CLEAN_ENVIRONMENT, ...(sts && ciEnvironment(sts.url)), ...environment };
}

/** "cannot" begins errors alone; `test/pages/messages.test.ts` has this of all that is quoted. */
const LIKE_AN_ERROR = /^(?:warning|info): (?:\S+: )?cannot .*/m;

/** Runs the built executable to its end, with `input` on standard input: the KRM function, or what its arguments say. */
export async function runFunction(
  input: string | Uint8Array,
  {
    arguments: argv = [],
    executable = EXECUTABLE,
    ...options
  }: FunctionOptions & { readonly executable?: string } = {},
): Promise<Ended> {
  const ended = await runProcess(executable, argv, { input, environment: environmentOf(options) });
  const [line] = LIKE_AN_ERROR.exec(ended.stderr) ?? [];
  if (line !== undefined) throw new Error(`begins as an error does: ${line}`);
  return ended;
}

/** A run that a test meddles with. Nobody reads its standard output but the test. */
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
  arguments: argv = [],
  ...options
}: FunctionOptions & { readonly stdout?: number | 'pipe' } = {}): StartedFunction {
  const env = environmentOf(options);
  const child = spawn(EXECUTABLE, argv, { env, stdio: ['pipe', stdout, 'pipe'], timeout: HANG_MILLISECONDS });
  const exit = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  return { child, exit, stderr: child.stderr === null ? Promise.resolve('') : text(child.stderr) };
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
  { input = '', environment, cwd, timeoutMilliseconds, processorSeconds }: ProcessOptions = {},
): Promise<Omit<Ended, 'stdout'> & { readonly stdout: Buffer }> {
  const isBounded = processorSeconds !== undefined;
  const bounded = ['-c', `ulimit -t ${processorSeconds}; exec "$0" "$@"`, program, ...argv];
  const child = spawn(isBounded ? '/bin/sh' : program, isBounded ? bounded : argv, {
    env: { ...CLEAN_ENVIRONMENT, ...environment },
    timeout: timeoutMilliseconds ?? HANG_MILLISECONDS,
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

/** The stream on which a command says what it found: of `doctor` that is its output. */
export function messagesOf(command: string | undefined, { stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>): string {
  return command === 'doctor' ? stdout : stderr;
}
