import { describe, expect, test } from '@jest/globals';
import { LineCounter, parseDocument } from 'yaml';
import { MOST_LEVELS, parseBounded, parseJson, TextFault } from '../../../function/model/parse-bounded.ts';

function faultOf(text: string): unknown {
  const lineCounter = new LineCounter();
  try {
    parseBounded(text, { lineCounter, merge: true });
    return undefined;
  } catch (error) {
    if (!(error instanceof TextFault)) throw error;
    return { code: error.code, ...lineCounter.linePos(error.offset) };
  }
}

/** What the library itself says first. */
function faultOfLibrary(text: string): unknown {
  const lineCounter = new LineCounter();
  const [error] = parseDocument(text, { lineCounter, merge: true, prettyErrors: false, logLevel: 'error' }).errors;
  return error === undefined ? undefined : { code: error.code, ...lineCounter.linePos(error.pos[0]) };
}

test.each([
  ['nothing', ''],
  ['a map', 'a: 1\nb: [2, {c: d}]\n'],
  ['a key twice', 'a: 1\nb: 2\na: 3\n'],
  ['a key twice further in', 'x:\n  - {b: 1, c: 2, b: 3}\n'],
  ['a key twice, once in quotes', 'a: 1\n"a": 2\n'],
  ['a key twice with an anchor', 'a: 1\n&x a: 2\n'],
  ['a number twice', '1: a\n0x1: b\n'],
  ['null twice', '{null: 1, ~: 2}'],
  ['two merge keys', 'x: &x {a: 1}\ny:\n  <<: *x\n  <<: *x\n'],
  ['a bracket that is not closed', 'a: [1, 2\n'],
  ['commas without anything', 'a: [,,,,]\n'],
  ['brackets that were not opened', 'a: 1\n]]]]\n'],
  ['a tab as indentation', 'a:\n\tb: 1\n'],
  ['two documents', 'a: 1\n---\nb: 2\n'],
  ['two documents, the second wrong', 'a: 1\n---\nb: [\n'],
  ['a document behind its end', 'a: 1\n...\nb: 2\n'],
  ['a strange tag', 'a: !b c\n'],
  ['an alias without an anchor', 'a: *b\n'],
  ['a directive that is wrong', '%YAML 9.9.9\n---\na: b\n'],
])('says of %s what the library says first, and reads the same', (_, text) => {
  expect(faultOf(text)).toEqual(faultOfLibrary(text));
  if (faultOf(text) !== undefined || text.includes('*b')) return;
  expect(parseBounded(text, { merge: true }).toJS()).toEqual(parseDocument(text, { merge: true }).toJS());
});

describe('levels', () => {
  test.each([
    ['brackets', (depth: number) => '['.repeat(depth) + ']'.repeat(depth)],
    ['braces', (depth: number) => '{a: '.repeat(depth) + '}'.repeat(depth)],
    ['dashes', (depth: number) => `${'- '.repeat(depth)}a\n`],
    ['indentation', (depth: number) => Array.from({ length: depth }, (_, at) => `${' '.repeat(at)}a:\n`).join('')],
  ])('%s: 500 are read, one more is not', (_, nested) => {
    expect(faultOf(nested(MOST_LEVELS))).toBeUndefined();
    expect(faultOf(nested(MOST_LEVELS + 1))).toMatchObject({ code: 'TOO_DEEP' });
  });

  test('brackets in quotes, comments and block scalars are none', () => {
    const brackets = '['.repeat(2000);
    expect(faultOf(`a: "${brackets}"\nb: '${brackets}' # ${brackets}\nc: |\n  ${brackets}\n`)).toBeUndefined();
  });
});

describe('values', () => {
  test.each([
    ['a list of short values', `[${'a,'.repeat(110_000)}a]`, 'TOO_LARGE'],
    ['a list of empty maps', `[${'{},'.repeat(90_000)}{}]`, 'TOO_LARGE'],
    ['a list of longer values', `[${'abcd,'.repeat(110_000)}a]`, undefined],
    ['few values, however short', `[${'a,'.repeat(99_000)}a]`, undefined],
    ['commas in text', `a: "${'a,'.repeat(110_000)}"`, undefined],
  ])('%s', (_, text, code) => {
    expect((faultOf(text) as { code?: string } | undefined)?.code).toBe(code);
  });
});

