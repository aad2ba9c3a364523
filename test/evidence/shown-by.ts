import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/run-function.ts';

/** A test that a page names: `contract/streams: to a full disk is an error`, the file's path below test/ and a part of the test's name. */
const TEST = /^([\w/-]+): (.+)$/;

/** True when there is such a test. */
export function isTest(named: string): boolean {
  const [, file = '', title = ''] = TEST.exec(named) ?? [];
  const path = join(ROOT, 'test', `${file}.test.ts`);
  return existsSync(path) && readFileSync(path, 'utf8').includes(title);
}
