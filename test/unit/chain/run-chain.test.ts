import { describe, expect, test } from '@jest/globals';
import { HopError, runChain, SessionCache } from '../../../function/chain/run-chain.ts';
import { isSession } from '../../../function/model/hop.ts';
import { Sensitive } from '../../../function/model/sensitive.ts';
import type { AwsFailure } from '../../../function/model/world.ts';
import { hopsWith } from '../../support/hops-with.ts';
import { type FakeWorld, fakeWorld } from '../../support/world/fake-world.ts';

const hop = (name: string) => ({
  operation: 'AssumeRole' as const,
  region: 'eu-west-1',
  request: { roleArn: `arn:aws:iam::123456789012:role/${name}`, sessionName: 'deployer', durationSeconds: 900 },
});
const signal = new AbortController().signal;
const run = (
  world: FakeWorld & { signal?: AbortSignal },
  names = ['hub', 'spoke', 'account'],
  sessionCache = new SessionCache(),
) => runChain(hopsWith(names.map(hop)), {}, { signal, ...world, sessionCache });

const nameOf = (request: object) => String(Reflect.get(request, 'roleArn')).split('/')[1];

test('calls AWS for any number of hops, each signed with the session before', async () => {
  const world = fakeWorld();
  const { credentials: session } = await run(world);
  expect(world.calls.map(({ signedWith, request }) => [signedWith, nameOf(request)])).toEqual([
    ['default chain', 'hub'],
    ['ASIA1', 'spoke'],
    ['ASIA2', 'account'],
  ]);
  expect(isSession(session) && session.accessKeyId.reveal()).toBe('ASIA3');
});

test('gives all that share a hop the time at which it was asked for', async () => {
  const clock = [0, 1500].values();
  const world = { ...fakeWorld(), now: () => new Date(clock.next().value ?? 3000) };
  const shared = new SessionCache();
  const times = [await run(world, ['hub'], shared), await run(world, ['hub'], shared)].map(({ issuedAt }) => issuedAt);
  expect(times[1]).toEqual(times[0]);
});

test('asks anew for a hub whose session has ended in a long run, and signs with that one', async () => {
  const world = fakeWorld();
  const shared = new SessionCache();
  for (const [seconds, spoke] of [
    [0, 'a'],
    [800, 'b'],
    [60, 'c'],
    [100, 'd'],
  ] as const) {
    await world.sleep(seconds * 1000, signal);
    await run(world, ['hub', spoke], shared);
  }
  expect(world.calls.map(({ signedWith, request }) => [signedWith, nameOf(request)])).toEqual([
    ['default chain', 'hub'],
    ['ASIA1', 'a'],
    ['ASIA1', 'b'],
    ['default chain', 'hub'],
    ['ASIA4', 'c'],
    ['ASIA4', 'd'],
  ]);
});

const throttled: AwsFailure = { kind: 'refused', awsCode: 'Throttling', httpStatus: 400, clockCorrected: false };

describe('retries', () => {
  test.each([
    ['throttling', throttled, 2],
    ['an error of the server', { ...throttled, awsCode: 'Anything', httpStatus: 500 }, 2],
    ['a corrected clock', { ...throttled, awsCode: 'SignatureDoesNotMatch', httpStatus: 403, clockCorrected: true }, 2],
    ['no connection', { kind: 'unreachable', cause: 'ECONNRESET' }, 2],
    ['access denied', { ...throttled, awsCode: 'AccessDenied', httpStatus: 403 }, 1],
    ['an unknown code', { ...throttled, awsCode: 'Other', httpStatus: 400 }, 1],
    ['no credentials', { kind: 'noCredentials' }, 1],
    ['an answer that is none', { kind: 'malformed' }, 1],
  ] as const)('after %s', async (_, failure, attempts) => {
    const world = fakeWorld({ failures: [failure] });
    await run(world, ['only']).catch(() => undefined);
    expect(world.calls).toHaveLength(attempts);
  });

  test('wait longer each time, and end after five attempts', async () => {
    const world = fakeWorld({ failures: Array(9).fill(throttled) });
    await expect(run(world, ['only'])).rejects.toMatchObject({ failedHop: { isRepeated: true, failure: throttled } });
    expect(world.calls).toHaveLength(5);
    expect(world.slept).toEqual([150, 300, 600, 1200]);
  });

  test('that fail in several ways are not told as one', async () => {
    const unavailable = { ...throttled, awsCode: 'ServiceUnavailable', httpStatus: 503 };
    const world = fakeWorld({ failures: [unavailable, ...Array(8).fill(throttled)] });
    await expect(run(world, ['only'])).rejects.toMatchObject({ failedHop: { isRepeated: false, failure: throttled } });
  });
});

test('the deadline ends the wait for the next attempt: nothing is asked for then, no token either', async () => {
  const world = fakeWorld({ failures: [throttled] });
  const deadline = new AbortController();
  const end = { signal: deadline.signal, sleep: async () => deadline.abort() };
  const asked = run({ ...world, ...end }, ['only']);
  await expect(asked).rejects.toMatchObject({ failedHop: { isRepeated: false, failure: { kind: 'deadline' } } });
  expect(world.calls).toHaveLength(1);
});

