import { expect, test } from '@jest/globals';
import { readFieldPath } from '../../../function/crossplane/read-step.ts';
import { valueAt } from '../../../function/model/plain-data.ts';

test.each<[string, string[] | undefined]>([
  ['spec.accountID', ['spec', 'accountID']],
  ['spec.items[0].name', ['spec', 'items', '0', 'name']],
  ['metadata.labels[example.org/account]', ['metadata', 'labels', 'example.org/account']],
  ["metadata.labels['example.org/account']", ['metadata', 'labels', 'example.org/account']],
  ['', undefined],
  ['.spec', undefined],
  ['spec.', undefined],
  ['spec[', undefined],
  ['spec[]', undefined],
  ['spec.${a}', undefined],
  [`${'a.'.repeat(50_000)}!`, undefined],
])('%s', (text, want) => {
  expect(readFieldPath(text)).toEqual(want);
});

test('own properties only', () => {
  const value = { a: [{ b: 'x' }], 'example.org/c': 'y' };
  expect(valueAt(value, ['a', '0', 'b'])).toBe('x');
  expect(valueAt(value, ['example.org/c'])).toBe('y');
  for (const name of ['constructor', '__proto__', 'toString']) expect(valueAt(value, [name])).toBeUndefined();
  expect(valueAt(value, ['a', 'length', 'x'])).toBeUndefined();
});
