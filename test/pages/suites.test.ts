import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from '../support/run-function.ts';

/** The table of docs/contributing/tests.md names, for each room, the suites that hold it. */
const page = readFileSync(join(ROOT, 'docs/contributing/tests.md'), 'utf8').replaceAll('\\*', '*');
const rows = [...page.matchAll(/^\| (`.+`.*|imports, .+) \| (.+) \| (.*?) ?\|$/gm)]
  .map(([, rooms = '', suites = '', limits = '']) => ({ rooms, globs: globsIn(suites), limits: globsIn(limits) }))
  .filter(({ globs }) => globs.some((glob) => glob.includes('/')));

/** Names behind commas, but those in braces. */
function globsIn(cell: string): string[] {
  return cell.split(/, (?![^{]*\})/).filter((glob) => glob !== '');
}

const suites = globSync('**/*.test.ts', { cwd: join(ROOT, 'test') })
  .map((file) => file.replace('.test.ts', ''))
  .filter((suite) => !suite.startsWith('hosts/'));

test('each room stands in it', () => {
  const rooms = readdirSync(join(ROOT, 'function')).map((name) => (name.endsWith('.ts') ? name : `${name}/`));
  expect(rooms.filter((room) => !rows.some((row) => row.rooms.includes(`\`${room}\``)))).toEqual([]);
});

test('each suite stands in it, and each name in it is a suite', () => {
  const globs = rows.flatMap((row) => [...row.globs, ...row.limits]);
  expect(suites.filter((suite) => !globs.some((glob) => matchesGlob(suite, glob)))).toEqual([]);
  expect(globs.filter((glob) => !suites.some((suite) => matchesGlob(suite, glob)))).toEqual([]);
});

test('what decides limits alone stands in its last column alone', () => {
  const text = readFileSync(join(ROOT, 'test/run.ts'), 'utf8');
  const [, list = ''] = /const OF_BOUNDS = \[([\s\S]*?)\n\]/.exec(text) ?? [];
  const names = [...list.matchAll(/'([\w-]+\/)?([\w-]+)'/g)].map(([, , name = '']) => name);
  const own = suites.filter((suite) => names.includes(suite.split('/').at(-1) ?? ''));
  expect(own.length).toBe(names.length);
  expect(own.filter((suite) => !rows.some(({ limits }) => limits.some((glob) => matchesGlob(suite, glob))))).toEqual(
    [],
  );
});
