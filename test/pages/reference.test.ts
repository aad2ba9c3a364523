import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { CODES } from '../../function/findings/codes.ts';
import { AREAS } from '../../function/findings/explanations.ts';
import { OWN_VARIABLES, PATHS } from '../../function/manifests/read-settings.ts';
import { repositoryFiles } from '../support/hosts/copy-repository.ts';
import { ROOT, runFunction } from '../support/run-function.ts';

/** All that a user can write or read has a place in a page of reference, and a page that leads there. */

const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');
const PAGES = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
];

/** What each page links to, by its path in the repository. */
const links = PAGES.flatMap((page) =>
  [...read(page).matchAll(/\]\(([^)#:\s]+)(?:#[^)\s]*)?\)/g)].map(([, target = '']) => ({
    page,
    target: relative(ROOT, join(ROOT, dirname(page), target)),
  })),
);
const isLinked = (path: string) => links.some(({ page, target }) => page !== path && target === path);

const reference = read('docs/reference.md');

test.each(['reference', 'errors', 'input', 'generators', 'external-secrets'])('a page links to docs/%s.md', (name) => {
  expect(isLinked(`docs/${name}.md`)).toBe(true);
});

test.each([...OWN_VARIABLES, ...PATHS])('the variable %s is in the reference', (name) => {
  expect(reference).toContain(`| \`${name}\` |`);
});

test.each(Object.keys(CODES))('the code %s is in the list of errors', (code) => {
  expect(read('docs/errors.md')).toContain(`\n## ${code}\n`);
  expect(
    Object.values(AREAS)
      .join(' ')
      .split(' ')
      .filter((each) => each === code),
  ).toHaveLength(1);
});

test.each(['render', 'plan', 'install', 'doctor', 'serve'])('the flags of %s are in the reference', async (command) => {
  const { stdout } = await runFunction('', { arguments: [command, '--help'] });
  const flags = [...stdout.matchAll(/^ {2}(-.+?)(?: {2}.*)?$/gm)].flatMap(([, flag = '']) =>
    flag.includes('--help') ? [] : [flag],
  );
  expect(flags).not.toEqual([]);
  expect(flags.filter((flag) => !reference.includes(`| \`${command} ${flag}\` |`))).toEqual([]);
});

describe('an example', () => {
  const folders = repositoryFiles().flatMap((file) => {
    const [, folder] = /^(examples\/[^/]+\/[^/]+)\/README\.md$/.exec(file) ?? [];
    return folder === undefined ? [] : [folder];
  });

  test('is looked at', () => {
    expect(folders).toContain('examples/kpt/role-chain');
  });

  test.each(folders)('%s has a page that links to it', (folder) => {
    expect(links.some(({ target }) => target === folder || target.startsWith(`${folder}/`))).toBe(true);
  });
});
