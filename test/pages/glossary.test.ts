import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
const FUNCTION = join(ROOT, 'function');
/** Packages of their own, with the words of Go and of SOPS. */
const PACKAGES = /^(?:gotemplate|sops)\//;

/** The rows of the glossary: a word, and words that it has replaced. */
const GLOSSARY = [
  ...readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8').matchAll(/^\| \*\*(.+?)\*\* \|.*\|(.*)\|$/gm),
].map(([, word = '', replaced = '']) => ({
  word,
  replaced: [...replaced.matchAll(/`(\w+)`/g)].map(([, one = '']) => one),
}));

/** The names of types, and those of files without their ending. */
function namesIn(file: string, text: string): string[] {
  const types = [...text.matchAll(/^(?:export )?(?:declare )?(?:interface|class|type) (\w+)/gm)].map(
    ([, name = '']) => name,
  );
  return [basename(file, '.ts'), ...types];
}

/** A single word in the form that a verb has of what was done: a type is a thing. */
const PARTICIPLE =
  /^(?:[A-Z][a-z]*(?:[^e]ed|en)|Built|Done|Found|Kept|Known|Left|Lost|Made|Ran|Read|Said|Seen|Sent|Shown|Sought|Told)$/;
/** These are nouns all the same. */
const NOUNS = ['Said'];

const files = readdirSync(FUNCTION, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !PACKAGES.test(file),
);
const names = files.flatMap((file) =>
  namesIn(file, readFileSync(join(FUNCTION, file), 'utf8')).map((name) => ({ file, name })),
);

describe('glossary', () => {
  test('has words, and words that they have replaced', () => {
    expect(GLOSSARY.length).toBeGreaterThan(15);
    expect(GLOSSARY.flatMap(({ replaced }) => replaced).length).toBeGreaterThan(10);
  });

  test('a replaced word does not come back as a type or a file', () => {
    const replaced = new Map(
      GLOSSARY.flatMap(({ word, replaced }) => replaced.map((one) => [one.toLowerCase(), word])),
    );
    const back = names.filter(({ name }) => replaced.has(name.toLowerCase()));
    expect(back.map(({ file, name }) => `${file}: ${name} is a ${replaced.get(name.toLowerCase())}`)).toEqual([]);
  });

  test('a type has the name of a thing', () => {
    const wrong = names.filter(({ name }) => PARTICIPLE.test(name) && !NOUNS.includes(name));
    expect(wrong.map(({ file, name }) => `${file}: ${name}`)).toEqual([]);
  });
});

describe('the test itself', () => {
  test.each(['Asked', 'Written', 'Decided', 'Ran', 'Told'])('%s is no thing', (name) => {
    expect(name).toMatch(PARTICIPLE);
  });

  test.each(['Need', 'Job', 'DecodedRequest', 'Finding', 'SourceLocation'])('%s is one', (name) => {
    expect(name).not.toMatch(PARTICIPLE);
  });

  test('finds types and files', () => {
    expect(namesIn('chain/a.ts', 'export interface B<C> {}\ntype D = 1;\n')).toEqual(['a', 'B', 'D']);
  });
});
