import { expect, test } from '@jest/globals';
import { soak } from '../support/soak/soak.ts';

/**
 * A minute of what `node bench/soak.ts 15` does for longer (test/evidence/reliability.md). V8 lets its heap grow in the first minutes, so the
 * bound is a wide one: a server that keeps a call's 3 MB, or each session's request, goes beyond it.
 */
const WARM_UP_MINUTES = 0.25;
const MINUTES = 0.75;
const MOST_GROWTH = 0.5;

test('a minute of everything that callers do: no fault, no descriptor and no memory is left behind', async () => {
  const { faults, calls, before, after, slope, meanMegabytes } = await soak({
    warmUpMinutes: WARM_UP_MINUTES,
    minutes: MINUTES,
  });
  expect([...faults]).toEqual([]);
  expect([...calls.values()].filter((count) => count === 0)).toEqual([]);
  expect({ before: before.descriptors, after: after.descriptors }).toEqual({
    before: before.descriptors,
    after: Math.min(before.descriptors, after.descriptors),
  });
  expect((slope * MINUTES) / meanMegabytes).toBeLessThan(MOST_GROWTH);
});
