import { expect, test } from '@jest/globals';
import { defined, distinct } from '../../../function/model/plain-data.ts';

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
