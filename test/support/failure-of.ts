import { expect } from '@jest/globals';
import { lineOf, resultsOf } from './emitted.ts';
import type { Ended } from './run-function.ts';

/** What a run that failed said. */
export interface Failure {
  readonly exit: number | null;
  /** All that was said, without codes, such as `error: cannot …`: of many that are alike, standard error has five and a count. */
  readonly lines: readonly string[];
  /** Of the same. */
  readonly codes: readonly string[];
}

/** Reads a failed run. Its standard output must be the input, byte for byte, and the lines of standard error as results. */
export function failureOf({ exit, stdout, stderr }: Ended, input: string): Failure {
  const results = resultsOf(stdout);
  expect(stdout.slice(0, input.length)).toBe(input);
  expect(stdout.slice(input.length)).toMatch(/^results:\n/);
  const lines = results.map(({ severity, message }) => `${severity}: ${message}`);
  const told = results.map(lineOf);
  const shown = stderr.split('\n').filter((line) => line !== '' && !/ more like these \(/.test(line));
  expect(shown).toEqual(told.filter((line) => shown.includes(line)));
  expect(shown.length).toBeGreaterThanOrEqual(Math.min(5, lines.length));
  return { exit, lines, codes: results.map(({ tags }) => tags.code) };
}
