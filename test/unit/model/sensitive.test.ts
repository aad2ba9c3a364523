import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { quote } from '../../../function/findings/quote.ts';
import { Sensitive } from '../../../function/model/sensitive.ts';

test('a sensitive value prints in no way', () => {
  const value = new Sensitive('canary');
  const printed = [
    String(value),
    `${value}`,
    JSON.stringify({ value }),
    inspect(value),
    inspect({ value }, { depth: 9, showHidden: true }),
    Object.values(value).join(),
  ];
  expect(printed.filter((text) => text.includes('canary'))).toEqual([]);
  expect(value.reveal()).toBe('canary');
});

test.each([
  ['plain', '"plain"'],
  ['a "quote" and a \\', '"a \\"quote\\" and a \\\\"'],
  ['line\nbreak', '"line\\nbreak"'],
  ['\u001b[31m', '"\\u001b[31m"'],
  ['right\u202eto left', '"right\\u202eto left"'],
  ['\u0085\u2028', '"\\u0085\\u2028"'],
  ['x'.repeat(121), `"${'x'.repeat(120)}…"`],
])('quotes %j on one line', (value, want) => {
  expect(quote(value)).toBe(want);
});
