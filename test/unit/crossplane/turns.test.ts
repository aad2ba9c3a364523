import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { TurnMissed, Turns } from '../../../function/crossplane/turns.ts';

const never = new AbortController().signal;

/** Turns with a clock of its own, and the order in which works began. */
function world() {
  const clock = { time: 0, now: () => clock.time };
  const turns = new Turns(clock);
  const order: string[] = [];
  const work = (
    namespace: string | undefined,
    milliseconds: number,
    signal = never,
    kind = 'Workspace',
    hasSessions = false,
  ) =>
    turns.of({ ...(namespace && { namespace }), kind }, () => signal, { hasSessions })(async () => {
      order.push(`${namespace ?? kind}${hasSessions ? "'s Secret" : ''}`);
      clock.time += milliseconds;
    });
  return { clock, order, turns, work };
}

test('who used least goes next, however many of another wait', async () => {
  const { order, work } = world();
  await Promise.all([
    ...Array.from({ length: 3 }, () => work('heavy', 1000)),
    ...['a', 'b'].flatMap((name) => [work(name, 10), work(name, 10)]),
  ]);
  expect(order.join(' ')).toBe('heavy a b a b heavy heavy');
});

test('what has its sessions goes before other work of its namespace, and of no other', async () => {
  const { order, work } = world();
  await work('heavy', 1000);
  await Promise.all([
    ...['first', 'heavy', 'heavy'].map((name) => work(name, 10)),
    ...['heavy', 'heavy'].map((name) => work(name, 10, never, 'Workspace', true)),
    work('a', 10),
  ]);
  expect(order.join(' ')).toBe("heavy first a heavy's Secret heavy's Secret heavy heavy");
});

test('a call whose request was read goes before others of its namespace, and their requests stay bytes', async () => {
  const { turns } = world();
  const order: string[] = [];
  const call = async (name: string) => {
    const takeTurn = turns.of({ namespace: 'a', kind: 'Workspace' }, () => never);
    for (const step of ['read', 'draft', 'plan']) await takeTurn(() => order.push(`${name} ${step}`));
  };
  await Promise.all(['x', 'y', 'z'].map(call));
  expect(order).toEqual(['x', 'y', 'z'].flatMap((name) => ['read', 'draft', 'plan'].map((step) => `${name} ${step}`)));
});

test('what was used is forgotten in some minutes', async () => {
  const { clock, order, work } = world();
  await work('a', 1000);
  clock.time += 600_000;
  await Promise.all([work('first', 10), work('b', 10), work('b', 10), work('a', 10)]);
  expect(order.join(' ')).toBe('a first b a b');
});

test('composites without a namespace count by their kind', async () => {
  const { order, work } = world();
  await Promise.all([
    work(undefined, 1000, never, 'Heavy'),
    work(undefined, 1000, never, 'Heavy'),
    work(undefined, 1, never, 'Other'),
  ]);
  expect(order).toEqual(['Heavy', 'Other', 'Heavy']);
});

test('who waits no longer is told so, and takes nobody a turn', async () => {
  const { order, work } = world();
  const controller = new AbortController();
  const first = work('a', 1);
  const late = work('b', 1, controller.signal);
  const last = work('c', 1);
  controller.abort();
  await expect(late).rejects.toBeInstanceOf(TurnMissed);
  await expect(work('d', 1, AbortSignal.abort())).rejects.toBeInstanceOf(TurnMissed);
  await Promise.all([first, last]);
  expect(order).toEqual(['a', 'c']);
});

test('work that fails passes its turn on, and an idle process begins at once', async () => {
  const { order, work } = world();
  const turn = new Turns().of({ namespace: 'a', kind: 'A' }, () => never);
  await expect(turn(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await turn(() => 'yes')).toBe('yes');
  await setTimeout(1);
  const begun = work('a', 1);
  expect(order).toEqual(['a']); // before anything is awaited
  await begun;
});

test('requests that came meanwhile are read after a turn, unless it was short', async () => {
  const { order, work } = world();
  await work('a', 0.5);
  const short = work('b', 1);
  expect(order).toEqual(['a', 'b']);
  await short;
  const long = work('c', 1);
  expect(order).toEqual(['a', 'b']);
  await long;
  expect(order).toEqual(['a', 'b', 'c']);
});
