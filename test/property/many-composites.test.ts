import { beforeAll, describe, expect, test } from '@jest/globals';
import { type SimulationResult, simulate } from '../support/composites/simulate.ts';
import { IS_WHOLE } from '../support/is-whole.ts';

const HOURS = 3;
const COMPOSITES = IS_WHOLE ? 500 : 30;
/** Fewer fall together by chance alone. */
const TOGETHER = 600;
/** By then all of them are renewed once. */
const RENEWED_HOURS = 0.7;

/** A hub's session lasts an hour, and signs for 55 minutes of it. */
const hubCallsOf = (replicas: number) => replicas * Math.ceil((HOURS * 60) / 55);

describe('composites behind one hub, for some hours', () => {
  let quiet: SimulationResult;
  beforeAll(async () => {
    quiet = await simulate({ composites: COMPOSITES, hours: HOURS });
  });

  test('that were made in one minute are not renewed in one', async () => {
    const { mostTogether } = await simulate({ composites: TOGETHER, hours: RENEWED_HOURS });
    expect(mostTogether).toBeLessThanOrEqual(0.2);
  });

  test('ask the hub once in its lifetime', () => {
    const { hubCalls, latestRenewal, without } = quiet;
    expect(hubCalls).toBeLessThanOrEqual(hubCallsOf(1));
    expect(latestRenewal).toBeGreaterThan(10 * 60);
    expect(without).toBe(0);
  });

  test('with two replicas the hub is asked by each', async () => {
    const { hubCalls, without } = await simulate({ composites: COMPOSITES, hours: HOURS, replicas: 2 });
    expect(hubCalls).toBeLessThanOrEqual(hubCallsOf(2));
    expect(without).toBe(0);
  });

  test('a restart renews nothing that is good, and asks the hub once', async () => {
    const restarts = [3600, 5400, 5401];
    const disturbed = await simulate({ composites: COMPOSITES, hours: HOURS, restarts });
    expect(disturbed.roleCalls).toBeLessThanOrEqual(quiet.roleCalls * 1.02);
    expect(disturbed.hubCalls).toBeLessThanOrEqual(hubCallsOf(1) + restarts.length);
    expect(disturbed.without).toBe(0);
  });

  test('an STS that throttles for half an hour slows new ones and harms no good one', async () => {
    const quota = (second: number) => (second >= 3000 && second < 4800 ? 1 : Number.POSITIVE_INFINITY);
    const { throttled, latestRenewal, without } = await simulate({ composites: COMPOSITES, hours: HOURS, quota });
    expect(throttled).toBeGreaterThan(0);
    expect(latestRenewal).toBeGreaterThan(0);
    expect(without).toBe(0);
  });

  test.each([600, -600])('a clock that jumps by %d seconds lets no session end', async (error) => {
    const clockError = (second: number) => (second >= 4000 && second < 6000 ? error : 0);
    const { latestRenewal, without } = await simulate({ composites: COMPOSITES, hours: HOURS, clockError });
    expect(latestRenewal).toBeGreaterThan(0);
    expect(without).toBe(0);
  });
});