test('names the hop that failed', async () => {
  const denied = { ...throttled, awsCode: 'AccessDenied', httpStatus: 403 };
  const error = await run(fakeWorld({ failures: [undefined, denied] })).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(HopError);
  expect(error).toMatchObject({
    failedHop: { position: 2, hopCount: 3, isOwn: false, isRepeated: false, failure: denied, hop: hop('spoke') },
  });
});

const login = {
  operation: 'GetAuthorizationToken' as const,
  region: 'eu-west-1',
  request: { scope: 'private' as const },
};
const chain = (own: string) => ({ ...hopsWith([hop('hub'), hop(own)]), after: [login] });
const runCalls = (calls: Parameters<typeof runChain>[0], world: FakeWorld, base: Parameters<typeof runChain>[1] = {}) =>
  runChain(calls, base, { signal, ...world, sessionCache: new SessionCache() });

test('names the field of the generator for its own call, also where calls follow it', async () => {
  const denied = { ...throttled, awsCode: 'AccessDenied', httpStatus: 403 };
  const failing = (failures: (AwsFailure | undefined)[]) => runCalls(chain('puller'), fakeWorld({ failures }));
  await expect(failing([denied])).rejects.toMatchObject({ failedHop: { position: 1, isOwn: false } });
  await expect(failing([undefined, denied])).rejects.toMatchObject({
    failedHop: { position: 2, hopCount: 3, isOwn: true },
  });
});

test('never signs a call with other credentials than the chain has', async () => {
  const behindLogin = { ...chain('puller'), after: [login, hop('next')] };
  await expect(runCalls(behindLogin, fakeWorld())).rejects.toThrow('behind one that gives no keys');
  const token = async () => new Sensitive('token');
  await expect(runCalls(chain('puller'), fakeWorld(), { token })).rejects.toThrow('a hop that takes none');
});

describe('chains of one run', () => {
  const names = (world: FakeWorld) => world.calls.map(({ request }) => nameOf(request));

  test('call AWS once for equal hops, also while the first is under way', async () => {
    const world = fakeWorld();
    const cache = new SessionCache();
    await Promise.all([
      run(world, ['hub', 'spoke', 'a'], cache),
      run(world, ['hub', 'spoke', 'b'], cache),
      run(world, ['hub', 'spoke', 'a'], cache),
    ]);
    expect(names(world)).toEqual(['hub', 'spoke', 'a', 'b']);
  });

  test('do not take a session from another way to the same role', async () => {
    const world = fakeWorld();
    const cache = new SessionCache();
    await run(world, ['hub', 'target'], cache);
    await run(world, ['other', 'target'], cache);
    await run(world, ['target'], cache);
    expect(names(world)).toEqual(['hub', 'target', 'other', 'target', 'target']);
  });

  test.each<[string, object, string?]>([
    ['another external ID', { externalID: 'other' }],
    ['no external ID', { externalID: undefined }],
    ['another session name', { sessionName: 'other' }],
    ['another duration', { durationSeconds: 901 }],
    ['tags', { tags: { team: 'a' } }],
    ['transitive tags', { transitiveTagKeys: ['team'] }],
    ['a source identity', { sourceIdentity: 'ci' }],
    ['policies', { policyARNs: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] }],
    ['a policy', { policy: '{}' }],
    ['another region', {}, 'eu-west-2'],
  ])('share no session with a hop that has %s', async (_, difference, region = 'eu-west-1') => {
    const world = fakeWorld();
    const own = hop('hub');
    const first = { ...own, request: { ...own.request, externalID: 'one' } };
    const sessionCache = new SessionCache();
    for (const one of [first, first, { ...first, region, request: { ...first.request, ...difference } }])
      await runChain(hopsWith([one]), {}, { signal, ...world, sessionCache });
    expect(world.calls).toHaveLength(2);
  });

  test('share the failure of a shared hop, and ask for it once', async () => {
    const world = fakeWorld({ failures: [{ ...throttled, awsCode: 'AccessDenied', httpStatus: 403 }] });
    const cache = new SessionCache();
    const errors = await Promise.all(
      ['a', 'b'].map((name) => run(world, ['hub', name], cache).catch((error: unknown) => error)),
    );
    expect(errors.map((error) => (error as HopError).failedHop.key)).toEqual([
      (errors[0] as HopError).failedHop.key,
      (errors[0] as HopError).failedHop.key,
    ]);
    expect(names(world)).toEqual(['hub']);
  });

  test('leave a hop that both wait for to the other, and end it when both have gone', async () => {
    const { sts, ...others } = fakeWorld();
    const [request, answer] = [Promise.withResolvers<AbortSignal>(), Promise.withResolvers<void>()];
    const client: typeof sts.client = async (options) => {
      const real = await sts.client(options);
      return {
        ...real,
        async assumeRole(parameters, own) {
          request.resolve(own);
          await answer.promise;
          return real.assumeRole(parameters, own);
        },
      };
    };
    const cache = new SessionCache();
    const [first, second] = [new AbortController(), new AbortController()];
    const both = [first, second].map((own) => run({ ...others, sts: { client }, signal: own.signal }, ['hub'], cache));
    const own = await request.promise;
    first.abort();
    expect(own.aborted).toBe(false);
    second.abort();
    expect(own.aborted).toBe(true);
    answer.resolve();
    await Promise.allSettled(both);
  });
});
