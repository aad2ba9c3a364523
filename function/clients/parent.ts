import { readFileSync } from 'node:fs';
import { attempt } from '../model/plain-data.ts';

/** The name of the program that started this one; undefined where the system does not tell: Linux does. */
export function parentProgram(): string | undefined {
  return attempt(() => readFileSync(`/proc/${process.ppid}/comm`, 'utf8').trim());
}
