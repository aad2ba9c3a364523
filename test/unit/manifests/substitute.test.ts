import { expect, test } from '@jest/globals';
import { substitute } from '../../../function/manifests/substitute.ts';

const values = new Map([
  ['account', '123456789012'],
  ['role.account', '210987654321'],
  ['tricky', '${account}'],
]);

test.each([
  ['nothing', 'plain $ { } text', 'plain $ { } text', []],
  ['a variable', 'arn:aws:iam::${account}:role/a', 'arn:aws:iam::123456789012:role/a', []],
  ['one with a dot', '${role.account}', '210987654321', []],
  ['two', '${account}${account}', '123456789012123456789012', []],
  ['a literal', '$${account}', '${account}', []],
  ['a value that looks like a variable', '${tricky}', '${account}', []],
  ['an unknown one', 'a${nope}b', 'a${nope}b', ['nope']],
  ['an empty one', '${}', '${}', ['']],
  ['a prototype key', '${__proto__}${constructor}', '${__proto__}${constructor}', ['__proto__', 'constructor']],
])('%s', (_, text, want, unknown) => {
  expect(substitute(text, values)).toEqual({ value: want, unknown, isWhole: unknown.length === 0 });
  expect(substitute({ list: [text], 1: 2 }, values)).toEqual({
    value: { list: [want], 1: 2 },
    unknown,
    isWhole: unknown.length === 0,
  });
});
