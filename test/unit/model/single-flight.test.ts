import { expect, test } from '@jest/globals';
import { SingleFlight } from '../../../function/model/single-flight.ts';

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
  const both = Promise.all([
    singleFlight.join({ key: 'a', signal: never }, start),
    singleFlight.join({ key: 'a', signal: never }, start),
  ]);
  resolve('done');
  expect(await both).toEqual(['done', 'done']);
  await singleFlight.join({ key: 'a', signal: never }, start);
  expect(signals.length).toBe(2);
});

test('it goes on while anybody waits, and is aborted when the last has gone', async () => {
  const singleFlight = new SingleFlight<string>();
  const { start, resolve, signals } = work();
  const [one, other] = [new AbortController(), new AbortController()];
  const both = Promise.all([
    singleFlight.join({ key: 'a', signal: one.signal }, start),
    singleFlight.join({ key: 'a', signal: other.signal }, start),
  ]);
  one.abort();
  expect(signals[0]?.aborted).toBe(false);
  other.abort();
  expect(signals[0]?.aborted).toBe(true);
  const next = singleFlight.join({ key: 'a', signal: never }, start);
  expect(signals.length).toBe(2); // nobody joins what was aborted
  resolve('');
  await Promise.all([both, next]);
});

test('who comes later gets a result that is kept, and starts anew where it no longer is', async () => {
  const singleFlight = new SingleFlight<number>();
  let starts = 0;
  const join = (keeps: (result: number) => boolean) =>
    singleFlight.join({ key: 'a', signal: never, keeps }, async () => ++starts);
  expect([await join(() => true), await join(() => true), await join((count) => count > 1)]).toEqual([1, 1, 2]);
  expect(await join((count) => count > 1)).toBe(2);
});

test('a failure is everybody who waits, and nobody else after it', async () => {
  const singleFlight = new SingleFlight<string>();
  await expect(singleFlight.join({ key: 'a', signal: never }, () => Promise.reject(new Error('no')))).rejects.toThrow(
    'no',
  );
  expect(await singleFlight.join({ key: 'a', signal: never }, async () => 'yes')).toBe('yes');
});
