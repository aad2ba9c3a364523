import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RENEW_AFTER_ANNOTATION } from '../../function/model/annotations.ts';
import type { KnownObject } from '../../function/model/answers.ts';
import { objectKey } from '../../function/model/kinds.ts';
import { Sensitive } from '../../function/model/sensitive.ts';
import { generatorManifest, SPEC } from '../support/manifests.ts';
import { ambient, fakeWorld } from '../support/world/fake-world.ts';
import { runManifests } from '../support/world/run-manifests.ts';

/** A schedule of runs: a CronJob, a pipeline, the calls of Crossplane. All times are in seconds. */
interface Schedule {
  readonly duration: number;
  /** `renew.before`; absent: the default. */
  readonly before: string | undefined;
  readonly name: string;
  /** How far this machine's clock is ahead of AWS's: STS takes no signature that is further off. */
  readonly ahead: number;
  /** The time between two runs, as a part of what is to be left of a session when it is due. */
  readonly interval: number;
}

/** What is to be left of a session that is due, and how soon after its issue it may be due, as docs/renewal.md has them: with the jitter. */
function wantedOf({ duration, before, ahead }: Schedule): { readonly left: number; readonly soonest: number } {
  const lifetime = duration - Math.max(0, ahead); // what this machine's clock makes of it
  const third = lifetime / 3;
  const amount = Number.parseInt(before ?? '', 10);
  const left = before === undefined ? third : before.endsWith('%') ? (lifetime * amount) / 100 : amount;
  const until = lifetime - (left < lifetime ? left : third);
  return { left: lifetime - until, soonest: until - Math.min(lifetime / 10, until / 2) };
}

const START = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
/** Of those that are looked at: others find the session good long before it is due. */
const RUNS = 12;

const schedules = fc
  .record({
    duration: fc.integer({ min: 900, max: 43_200 }),
    before: fc.oneof(
      fc.constant(undefined),
      fc.integer({ min: 1, max: 99 }).map((share) => `${share}%`),
      fc.integer({ min: 60, max: 40_000 }).map((seconds) => `${seconds}s`),
    ),
    name: fc.stringMatching(/^[a-z]{1,8}$/),
    ahead: fc.integer({ min: -299, max: 299 }),
    interval: fc.double({ min: 0.2, max: 0.99, noNaN: true }),
  })
  .filter(({ duration, before }) => !before?.endsWith('s') || Number.parseInt(before, 10) < duration);

test('a session is renewed before it ends, and not again in the next run', async () => {
  await fc.assert(
    fc.asyncProperty(schedules, async (schedule) => {
      const seen = await runAll(schedule);
      expect(seen.filter(({ hasEnded }) => hasEnded)).toEqual([]);
      expect(seen.filter(({ isTwice }) => isTwice)).toEqual([]);
      expect(seen.filter(({ isNew }) => isNew).length).toBeGreaterThan(1);
    }),
    { numRuns: Number(process.env.RENEWAL_RUNS ?? 100), seed: Number(process.env.RENEWAL_SEED ?? 1) },
  );
});

/** What each run did; the first issues. */
async function runAll(schedule: Schedule) {
  const { duration, before, name, ahead, interval } = schedule;
  const request = {
    items: [
      generatorManifest({ ...SPEC, requestParameters: { sessionDuration: duration } }, { name, namespace: 'team-a' }),
    ],
    functionConfig: {
      apiVersion: 'sts.fn.crossplane.io/v1beta1',
      kind: 'Input',
      sessions: before === undefined ? [] : [{ renew: { before } }],
    },
    ambient: ambient(),
  };
  const key = objectKey({ apiVersion: 'v1', kind: 'Secret', name, namespace: 'team-a' });
  const { left, soonest } = wantedOf(schedule);
  const step = Math.max(1, Math.floor(interval * left)) * 1000;
  const seen: { at: number; isNew: boolean; hasEnded: boolean; isTwice: boolean }[] = [];
  let existing: KnownObject | null = null;
  let [end, due] = [Number.POSITIVE_INFINITY, 0];
  let clock = START;
  for (let run = 0; run < RUNS; run++) {
    const hasEnded = end <= clock - ahead * 1000;
    const world = worldAt(clock, ahead, duration);
    const ran = await runManifests(request, new Map([[key, existing]]), { now: new Date(clock), world });
    const [secret] = ran.secrets;
    const isNew = secret !== undefined;
    seen.push({
      at: clock,
      isNew,
      hasEnded,
      isTwice: isNew && seen.at(-1)?.isNew === true && step < soonest * 1000 - 1000,
    });
    if (secret !== undefined) {
      const { data, metadata } = secret;
      existing = { annotations: metadata.annotations, data };
      end = clock - ahead * 1000 + duration * 1000;
      due = Date.parse(metadata.annotations[RENEW_AFTER_ANNOTATION] ?? '');
    }
    clock += step * Math.max(1, Math.floor((due - clock) / step)); // the last that finds it good, or the next
  }
  return seen;
}

function worldAt(clock: number, ahead: number, duration: number) {
  const value = new Sensitive('value');
  const session = {
    ...{ accessKeyId: value, secretAccessKey: value, sessionToken: value },
    expiration: new Date(Math.floor((clock - ahead * 1000 + duration * 1000) / 1000) * 1000),
  };
  const world = fakeWorld();
  return {
    ...world,
    now: () => new Date(clock),
    sts: {
      client: async (options: Parameters<typeof world.sts.client>[0]) => ({
        ...(await world.sts.client(options)),
        assumeRole: async () => session,
      }),
    },
  };
}
