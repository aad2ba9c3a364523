import { describe, expect, test } from '@jest/globals';
import { finding, messageOf } from '../../../function/findings/finding.ts';
import { cut, quote, shellWord, visible } from '../../../function/findings/quote.ts';
import { toResult } from '../../../function/krm/resource-list.ts';

/** Each of them leaves no trace on a screen, or turns others around: two names that differ in one look alike. */
const INVISIBLE: readonly (readonly [string, number, string])[] = [
  ['a null', 0x0, '\\u0000'],
  ['an escape', 0x1b, '\\u001b'],
  ['a delete', 0x7f, '\\u007f'],
  ['a control of one byte', 0x9b, '\\u009b'],
  ['a space that does not break', 0xa0, '\\u00a0'],
  ['a soft hyphen', 0xad, '\\u00ad'],
  ['a joiner of graphemes', 0x34f, '\\u034f'],
  ['an Arabic letter mark', 0x61c, '\\u061c'],
  ['a Hangul filler that begins', 0x115f, '\\u115f'],
  ['a Khmer vowel that is not shown', 0x17b4, '\\u17b4'],
  ['a Mongolian variant', 0x180b, '\\u180b'],
  ['a Mongolian separator', 0x180e, '\\u180e'],
  ['an em space', 0x2003, '\\u2003'],
  ['a space without width', 0x200b, '\\u200b'],
  ['a joiner', 0x200d, '\\u200d'],
  ['a mark from right to left', 0x200f, '\\u200f'],
  ['a line separator', 0x2028, '\\u2028'],
  ['an override from right to left', 0x202e, '\\u202e'],
  ['a word joiner', 0x2060, '\\u2060'],
  ['a times that nobody sees', 0x2062, '\\u2062'],
  ['an isolate', 0x2066, '\\u2066'],
  ['an empty letter of Braille', 0x2800, '\\u2800'],
  ['an ideographic space', 0x3000, '\\u3000'],
  ['a Hangul filler', 0x3164, '\\u3164'],
  ['half a character', 0xd83d, '\\ud83d'],
  ['the other half', 0xde00, '\\ude00'],
  ['a private one', 0xe000, '\\ue000'],
  ['a variation selector', 0xfe0f, '\\ufe0f'],
  ['a byte order mark', 0xfeff, '\\ufeff'],
  ['a Hangul filler of half width', 0xffa0, '\\uffa0'],
  ['an annotation anchor', 0xfff9, '\\ufff9'],
  ['a musical beam', 0x1d173, '\\u{1d173}'],
  ['a tag that spells', 0xe0061, '\\u{e0061}'],
  ['a selector beyond', 0xe0100, '\\u{e0100}'],
];

describe('a character that nobody sees is written out', () => {
  test.each(INVISIBLE)('%s', (_, code, want) => {
    const text = `a${String.fromCodePoint(code)}b`;
    expect(quote(text)).toBe(`"a${want}b"`);
    expect(visible(text)).toBe(`a${want}b`);
    expect(messageOf(finding('INTERNAL', `cannot ${text}.`))).toBe(`cannot a${want}b.`);
    const object = { apiVersion: 'v1', kind: 'Secret', name: text };
    expect(toResult(finding('INTERNAL', 'a', { object, field: `vars.${text}` }))).toMatchObject({
      resourceRef: { kind: 'Secret', name: `a${want}b` },
      field: { path: `vars.a${want}b` },
    });
  });

  test('all that Unicode calls a format, or to be ignored, and no letter', () => {
    for (let code = 0; code < 0x110000; code++) {
      const character = String.fromCodePoint(code);
      const isHidden = /[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cs}]/u.test(character) || code === 0x2800;
      const isSeen = /[\p{L}\p{N}\p{P}\p{S} ]/u.test(character) && !isHidden;
      const isEscaped = visible(character) !== character;
      if ((isHidden && !isEscaped) || (isSeen && isEscaped)) throw new Error(`U+${code.toString(16)}`);
    }
  });

  test('in the word of a command, so that bash reads the same', () => {
    expect(shellWord('a\u200bb')).toBe("$'a\\u200bb'");
    expect(shellWord("it's \u{e0061}")).toBe("$'it\\'s \\U000e0061'");
  });
});

describe('what is seen stays', () => {
  test.each([
    ['words', 'team-a/deployer', '"team-a/deployer"'],
    ['other letters', 'größe 数 ключ', '"größe 数 ключ"'],
    ['a character of two units', '😀', '"😀"'],
    ['quotes and backslashes, escaped', 'a"b\\c', '"a\\"b\\\\c"'],
    ['a newline, escaped', 'a\nb', '"a\\nb"'],
  ])('%s', (_, given, want) => expect(quote(given)).toBe(want));
});

describe('a long value is cut between characters', () => {
  test.each([
    ['as long as may be', 'a'.repeat(120), `"${'a'.repeat(120)}"`],
    ['longer', 'a'.repeat(121), `"${'a'.repeat(120)}…"`],
    ['as many of two units', '😀'.repeat(120), `"${'😀'.repeat(120)}"`],
    ['one more of two units', '😀'.repeat(121), `"${'😀'.repeat(120)}…"`],
    ['one of two units across the end', `${'a'.repeat(119)}😀b`, `"${'a'.repeat(119)}😀…"`],
    ['a megabyte', 'ab'.repeat(500_000), `"${'ab'.repeat(60)}…"`],
  ])('%s', (_, given, want) => expect(quote(given)).toBe(want));

  test('so is any text', () => expect(cut('a😀b', 2)).toBe('a😀…'));
});