describe('aliases', () => {
  test.each([
    ['of a scalar, a list and a map', 'a: &a 1\nb: &b [*a, *a]\nc: &c {d: *b}\ne: [*c, *b, *a]\n'],
    ['of an anchor that is there twice', 'a: &a 1\nb: *a\nc: &a [2]\nd: *a\n'],
    ['that are merged', 'a: &a {b: 1}\nc: &c {<<: *a, d: 2}\ne: {<<: [*c, *a], b: 3}\n'],
    ['of an empty list', '[&a [], &b [*a, *a], [*b, *b]]'],
  ])('%s are what the library follows', (_, text) => {
    const document = parseBounded(text, { merge: true });
    expect(document.toJS()).toEqual(parseDocument(text, { merge: true }).toJS());
    expect(document.toString()).toBe(parseDocument(text, { merge: true }).toString());
  });

  test.each([
    ['9,800 of a scalar', `[&a a, ${'*a,'.repeat(9800)}]`, undefined],
    ['10,001', `[&a a, ${'*a,'.repeat(10_001)}]`, 'TOO_LARGE'],
    ['a list of 100, by 19 aliases', `[&a [${'b,'.repeat(99)}], ${'*a,'.repeat(19)}]`, undefined],
    ['by 21', `[&a [${'b,'.repeat(99)}], ${'*a,'.repeat(21)}]`, 'TOO_LARGE'],
    ['by 95 in a longer text', `[&a [${'b,'.repeat(99)}], ${'*a,'.repeat(95)}] #${'c'.repeat(20_000)}`, undefined],
    ['by 101 in one', `[&a [${'b,'.repeat(99)}], ${'*a,'.repeat(101)}] #${'c'.repeat(30_000)}`, 'TOO_LARGE'],
    ['a long text', `[&a ${'b'.repeat(400_000)}, *a, *a]`, 'TOO_LARGE'],
    ['few in a long text', `[&a [${'b,'.repeat(99)}], ${'*a,'.repeat(101)}${'bbbb,'.repeat(100_000)}]`, undefined],
    ['lists of lists of an empty one', `[&a [], &b [${'*a,'.repeat(200)}], [${'*b,'.repeat(50)}]]`, 'TOO_LARGE'],
  ])('%s', (_, text, code) => {
    expect((faultOf(text) as { code?: string } | undefined)?.code).toBe(code);
  });

  test('one without an anchor is a fault where it is followed', () => {
    expect(() => parseBounded('[&a a, *b]').toJS()).toThrow('Unresolved alias');
  });
});

test.each([
  ['line ends of Windows', '\r\n'],
  ['lines of a blank', ' \n'],
  ['lines of a comment', '#\n'],
])('%s count again for each level around them', (_, line) => {
  expect(faultOf(`${'- '.repeat(400)}a\n${line.repeat(900)}`)).toBeUndefined();
  expect(faultOf(`${'- '.repeat(400)}a\n${line.repeat(1100)}`)).toMatchObject({ code: 'TOO_LARGE' });
});

test('a wrong text costs one fault, not one for each character', () => {
  expect(faultOf(`a: [${','.repeat(100_000)}]`)).toMatchObject({ code: 'UNEXPECTED_TOKEN' });
});

describe('JSON', () => {
  const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);
  test.each([
    ['500 lists in each other', nested('[', ']', MOST_LEVELS), undefined],
    ['501', nested('[', ']', MOST_LEVELS + 1), 'TOO_DEEP'],
    ['501 maps', `${nested('{"a":', '}', MOST_LEVELS + 1).replace(':}', ':0}')}`, 'TOO_DEEP'],
    ['as many beside each other', `[${'[],'.repeat(MOST_LEVELS)}[]]`, undefined],
    ['brackets in a text', JSON.stringify({ a: '['.repeat(2000), b: '\\"'.repeat(3) + '['.repeat(2000) }), undefined],
    ['brackets behind a text that ends with a backslash', `["\\\\",${nested('[', ']', MOST_LEVELS)}]`, 'TOO_DEEP'],
    ['a text that does not end', '["\\', 'SyntaxError'],
    ['short values', `[${'1,'.repeat(110_000)}1]`, 'TOO_LARGE'],
    ['longer ones', `[${'1234,'.repeat(110_000)}1]`, undefined],
  ])('%s', (_, text, want) => {
    const ended = (() => {
      try {
        expect(parseJson(text)).toEqual(JSON.parse(text));
        return undefined;
      } catch (error) {
        return error instanceof TextFault ? error.code : (error as Error).name;
      }
    })();
    expect(ended).toBe(want);
  });
});

describe('a text in single quotes that ends at the margin', () => {
  test.each([
    ["a:\n  b: 'x\n\n    y\n\n'\n  c: d\n", { a: { b: 'x\ny\n', c: 'd' } }],
    ["- b: 'it''s\n\n'\n- 'c'\n", [{ b: "it's\n" }, 'c']],
  ])('is whole: %j', (text, value) => {
    expect(parseBounded(text).toJS()).toEqual(value);
  });

  test.each([
    ["a:\n  b: 'x\n''y'\n"], // only its end may stand there
    ["a:\n  b: 'x\ny'\n"],
    ['a:\n  b: "x\n"\n'], // Go escapes line ends in these
  ])('is none: %j', (text) => {
    expect(() => parseBounded(text)).toThrow();
  });

  test('ends no plain text', () => {
    expect(parseBounded("a: x\n'b': c\n").toJS()).toEqual({ a: 'x', b: 'c' });
  });
});

describe('a block text at the end of a text without a line end', () => {
  test.each([
    ['a: |\n  x', 'x'],
    ['\ufeffa: |\n  x', 'x'],
    ['a: |\r\n  x\r\n  y', 'x\ny'],
    ['a: >+\n  x\n  y', 'x y'],
    ['a: |+\n\n  x', '\nx'],
    ['a: |-\n  x', 'x'],
    ['a: |+', ''],
    ['a: |+\n  x\n\n', 'x\n\n'],
    ['a: |\n  x\n  ', 'x\n'],
    ['a: |\n  x\n# y', 'x\n'],
    ['a: "\n  x\\n"', ' x\n'],
  ])('%j is read as Go reads it', (text, a) => {
    expect(parseBounded(text).toJS()).toEqual({ a });
  });

  test.each(['a: |\n  x\n   ', 'a: |+\n  x\n  ', 'a: |+\n  '])('%j, which ends in blanks alone, is refused', (text) => {
    expect(faultOf(text)).toEqual({ code: 'BAD_INDENT', line: 1, col: 4 });
  });
});
