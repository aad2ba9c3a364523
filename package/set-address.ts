import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADDRESS } from './address.ts';

/** Puts the address of a repository, such as `https://github.com/example/sts`, into each file that has the one of address.ts. */
const root = join(import.meta.dirname, '..');
const [address = ''] = process.argv.slice(2);
const [, repository] = /^https:\/\/[\w.-]+\/([\w.-]+\/[\w.-]+)$/.exec(address) ?? [];
if (repository === undefined) throw new Error(`"${address}" is not the address of a repository`);

const placeholder = new URL(ADDRESS).pathname.slice(1);
for (const file of globSync(['*.{json,md}', '{docs,examples}/**/*.md', 'package/*.{ts,yaml}'], { cwd: root })) {
  const text = readFileSync(join(root, file), 'utf8');
  const changed = text.replaceAll(ADDRESS, () => address).replaceAll(placeholder, () => repository);
  if (changed !== text) writeFileSync(join(root, file), changed);
}
