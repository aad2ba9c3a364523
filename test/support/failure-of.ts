import { expect } from '@jest/globals';
import { resultsOf } from './emitted.ts';
import type { Ended } from './run-function.ts';

/** What a run that failed said. */
export interface Failure {
  readonly exit: number | null;
  /** Lines of standard error, such as `error: cannot …`. */
  readonly lines: readonly string[];
  /** Of the results, which are the same lines. */
  readonly codes: readonly string[];
}

/** Reads a failed run. Its standard output must be the input, byte for byte, and the lines of standard error as results. */
export function failureOf({ exit, stdout, stderr }: Ended, input: string): Failure {
  const lines = stderr.split('\n').slice(0, -1);
  const results = resultsOf(stdout) as { severity: string; message: string; tags: { code: string } }[];
  expect(stdout.slice(0, input.length)).toBe(input);
  expect(stdout.slice(input.length)).toMatch(/^results:\n/);
  expect(results.map(({ severity, message }) => `${severity}: ${message}`)).toEqual(lines);
  return { exit, lines, codes: results.map(({ tags }) => tags.code) };
}
