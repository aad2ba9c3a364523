import { readFileSync } from 'node:fs';
import { attempt } from '../model/plain-data.ts';

/**
 * True where kpt started this program, as a step of a pipeline: it takes what a step prints for the package, and deletes what is not in
 * it. False where the system does not tell who started a program: Linux does.
 */
export function isStartedByKpt(): boolean {
  const parent = attempt(() => readFileSync(`/proc/${process.ppid}/comm`, 'utf8').trim());
  return /^kpt(?:_|$)/.test(parent ?? ''); // its releases are called kpt_linux_amd64
}
