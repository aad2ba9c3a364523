import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { CLEAN_ENVIRONMENT } from '../test/support/run-function.ts';

/** One run of a program, as a whole process. */
export interface Measured {
  readonly milliseconds: number;
  /** Most memory that was resident, in MB of 2^20 bytes; as last seen before the end. */
  readonly megabytes: number;
}

const LOOK_EVERY_MILLISECONDS = 5;
const TIMEOUT_MILLISECONDS = 120_000;

/** Runs a program to its end in a clean environment. Throws when it fails: there is nothing to measure then. */
export async function measure(
  command: string,
  argv: readonly string[],
  { input, environment = {} }: { input: string; environment?: Readonly<Record<string, string>> },
): Promise<Measured> {
  const start = performance.now();
  const child = spawn(command, argv, {
    env: { ...CLEAN_ENVIRONMENT, ...environment },
    stdio: ['pipe', 'ignore', 'ignore'],
    timeout: TIMEOUT_MILLISECONDS,
  });
  let megabytes = 0;
  const looking = setInterval(() => {
    megabytes = peak(child.pid) ?? megabytes;
  }, LOOK_EVERY_MILLISECONDS);
  child.stdin.on('error', () => {}); // an empty process reads nothing
  child.stdin.end(input);
  const [exit, signal] = await once(child, 'exit');
  clearInterval(looking);
  if (exit !== 0) throw new Error(`${command} ended with ${exit ?? signal}`);
  return { milliseconds: performance.now() - start, megabytes };
}

function peak(pid: number | undefined): number | undefined {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kibibytes === undefined ? undefined : Number(kibibytes) / 1024;
  } catch {
    return undefined; // it has ended
  }
}

/** Median (minimum to maximum). */
export function spread(values: readonly number[], digits: number): string {
  const [least, middle, most] = [0, 0.5, 1].map((share) => valueAt(values, share).toFixed(digits));
  return `${middle} (${least} to ${most})`;
}

export function median(values: readonly number[]): number {
  return valueAt(values, 0.5);
}

/** The value that `share` of all are not above. */
export function valueAt(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? Number.NaN;
}
