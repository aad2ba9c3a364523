import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../run-function.ts';

/** The Secret that an example's page promises, with `<key>` for what differs from run to run. */
export function promisedSecret(example: string): string {
  return promisedYaml(`examples/${example}/README.md`, 'apiVersion: v1');
}

/** The first block of YAML on a page that begins so. */
export function promisedYaml(page: string, beginning: string): string {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const blocks = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block);
  const found = blocks.find((block) => block.startsWith(beginning));
  if (found === undefined) throw new Error(`${page} shows no YAML that begins with ${beginning}`);
  return found;
}
