import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Prints what CHANGELOG.md says of the version that a tag names, such as `v0.1.0`. It must be that of package.json. */
const root = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const [tag = ''] = process.argv.slice(2);
if (tag !== `v${version}`) refuse(`cannot release "${tag}": package.json has version "${version}".`);

const sections = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').split(/^## /m).slice(1);
const section = sections.find((text) => text.split(/\s/, 1)[0] === version);
const notes = section?.slice(section.indexOf('\n')).trim();
if (!notes) refuse(`cannot release "${tag}": CHANGELOG.md says nothing of "${version}".`);
process.stdout.write(`${notes}\n`);

function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
