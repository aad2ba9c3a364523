import { expect, test } from '@jest/globals';
import { Flights } from '../../../../function/hosts/crossplane/flights.ts';

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
  const flights = new Flights<string>();
  const { start, resolve, signals } = work();
  const both = Promise.all([flights.join('a', never, start), flights.join('a', never, start)]);
  resolve('done');
  expect(await both).toEqual(['done', 'done']);
  await flights.join('a', never, start);
  expect(signals.length).toBe(2);
});

test('it goes on while anybody waits, and is aborted when the last has gone', async () => {
  const flights = new Flights<string>();
  const { start, resolve, signals } = work();
  const [one, other] = [new AbortController(), new AbortController()];
  const both = Promise.all([flights.join('a', one.signal, start), flights.join('a', other.signal, start)]);
  one.abort();
  expect(signals[0]?.aborted).toBe(false);
  other.abort();
  expect(signals[0]?.aborted).toBe(true);
  const next = flights.join('a', never, start);
  expect(signals.length).toBe(2); // nobody joins what was aborted
  resolve('');
  await Promise.all([both, next]);
});

test('a failure is everybody who waits, and nobody else after it', async () => {
  const flights = new Flights<string>();
  await expect(flights.join('a', never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await flights.join('a', never, async () => 'yes')).toBe('yes');
});
