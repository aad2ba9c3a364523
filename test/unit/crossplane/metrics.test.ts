import { expect, test } from '@jest/globals';
import { Metrics } from '../../../function/crossplane/metrics.ts';

type Result = Parameters<Metrics['called']>[0];

/** What a call has that leaves a composite's Secret late or not. */
const result = (uid: string, isLate: boolean, seconds = 60) =>
  ({
    ...{ outcome: 'good', findings: [], newFailures: [], secrets: [] },
    composite: { uid, namespace: 'team-a' },
    lateness: [{ target: 'a', isLate }],
    ttlSeconds: seconds,
  }) as unknown as Result;

test('a late Secret counts until twice the time to live, so one of a deleted composite is forgotten', async () => {
  const clock = { time: 1_000_000 };
  const metrics = new Metrics(() => new Date(clock.time));
  const late = async () => Number(/^sts_function_late_secrets (\d+)$/m.exec(await metrics.text())?.[1]);
  metrics.called(result('a', true), 0);
  metrics.called(result('b', true, 30), 0);
  expect(await late()).toBe(2);
  clock.time += 60_000;
  expect(await late()).toBe(1); // b is gone: nobody calls for it
  metrics.called(result('a', true), 0);
  clock.time += 119_999;
  expect(await late()).toBe(1);
  metrics.called(result('a', false), 0);
  expect(await late()).toBe(0);
});

test('the last call is told by its time', async () => {
  const metrics = new Metrics(() => new Date(1_700_000_000_000));
  expect(await metrics.text()).toMatch(/^sts_function_last_call_timestamp_seconds 0$/m);
  metrics.called(result('a', false), 0);
  expect(await metrics.text()).toMatch(/^sts_function_last_call_timestamp_seconds 1700000000$/m);
});
