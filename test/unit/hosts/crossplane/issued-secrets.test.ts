import { expect, test } from '@jest/globals';
import { ExpiringMap, SingleFlight } from '../../../../function/hosts/crossplane/issued-secrets.ts';

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

const never = new AbortController().signal;

/** Work that ends when it is told to. */
function work() {
  const { promise, resolve } = Promise.withResolvers<string>();
  const signals: AbortSignal[] = [];
  const start = (signal: AbortSignal) => {
    signals.push(signal);
    return promise;
  };
  return { start, resolve, signals };
}

test('who asks for the same joins what is under way; afterwards it starts anew', async () => {
  const singleFlight = new SingleFlight<string>();
  const { start, resolve, signals } = work();
  const both = Promise.all([singleFlight.join('a', never, start), singleFlight.join('a', never, start)]);
  resolve('done');
  expect(await both).toEqual(['done', 'done']);
  await singleFlight.join('a', never, start);
  expect(signals.length).toBe(2);
});

test('it goes on while anybody waits, and is aborted when the last has gone', async () => {
  const singleFlight = new SingleFlight<string>();
  const { start, resolve, signals } = work();
  const [one, other] = [new AbortController(), new AbortController()];
  const both = Promise.all([singleFlight.join('a', one.signal, start), singleFlight.join('a', other.signal, start)]);
  one.abort();
  expect(signals[0]?.aborted).toBe(false);
  other.abort();
  expect(signals[0]?.aborted).toBe(true);
  const next = singleFlight.join('a', never, start);
  expect(signals.length).toBe(2); // nobody joins what was aborted
  resolve('');
  await Promise.all([both, next]);
});

test('a failure is everybody who waits, and nobody else after it', async () => {
  const singleFlight = new SingleFlight<string>();
  await expect(singleFlight.join('a', never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await singleFlight.join('a', never, async () => 'yes')).toBe('yes');
});
