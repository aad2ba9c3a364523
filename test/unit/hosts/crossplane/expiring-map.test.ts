import { expect, test } from '@jest/globals';
import { ExpiringMap } from '../../../../function/hosts/crossplane/expiring-map.ts';

const at = (milliseconds: number) => new Date(milliseconds);

test('an entry is there for its time, and a later one for its own', () => {
  const map = new ExpiringMap<string>(100);
  map.put('a', 'first', at(0));
  map.put('b', 'other', at(50));
  expect([map.get('a', at(99)), map.get('a', at(100)), map.get('b', at(100))]).toEqual(['first', undefined, 'other']);
  expect(map.values(at(100))).toEqual(['other']);
});

test('an entry that is put again begins anew, behind those of before', () => {
  const map = new ExpiringMap<string>(100);
  map.put('a', 'first', at(0));
  map.put('b', 'other', at(10));
  map.put('a', 'second', at(60));
  expect(map.values(at(120))).toEqual(['second']);
  map.delete('a');
  expect(map.values(at(120))).toEqual([]);
});
