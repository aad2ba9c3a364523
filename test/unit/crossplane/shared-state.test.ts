import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DraftCache, RateLimit } from '../../../function/crossplane/shared-state.ts';
import type { NeedAnswers } from '../../../function/model/answers.ts';
import type { TakeTurn } from '../../../function/model/run-limits.ts';
import type { RunRequest } from '../../../function/model/run-request.ts';
import { generatorManifest } from '../../support/manifests.ts';
import { fakeWorld } from '../../support/world/fake-world.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const AT_ONCE = 3;

describe('one bucket', () => {
  test.each<[string, readonly number[], readonly number[]]>([
    ['three at once, and the fourth waits a minute', [0, 0, 0, 0], [0, 0, 0, MINUTE]],
    ['then one a minute', [0, 0, 0, MINUTE, MINUTE, 2 * MINUTE], [0, 0, 0, 0, MINUTE, 0]],
    [
      'who asks meanwhile does not wait longer for it',
      [0, 0, 0, 20, 40, MINUTE],
      [0, 0, 0, MINUTE - 20, MINUTE - 40, 0],
    ],
    [
      'three again after three minutes, and no more after ten',
      [0, 0, 0, ...Array(4).fill(10 * MINUTE)],
      [0, 0, 0, 0, 0, 0, MINUTE],
    ],
    ['one a minute from the first on meets no limit', [0, 1, 2, 3, 4, 5].map((at) => at * MINUTE), [0, 0, 0, 0, 0, 0]],
    [
      'a clock that is set back an hour makes nobody wait for an hour',
      [60, 60, 60, 0, 1, 2].map((at) => at * MINUTE),
      [0, 0, 0, MINUTE, 0, 0],
    ],
  ])('%s', (_, times, want) => {
    const limit = new RateLimit();
    expect(times.map((at) => limit.take('a', at))).toEqual(want);
  });

  test('what is given back can be had again, and what there was before is there', () => {
    const limit = new RateLimit();
    const taken = () => [0, 0, 0, 0].map((at) => limit.take('a', at)).filter((wait) => wait === 0).length;
    expect(taken()).toBe(3);
    limit.giveBack('a', 0, 0);
    expect(taken()).toBe(1);
    for (let times = 0; times < 9; times += 1) limit.giveBack('a', 0, 0);
    expect([taken(), limit.size]).toEqual([3, 1]);
  });

  test('what has come back by itself is not given back once more', () => {
    const limit = new RateLimit();
    limit.take('a', 0);
    for (const at of [2, 2, 2]) limit.take('a', at * MINUTE);
    limit.giveBack('a', 0, 2 * MINUTE);
    expect(limit.take('a', 2 * MINUTE)).toBe(MINUTE);
  });
});

describe('many buckets', () => {
  test('each has its own', () => {
    const limit = new RateLimit();
    expect(['a', 'a', 'a', 'b', 'a'].map((bucket) => limit.take(bucket, 0))).toEqual([0, 0, 0, 0, MINUTE]);
  });

  test('those that are full again are forgotten', () => {
    const limit = new RateLimit();
    for (let bucket = 0; bucket < 100; bucket += 1) limit.take(`${bucket}`, bucket);
    expect(limit.size).toBe(100);
    limit.take('last', 2 * MINUTE);
    expect(limit.size).toBe(1);
  });

  test('an owner who wants his own to be forgotten has to get as many sessions as there is room for', () => {
    const most = 100;
    const limit = new RateLimit(most);
    const empty = () => limit.take('his', 0) > 0;
    while (!empty());
    for (let other = 0; other < 1000; other += 1) {
      limit.take(`failed ${other}`, 0);
      limit.giveBack(`failed ${other}`, 0, 0);
    }
    for (let other = 1; other < most; other += 1) limit.take(`${other}`, 0);
    for (let asked = 0; asked < 1000; asked += 1) limit.take('1', 0);
    expect([empty(), limit.size]).toEqual([true, most]);
    limit.take('one more', 0);
    expect([empty(), limit.size]).toEqual([false, most]);
  });
});

/** What one caller does, in a row: the clock goes on, or is set, and a session is asked for, which may come to nothing later. */
const stepsOf = (changes: 'sets the clock back' | 'fails later') =>
  fc.array(
    fc.record({
      passes: fc.integer({ min: 0, max: 2 * MINUTE }),
      jumps:
        changes === 'fails later'
          ? fc.constant(0)
          : fc.oneof(
              { weight: 9, arbitrary: fc.constant(0) },
              { weight: 1, arbitrary: fc.integer({ min: -90 * MINUTE, max: -1 }) },
            ),
      /** How many steps later it fails; 0: it is a session. */
      failsAfter:
        changes === 'fails later'
          ? fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 4 }) })
          : fc.constant(0),
    }),
    { maxLength: 60 },
  );

