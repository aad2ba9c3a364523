import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FairStore } from '../../../function/crossplane/fair-store.ts';

const ROOM = 1000;
const at = (milliseconds: number) => new Date(milliseconds);
const tenant = (namespace: string | undefined, uid: string) => ({
  uid,
  ...(namespace === undefined ? {} : { namespace }),
});
const A = tenant('team-a', 'a');
const B = tenant('team-b', 'b');

test('an entry is there for its time, and a later one for its own', () => {
  const map = new FairStore<string>(ROOM, 100);
  map.put('a', 'first', A, at(0));
  map.put('b', 'other', A, at(50));
  expect([map.get('a', at(99)), map.get('a', at(100)), map.get('b', at(100))]).toEqual(['first', undefined, 'other']);
  expect(map.values(at(100))).toEqual(['other']);
});

test('an entry that is put again begins anew, behind those of before', () => {
  const map = new FairStore<string>(ROOM, 100);
  map.put('a', 'first', A, at(0));
  map.put('b', 'other', A, at(10));
  map.put('a', 'second', A, at(60));
  expect(map.values(at(120))).toEqual(['second']);
  map.delete('a');
  expect(map.values(at(120))).toEqual([]);
});

test('a clock that is set back leaves nothing that lasts until it has caught up', () => {
  const hour = 3_600_000;
  const map = new FairStore<string>(ROOM, 100);
  map.put('a', 'of the future', A, at(hour));
  expect(map.get('a', at(hour - 1))).toBe(undefined);
  map.put('b', 'now', A, at(0));
  expect([map.get('a', at(0)), map.get('b', at(99)), map.values(at(99))]).toEqual([undefined, 'now', ['now']]);
});

/** A text that takes about a hundred bytes, of which ten have room. */
const text = (name: string) => name.padEnd(96, '.');
const NOW = at(0);

/** A store into which texts were put, by whom. */
function storeOf(...entries: readonly (readonly [string, ReturnType<typeof tenant>])[]) {
  const store = new FairStore<string>(ROOM);
  for (const [key, by] of entries) store.put(key, text(key), by, NOW);
  const has = (...keys: string[]) => keys.filter((key) => store.get(key, NOW) !== undefined);
  return { store, has };
}

describe('when there is no more room', () => {
  const many = (by: ReturnType<typeof tenant>, prefix: string, number: number) =>
    Array.from({ length: number }, (_, index) => [`${prefix}${index}`, by] as const);

  test('a composite that keeps putting loses its own, the oldest first, and its neighbours nothing', () => {
    const { has } = storeOf(['n', tenant('team-a', 'neighbour')], ['b', B], ...many(A, 'a', 30));
    expect(has('n', 'b')).toEqual(['n', 'b']);
    expect(has('a0', 'a29')).toEqual(['a29']);
  });

  test('many composites of a namespace push out those of their namespace', () => {
    const own = many(A, 'a', 30).map(([key], index) => [key, tenant('team-a', `a${index}`)] as const);
    const { has } = storeOf(['b', B], ['without', tenant(undefined, 'c')], ...own);
    expect(has('b', 'without')).toEqual(['b', 'without']);
    expect(has('a0', 'a29')).toEqual(['a29']);
  });

  test('who comes last has room beside one that keeps all', () => {
    const { has } = storeOf(...many(A, 'a', 30), ['b', B]);
    expect(has('b', 'a29')).toEqual(['b', 'a29']);
  });

  test('what was put again goes last', () => {
    const { store, has } = storeOf(...many(A, 'a', 8));
    store.put('a0', text('a0'), A, NOW);
    for (const [key] of many(A, 'x', 6)) store.put(key, text(key), A, NOW);
    expect(has('a0', 'a1')).toEqual(['a0']);
  });

  test('what alone is larger than all the room is not kept', () => {
    const { store, has } = storeOf(['b', B]);
    store.put('huge', 'x'.repeat(2 * ROOM), A, NOW);
    expect(has('huge', 'b')).toEqual(['b']);
  });
});

test('what is large makes room among very many composites in the time that it takes among few', () => {
  const entries = 4000;
  const seconds = (composites: number) => {
    const store = new FairStore<number>(entries, undefined, (_, bytes) => bytes);
    for (let at = 0; at < entries; at += 1) store.put(`k${at}`, 1, tenant('team-a', `u${at % composites}`), NOW);
    const start = performance.now();
    store.put('large', entries, A, NOW);
    const took = performance.now() - start;
    expect(store.values(NOW)).toEqual([entries]);
    return took;
  };
  const least = (composites: number) => Math.min(...[1, 2, 3].map(() => seconds(composites)));
  expect(least(entries)).toBeLessThan(20 * least(4));
});

test('nobody who keeps no more than his share of the room ever loses anything, whatever others do', () => {
  const step = fc.record({
    namespace: fc.constantFrom('a', 'b', 'c'),
    uid: fc.constantFrom('x', 'y'),
    key: fc.nat(40),
    length: fc.nat(400),
    isGone: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const store = new FairStore<string>(10 * ROOM);
      const mine = tenant('mine', 'me');
      store.put('mine', 'x'.repeat(ROOM), mine, NOW);
      for (const { namespace, uid, key, length, isGone } of steps) {
        const name = JSON.stringify([namespace, uid, key]);
        if (isGone) store.delete(name);
        else store.put(name, 'x'.repeat(length), tenant(namespace, uid), NOW);
      }
      expect(store.get('mine', NOW)).toBeDefined();
      const kept = store.values(NOW).reduce((sum, { length }) => sum + length, 0);
      expect(kept).toBeLessThanOrEqual(10 * ROOM);
    }),
  );
});
