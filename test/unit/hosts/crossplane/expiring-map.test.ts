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

test('a clock that is set back leaves nothing that lasts until it has caught up', () => {
  const hour = 3_600_000;
  const map = new ExpiringMap<string>(100);
  map.put('a', 'of the future', at(hour));
  expect(map.get('a', at(hour - 1))).toBe(undefined);
  map.put('b', 'now', at(0));
  expect([map.get('a', at(0)), map.get('b', at(99)), map.values(at(99))]).toEqual([undefined, 'now', ['now']]);
});
