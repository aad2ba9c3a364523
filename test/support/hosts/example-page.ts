import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../run-function.ts';

/** The Secret that an example's page promises, with `<key>` for what differs from run to run. */
export function promisedSecret(example: string): string {
  const page = readFileSync(join(ROOT, 'examples', example, 'README.md'), 'utf8');
  const [, block] = /^```yaml\n(.*?)^```$/ms.exec(page) ?? [];
  if (block === undefined) throw new Error(`examples/${example}/README.md shows no Secret`);
  return block;
}
