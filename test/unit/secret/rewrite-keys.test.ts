import { expect, test } from '@jest/globals';
import { RE2JS } from 're2js';
import { WorkBudget } from '../../../function/model/run-limits.ts';
import { instructionsOf, replaceAll, rewriteKeys } from '../../../function/secret/rewrite-keys.ts';

test('a step of a kind that nothing carries out is a fault, and does not leave every key out', async () => {
  const object = { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', name: 'a' };
  const rewritten = rewriteKeys(
    ['access_key_id'],
    [{}],
    { object, field: 'spec.dataFrom[0].rewrite' },
    { work: new WorkBudget(), throwIfExpired() {} },
  );
  await expect(rewritten).rejects.toThrow('no known kind');
});

const PIECES = [
  'a',
  '\\w',
  '[]a]',
  '[(]',
  '[^)]{3}',
  '\\(',
  '\\Q(\\E',
  '\\Q){9}\\E',
  '(?:a|b){2,5}',
  '(a{3}){4,}',
  '()',
  '(?i)k',
  '😀?',
  '\\x{10FF}',
];

test.each(PIECES.flatMap((first) => PIECES.map((second) => [first + second, `(${first}${second}){7}`])))(
  'no more instructions than are counted beforehand: %s and %s',
  (...sources) => {
    for (const source of sources)
      expect(instructionsOf(source)).toBeGreaterThanOrEqual(RE2JS.compile(source).programSize());
  },
);

test.each([10, 1000])('each search costs each instruction at each character that is left, of %d', (length) => {
  const expression = RE2JS.compile('b');
  let spent = 0;
  expect(replaceAll(expression, `${'a'.repeat(length)}b`, 'c', (instructions) => (spent += instructions))).toMatch(
    /ac$/,
  );
  expect(spent).toBeGreaterThanOrEqual(expression.programSize() * length);
});

test('classes that do not end are counted in the time of other characters', () => {
  const least = (character: string) => {
    const source = character.repeat(20_000);
    return Math.min(
      ...[1, 2, 3].map(() => {
        const start = performance.now();
        instructionsOf(source);
        return performance.now() - start;
      }),
    );
  };
  expect(least('[')).toBeLessThan(10 * least('a'));
});
