import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseSync } from '@swc/core';

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

/** Names of values that say nothing of what they are. */
const NO_NAMES = ['one', 'asked', 'given', 'said', 'told', 'known', 'found', 'wanted'];
/** Names that say whose a value is, or who put it there, and not what it is. */
const NO_OWNER = /^(?:of[A-Z].*|own|written)$/;

/** The names that a source gives to parameters, constants and variables. */
function bindingsIn(source: string): Set<string> {
  const names = new Set<string>();
  const walk = (node: unknown, isPattern: boolean): void => {
    if (typeof node !== 'object' || node === null) return;
    if (isPattern && 'type' in node && node.type === 'Identifier' && 'value' in node) names.add(String(node.value));
    if (isPattern && 'type' in node && node.type === 'AssignmentPatternProperty' && 'key' in node)
      names.add(String((node.key as { value: unknown }).value));
    for (const [key, value] of Object.entries(node)) {
      const isBound = ['id', 'pat', 'params', 'param', 'identifier'].includes(key);
      const isInside = isPattern && ['elements', 'properties', 'value', 'left', 'argument'].includes(key);
      walk(value, isBound || isInside || (isPattern && Array.isArray(node)));
    }
  };
  walk(parseSync(source, { syntax: 'typescript', target: 'es2023' }).body, false);
  return names;
}

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
    const wrong = names.filter(({ name }) => PARTICIPLE.test(name));
    expect(wrong.map(({ file, name }) => `${file}: ${name}`)).toEqual([]);
  });

  test('a value has the name of what it is', () => {
    const all = readdirSync(FUNCTION, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const wrong = all.flatMap((file) => {
      const bindings = bindingsIn(readFileSync(join(FUNCTION, file), 'utf8'));
      return NO_NAMES.filter((name) => bindings.has(name)).map((name) => `${file}: ${name}`);
    });
    expect(wrong).toEqual([]);
  });

  test('a value is not named after its owner', () => {
    const all = readdirSync(FUNCTION, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const wrong = all.flatMap((file) => {
      const bindings = bindingsIn(readFileSync(join(FUNCTION, file), 'utf8'));
      return [...bindings].filter((name) => NO_OWNER.test(name)).map((name) => `${file}: ${name}`);
    });
    expect(wrong).toEqual([]);
  });
});

describe('the test itself', () => {
  test.each(['Asked', 'Written', 'Decided', 'Ran', 'Told'])('%s is no thing', (name) => {
    expect(name).toMatch(PARTICIPLE);
  });

  test.each(['Need', 'Job', 'DecodedRequest', 'Finding', 'SourceLocation'])('%s is one', (name) => {
    expect(name).not.toMatch(PARTICIPLE);
  });

  test('finds each binding', () => {
    const source = `
      const a = 1; let [b, , ...c] = x; const { d, e: f, g = 1, h: { i = 2 } } = y;
      function j(k, { l }: { m: string }) {} const n = (o) => p; for (const q of z) q; try {} catch (r) {}
      items.map(({ s: [t] }) => ({ u: v }));`;
    expect([...bindingsIn(source)].toSorted().join('')).toBe('abcdfgijklnoqrt');
  });

  test('finds types and files', () => {
    expect(namesIn('chain/a.ts', 'export interface B<C> {}\ntype D = 1;\n')).toEqual(['a', 'B', 'D']);
  });
});
