import { expect, test } from '@jest/globals';
import { defined } from '../../../function/model/plain-data.ts';

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
