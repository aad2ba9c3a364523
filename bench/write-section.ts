import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../test/support/run-function.ts';

/** Writes what was measured into a page of the repository, between two comments that are there already. */
export function writeSection(page: string, [begin, end]: readonly [string, string], text: string): void {
  const path = join(ROOT, page);
  const [before = '', rest = ''] = readFileSync(path, 'utf8').split(begin);
  const [, after = ''] = rest.split(end);
  if (rest === '') throw new Error(`${page} has no ${begin}`);
  writeFileSync(path, `${before}${begin}\n${text}\n${end}${after}`);
}
