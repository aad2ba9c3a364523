import { describe, expect, test } from '@jest/globals';
import { readRule } from '../../../function/sops/metadata.ts';

/** Which of these are encrypted. */
const PATHS = [
  'data.a',
  'stringData.a',
  'metadata.name',
  'metadata.data_unencrypted',
  'data.password',
  'data.PASSWORD',
];
const encrypted = (sops: Record<string, string>) => {
  const rule = readRule(sops);
  return typeof rule === 'string' ? rule : PATHS.filter((path) => rule(path.split('.')));
};
const without = (...paths: string[]) => PATHS.filter((path) => !paths.includes(path));

describe('a rule', () => {
  test.each<[string, Record<string, string>, readonly string[]]>([
    ['none: all but one suffix', {}, without('metadata.data_unencrypted')],
    ['empty: none', { encrypted_regex: '' }, without('metadata.data_unencrypted')],
    ['unencrypted suffix', { unencrypted_suffix: 'word' }, without('data.password')],
    ['encrypted suffix', { encrypted_suffix: 'word' }, ['data.password']],
    [
      'encrypted pattern',
      { encrypted_regex: '^(data|stringData)$' },
      without('metadata.name', 'metadata.data_unencrypted'),
    ],
    ['encrypted pattern anywhere', { encrypted_regex: 'pa.[s-z]w' }, ['data.password']],
    ['in any case', { encrypted_regex: '(?i)^pass' }, ['data.password', 'data.PASSWORD']],
    ['unencrypted pattern', { unencrypted_regex: '^(metadata|[a-c])$' }, ['data.password', 'data.PASSWORD']],
  ])('%s', (_, sops, paths) => {
    expect(encrypted(sops)).toEqual(paths);
  });
});

describe('is not read', () => {
  test.each([
    ['two rules', { encrypted_regex: 'a', encrypted_suffix: 'b' }, 'malformed'],
    ['about comments', { unencrypted_comment_regex: 'a' }, 'unsupported'],
    ['a repeated group', { encrypted_regex: '(a+)+$' }, 'unsupported'],
    ['groups in a row', { encrypted_regex: '(a|a)(a|a)' }, 'unsupported'],
    ['a repeated character', { encrypted_regex: '.*password' }, 'unsupported'],
    ['a class that Go reads otherwise', { encrypted_regex: '[[:alpha:]]' }, 'unsupported'],
    ['an escape that Go reads otherwise', { encrypted_regex: '\\pL' }, 'unsupported'],
    ['a look ahead', { encrypted_regex: '(?=a)' }, 'unsupported'],
    ['no pattern', { encrypted_regex: '(' }, 'unsupported'],
    ['a long pattern', { encrypted_regex: 'a'.repeat(5000) }, 'unsupported'],
  ])('%s', (_, sops, want) => {
    expect(encrypted(sops as unknown as Record<string, string>)).toBe(want);
  });
});
