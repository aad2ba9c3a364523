import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';

/** Puts the address of a repository, such as `https://github.com/example/sts`, into each file that is published with it. */
const root = join(import.meta.dirname, '..');
const [address = ''] = process.argv.slice(2);
const [, repository] = /^https:\/\/[\w.-]+\/([\w.-]+\/[\w.-]+)$/.exec(address) ?? [];
if (repository === undefined) throw new Error(`"${address}" is not the address of a repository`);

function change(file: string, by: (text: string) => string): void {
  const path = join(root, file);
  writeFileSync(path, by(readFileSync(path, 'utf8')));
}

change('package/address.ts', (text) => text.replace(/= undefined;/, () => `= '${address}';`));
change('package.json', (text) => {
  const links = { homepage: `${address}#readme`, bugs: `${address}/issues` };
  const all = { ...JSON.parse(text), ...links, repository: { type: 'git', url: `git+${address}.git` } };
  return `${JSON.stringify(all, null, 2)}\n`;
});
change('package/crossplane.yaml', (text) => {
  const document = parseDocument(text);
  document.setIn(['metadata', 'annotations', 'meta.crossplane.io/source'], address);
  return document.toString({ lineWidth: 0 });
});
change('examples/crossplane/production/alerts.yaml', (text) =>
  text.replaceAll('runbook_url: docs/', () => `runbook_url: ${address}/blob/main/docs/`),
);
// pages about what a release has, and nobody who reads them before one can use
for (const file of globSync('docs/**/*.md', { cwd: root }))
  change(file, (text) => text.replaceAll('OWNER/function-sts-assume-role', () => repository));
