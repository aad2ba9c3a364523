import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { defined, distinct, matchesGlob, parseDuration, secondsOf } from '../../../function/model/plain-data.ts';

test('leaves out what is undefined, and nothing else', () => {
  const fields = defined({ none: undefined, nothing: null, empty: '', zero: 0, no: false, list: [undefined] });
  expect(Object.entries(fields)).toEqual([
    ['nothing', null],
    ['empty', ''],
    ['zero', 0],
    ['no', false],
    ['list', [undefined]],
  ]);
});

test('of those with equal keys the first stays, in its place', () => {
  expect(distinct(['a1', 'b1', 'a2', 'c1', 'b2'], (text) => text.charAt(0))).toEqual(['a1', 'b1', 'c1']);
});

describe('secondsOf', () => {
  test.each([
    ['30s', 30],
    ['2m', 120],
    ['1h30m', 5400],
    ['1h0m0s', 3600],
    ['1.5h', 5400],
    ['1500ms', 1.5],
    ['+10m', 600],
    ['0', 0],
  ])('%s is %d', (duration, want) => {
    expect(secondsOf(duration)).toBe(want);
  });

  test.each(['3us', '3µs', '3μs'])('%s is three millionths', (duration) => {
    expect(secondsOf(duration)).toBeCloseTo(3e-6, 12);
  });
});

describe('parseDuration', () => {
  test.each([
    ['60s', 60],
    ['24h', 86_400],
    ['25h', undefined],
    ['0s', undefined],
    ['1h30m', undefined],
    ['500ms', undefined],
    ['60', undefined],
    [60, undefined],
    [null, undefined],
  ])('%s is %s', (text, want) => {
    expect(parseDuration(text)).toBe(want);
  });
});

test('a pattern fits as the regular expression does that has `.*` for each star', () => {
  const letters = (unit: string[]) => fc.string({ unit: fc.constantFrom(...unit), maxLength: 7 });
  let fitting = 0;
  fc.assert(
    fc.property(letters(['a', 'b', '*']), letters(['a', 'b']), (pattern, text) => {
      const fits = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text);
      expect(matchesGlob(pattern, text)).toBe(fits);
      if (fits && pattern.includes('*')) fitting += 1;
    }),
    { numRuns: 2000 },
  );
  expect(fitting).toBeGreaterThan(200);
  expect(matchesGlob('x*ab*b', 'xab')).toBe(false); // no letter counts twice
});