// the server's clock is one that nobody sets: what is given back by another clock than it was taken by is nobody's case
test.each(['sets the clock back', 'fails later'] as const)(
  'in no window are there more than three sessions and one for each minute of it, where something %s',
  (changes) => {
    fc.assert(
      fc.property(stepsOf(changes), (given) => {
        const limit = new RateLimit();
        let [real, clock] = [0, 90 * 90 * MINUTE];
        const got: number[] = [];
        const failing: { step: number; takenAt: number }[] = [];
        for (const [step, { passes, jumps, failsAfter }] of given.entries()) {
          real += passes;
          clock += passes + jumps;
          for (const { takenAt } of failing.filter((one) => one.step === step)) limit.giveBack('a', takenAt, clock);
          const wait = limit.take('a', clock);
          expect(wait).toBeLessThanOrEqual(MINUTE);
          if (wait > 0) continue;
          if (failsAfter === 0) got.push(real);
          else failing.push({ step: step + failsAfter, takenAt: clock });
        }
        for (const [first, from] of got.entries())
          for (const [further, to] of got.slice(first).entries())
            expect(further + 1).toBeLessThanOrEqual(AT_ONCE + (to - from) / MINUTE);
      }),
      { numRuns: 2000 },
    );
  },
);

test('who waits as long as he was told gets one, whatever he did before', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -90 * MINUTE, max: 3 * MINUTE }), { maxLength: 40 }), (times) => {
      const limit = new RateLimit();
      let now = 90 * 40 * MINUTE;
      for (const passes of times) {
        now += passes;
        const wait = limit.take('a', now);
        now += wait;
        if (wait > 0) expect(limit.take('a', now)).toBe(0);
      }
    }),
  );
});

const { ambient } = fakeWorld();
const generator = (role: string) =>
  generatorManifest({ region: 'eu-west-1', role: `arn:aws:iam::123456789012:role/${role}` });
const owner = (name: string) => ({ prefix: `${name}-`, values: new Map([['composite', name]]) });
const request = (): RunRequest => ({
  items: [generator('a')],
  owner: owner('acme'),
  ambient,
});

const policy = {
  digest: 'a',
  policy: {
    apiVersion: 'sts.fn.crossplane.io/v1beta1',
    kind: 'Policy',
    grants: [{ roles: ['arn:aws:iam::*:role/*'] }],
  },
};

const NOTHING: NeedAnswers = new Map();
const takeTurn: TakeTurn = async (work) => work();
const call = { composite: { uid: 'a', namespace: 'team-a' }, now: new Date(), takeTurn };

test('equal manifests are drafted once', async () => {
  const steps = new DraftCache();
  const first = await steps.draft(request(), policy, NOTHING, call);
  expect(first).toMatchObject({ jobs: [{ target: { name: 'acme-deployer' } }], findings: [] });
  expect(await steps.draft(request(), policy, NOTHING, call)).toBe(first);
});

test('a Policy of megabytes is read through once for all drafts', async () => {
  const steps = new DraftCache();
  let looks = 0;
  const large = Object.defineProperty({ ...policy.policy }, 'grants', {
    enumerable: true,
    get: () => {
      looks += 1;
      return policy.policy.grants;
    },
  });
  const file = { digest: 'b', policy: large };
  await steps.draft(request(), file, NOTHING, call);
  const once = looks;
  for (let drafts = 0; drafts < 3; drafts += 1) await steps.draft(request(), file, NOTHING, call);
  expect(looks).toBe(once);
});

const shown = (change: object, state: object = {}): NeedAnswers => {
  const { metadata, ...others } = generator('a');
  const manifest = { ...others, metadata: { ...metadata, ...change }, ...state };
  return new Map([['a', { annotations: {}, manifest }]]);
};

test('a generator that the cluster showed is the same with another version and status', async () => {
  const steps = new DraftCache();
  const before = await steps.draft(request(), policy, shown({ resourceVersion: '1' }), call);
  const after = await steps.draft(request(), policy, shown({ resourceVersion: '2' }, { status: { a: 'b' } }), call);
  expect(after.jobs).toBe(before.jobs);
});

test.each<[string, Partial<RunRequest>, NeedAnswers?, Partial<typeof policy>?]>([
  ['a manifest', { items: [generator('b')] }],
  ['the functionConfig', { functionConfig: { apiVersion: 'v1', kind: 'ConfigMap', data: {} } }],
  ['the composite', { owner: owner('other') }],
  ['a value of the composite', { owner: { prefix: 'acme-', values: new Map([['composite', 'other']]) } }],
  ['what the cluster showed', {}, new Map([['a', null]])],
  ['a spec that the cluster showed', {}, shown({}, { spec: generator('b').spec })],
  ['a label that it showed', {}, shown({ labels: { a: 'b' } })],
  ['an annotation that it showed', {}, shown({ annotations: { a: 'b' } })],
  ['the Policy', {}, shown({}), { ...policy, digest: 'b' }],
  ['an absent Policy', {}, shown({}), {}],
])('%s that is another is drafted anew', async (_, change, known = shown({}), file = policy) => {
  const steps = new DraftCache();
  const { jobs } = await steps.draft(request(), policy, shown({}), call);
  expect((await steps.draft({ ...request(), ...change }, file, known, call)).jobs).not.toBe(jobs);
  expect((await steps.draft(request(), policy, shown({}), call)).jobs).toBe(jobs);
});
