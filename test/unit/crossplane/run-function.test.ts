import { setImmediate } from 'node:timers/promises';
import { Severity } from '@crossplane-org/function-sdk-typescript';
import { expect, test } from '@jest/globals';
import { Metrics } from '../../../function/crossplane/metrics.ts';
import { runFunction } from '../../../function/crossplane/run-function.ts';
import { type AuditLine, type FlightEnd, newService } from '../../../function/crossplane/shared-state.ts';
import { TurnMissed } from '../../../function/crossplane/turns.ts';
import type { Finding } from '../../../function/findings/finding.ts';
import { NO_POLICY, type PolicyFile } from '../../../function/hosts/policy.ts';
import { SingleFlight } from '../../../function/model/single-flight.ts';
import {
  composite,
  generator,
  input,
  type Parts,
  reconcile,
  request,
  sent,
  verdictOf,
} from '../../support/crossplane/request.ts';
import { ambient, type FakeWorld, fakeWorld } from '../../support/world/fake-world.ts';

const waiting = new AbortController().signal;

/** Tells of each caller. */
class Watched extends SingleFlight<FlightEnd> {
  readonly callers = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  #joined = 0;

  override join(...parameters: Parameters<SingleFlight<FlightEnd>['join']>): Promise<FlightEnd> {
    this.callers[this.#joined]?.resolve();
    this.#joined += 1;
    return super.join(...parameters);
  }
}

/** A world whose STS answers once `answer` is there. */
function heldWorld() {
  const { sts, ...others } = fakeWorld();
  const answer = Promise.withResolvers<void>();
  const client: typeof sts.client = async (options) => {
    const real = await sts.client(options);
    return {
      ...real,
      async assumeRole(...parameters) {
        await answer.promise;
        return real.assumeRole(...parameters);
      },
    };
  };
  return { answer, world: { ...others, sts: { client } } };
}

test('a session that two calls wait for is not lost with the call that came first', async () => {
  const { answer, world } = heldWorld();
  const secretFlights = new Watched();
  const service = { ...newService({ world, maxTtlSeconds: 60, currentPolicy: () => NO_POLICY }), secretFlights };
  const call = (signal: AbortSignal) =>
    reconcile(async (parts) => {
      return (await runFunction(sent(parts), signal, service)).response;
    }, request());
  const leaving = new AbortController();
  const first = call(leaving.signal).catch(() => {});
  await secretFlights.callers[0]?.promise;
  const second = call(waiting);
  await secretFlights.callers[1]?.promise;
  const [begun, turn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const takeTurn = service.turns.of({ namespace: 'other', kind: 'Workspace' }, () => waiting);
  const held = takeTurn(() => {
    begun.resolve();
    return turn.promise;
  });
  await begun.promise;
  leaving.abort();
  answer.resolve();
  for (let times = 0; times < 50; times += 1) await setImmediate(); // a turn for the new Secret is waited for
  turn.resolve();
  const { response } = await second;
  expect(verdictOf(response)?.reason).toBe('Available');
  expect(response.results.map(({ reason }) => reason)).toEqual(['SessionIssued']);
  expect(world.calls).toHaveLength(1);
  await Promise.all([first, held]);
});

test('a call is read, drafts, plans and renders in a turn each', async () => {
  const service = newService({ world: fakeWorld(), maxTtlSeconds: 60, currentPolicy: () => NO_POLICY });
  const { turns } = service;
  const counts: number[] = [];
  const call = async (parts: Parts) => {
    let count = 0;
    const of: typeof turns.of = (...parameters) => {
      const takeTurn = turns.of(...parameters);
      return (work) => {
        count += 1;
        return takeTurn(work);
      };
    };
    const counted = { ...service, turns: { of } as typeof turns };
    const { response } = await runFunction(sent(parts), waiting, counted);
    counts.push(count);
    return response;
  };
  await reconcile(call, request());
  // the first drafts, the second has that draft and renders; both plan before and after needs are answered
  expect(counts).toEqual([4, 4]);
});

/** Lets the second caller begin when the first one has ended. */
class InTurn extends SingleFlight<FlightEnd> {
  #first: Promise<FlightEnd> | undefined;

  override async join(...parameters: Parameters<SingleFlight<FlightEnd>['join']>): Promise<FlightEnd> {
    const first = this.#first;
    this.#first ??= super.join(...parameters);
    if (first === undefined) return this.#first;
    await first;
    for (let times = 0; times < 50; times += 1) await setImmediate(); // what it issued is kept
    return super.join(...parameters);
  }
}

test('a call that was planned before another one issued the Secret issues none', async () => {
  const world = fakeWorld();
  const ready = { world, maxTtlSeconds: 60, currentPolicy: () => NO_POLICY };
  const service = { ...newService(ready), secretFlights: new InTurn() };
  const call = () =>
    reconcile(async (parts) => {
      return (await runFunction(sent(parts), waiting, service)).response;
    }, request());
  const [first, second] = await Promise.all([call(), call()]);
  expect(verdictOf(second.response)?.reason).toBe('Available');
  expect(second.response.desired).toEqual(first.response.desired);
  expect(world.calls).toHaveLength(1);
});

/** A server whose log is a list of lines about sessions. */
function server({
  world = fakeWorld(),
  policy = NO_POLICY,
  secretFlights = new Watched(),
}: {
  world?: FakeWorld;
  policy?: PolicyFile;
  secretFlights?: Watched;
} = {}) {
  const lines: AuditLine[] = [];
  const first = Promise.withResolvers<void>();
  const metrics = new Metrics(world.now);
  const audit = (line: AuditLine) => {
    lines.push(line);
    metrics.audited(line);
    first.resolve();
  };
  const clock = { now: () => Math.floor(performance.now()) }; // what is taken and given back is exactly nothing
  const ready = newService({ world, maxTtlSeconds: 60, currentPolicy: () => policy }, audit, clock);
  const service = { ...ready, secretFlights };
  const call = async (parts: Parts) => {
    const result = await runFunction(sent(parts), waiting, service);
    metrics.called(result, 0);
    return result.response;
  };
  const count = async (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await metrics.text())?.[1]);
  return { lines, first: first.promise, call, service, count };
}

const two = request({
  input: input({ generators: [generator(), generator({ region: 'eu-west-2' }, { name: 'other' })] }),
});

test('a session has its line where another generator of the call fails by a fault', async () => {
  const { sts, ...others } = fakeWorld();
  const client: typeof sts.client = async (options) => {
    if (options.region === 'eu-west-2') throw new Error('a fault');
    return sts.client(options);
  };
  const world = { ...others, sts: { client } };
  const { lines, first, call, service } = server({ world });
  await expect(reconcile(call, two)).rejects.toThrow('a fault');
  await first;
  for (let times = 0; times < 1000 && service.failureLimit.size > 0; times += 1) await setImmediate();
  expect(service.failureLimit.size).toBe(0); // AWS refused nothing
  expect(lines).toMatchObject([{ event: 'issued a session', secret: 'acme-deployer', name: 'acme', tag: 'tag' }]);
});

test('a session that several calls wait for has one line', async () => {
  const { answer, world } = heldWorld();
  const secretFlights = new Watched();
  const { lines, call, count } = server({ world, secretFlights });
  const both = Promise.all([reconcile(call, two), reconcile(call, two)]);
  await secretFlights.callers[3]?.promise; // two generators of two calls
  answer.resolve();
  await both;
  expect(await count('sts_function_secrets_reused_total')).toBe(0); // new to whoever waited, too
  expect(lines.map(({ secret }) => secret).toSorted()).toEqual(['acme-deployer', 'acme-other']);
});

test('a Secret whose session has no end is a Secret', async () => {
  const { sts, ...others } = fakeWorld();
  const client: typeof sts.client = async (options) => {
    const real = await sts.client(options);
    return {
      ...real,
      async assumeRole(...parameters) {
        const { expiration: _, ...session } = await real.assumeRole(...parameters);
        return session;
      },
    };
  };
  const { lines, call, count } = server({ world: { ...others, sts: { client } } });
  await reconcile(call, request());
  expect(lines).toMatchObject([{ event: 'issued a session', expiration: null }]);
  expect(await count('sts_function_sessions_issued_total')).toBe(1);
});

const secret = (metadata: object) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'acme-deployer', namespace: 'team-a', ...metadata },
  data: {},
});
const grants = [{ roles: ['arn:aws:iam::*:role/none'] }];

test.each<[string, string, { policy?: PolicyFile; parts?: Parts; objects?: readonly object[] }]>([
  ['a Policy refuses', 'NOT_GRANTED', { policy: { ...NO_POLICY, digest: 'd', policy: policyWith(grants) } }],
  [
    'a Policy refuses by the identity of its entry',
    'NOT_GRANTED',
    {
      policy: { ...NO_POLICY, digest: 'd', policy: policyWith([{ roles: ['arn:aws:iam::*:role/deployer'] }]) },
      parts: { input: input({ sessions: [{ identity: { tokenFile: '/token' } }] }) },
    },
  ],
  [
    'a hub of its entry is malformed',
    'SPEC_INVALID',
    { parts: { input: input({ sessions: [{ via: ['arn:aws:iam::22:role/hub'] }] }) } },
  ],
  [
    "another Secret of its entry is in another namespace than the composite's",
    'FUNCTION_CONFIG_INVALID',
    { parts: { input: input({ sessions: [{ secrets: [{ namespaces: ['other'] }] }] }) } },
  ],
  ['its Input is malformed', 'FUNCTION_CONFIG_INVALID', { parts: { input: input({ ttl: 'soon' }) } }],
  ["another owner's Secret is there", 'TARGET_NOT_OURS', { objects: [secret({})] }],
  [
    'an earlier step composes its Secret',
    'TARGET_CONFLICT',
    { parts: { desired: { resources: { other: { resource: secret({}) } } } } },
  ],
])('a refusal has its line where %s, and no second one', async (_, reason, { policy, parts, objects }) => {
  const { lines, call } = server(policy ? { policy } : {});
  for (let turn = 0; turn < 2; turn += 1) await reconcile(call, request(parts), objects);
  const line = { event: 'refused a session', reason, secret: 'acme-deployer', name: 'acme', policy: policy?.digest };
  expect(lines).toMatchObject([line]);
});

test('a refusal of an Input with a name has its line for what it would have made', async () => {
  const world = { ...fakeWorld(), ambient: ambient({ STS_FUNCTION_CLUSTER: 'context:a' }) };
  const { lines, call } = server({ world });
  await reconcile(call, request({ input: input({ metadata: { name: 'creds' }, cluster: { context: 'b' } }) }));
  expect(lines).toMatchObject([{ event: 'refused a session', reason: 'FUNCTION_CONFIG_INVALID' }]);
});

test.each([
  ['that is there', {}],
  ['that is missing', { xr: composite({ spec: { accountID: undefined } }) }],
])('a Policy that breaks its schema refuses a call with a value %s', async (_, parts) => {
  const { call } = server({ policy: { ...NO_POLICY, policy: policyWith([{ rolez: ['x'] }]) } });
  const { response } = await reconcile(call, request(parts));
  expect(response.results).toMatchObject([{ severity: Severity.SEVERITY_FATAL, reason: 'SettingInvalid' }]);
});

test.each([{ STS_FUNCTION_POLCY: '/policy.yaml' }, { AWS_STS_ENDPOINT: 'http://192.0.2.1:9' }])(
  'what the server says of %p at its start no call says again',
  async (variables) => {
    const world = { ...fakeWorld(), ambient: ambient(variables) };
    const service = newService({ world, maxTtlSeconds: 60, currentPolicy: () => NO_POLICY });
    const findings: Finding[] = [];
    await reconcile(async (parts) => {
      const result = await runFunction(sent(parts), waiting, service);
      findings.push(...result.findings);
      return result.response;
    }, request());
    expect(findings).toEqual([]);
  },
);

test('a step without an input has a name beside a later one', async () => {
  const { call } = server();
  const desired = { resources: { one: { resource: generator() } } }; // with a variable, which has no value here
  const { response } = await reconcile(call, { ...request({ desired }), input: undefined });
  const later = await reconcile(call, request({ context: response.context }));
  expect(verdictOf(later.response)?.message).toMatch(
    /^a step without input: cannot use STSAssumeRoleToken "team-a\/deployer": /,
  );
});

function policyWith(grants: readonly object[]) {
  return { apiVersion: 'sts.fn.crossplane.io/v1beta1', kind: 'Policy', grants };
}

test.each<[string, string, unknown]>([
  ['is over while it computes ends without a response: nothing is stopped, applied or deleted', '0.000001', undefined],
  ['is enough has one', '120', { isFatal: false }],
])('a call whose time %s', async (_, seconds, expected) => {
  const world = { ...fakeWorld(), ambient: ambient({ STS_FUNCTION_TIMEOUT: seconds }) };
  const service = newService({ world, maxTtlSeconds: 60, currentPolicy: () => NO_POLICY });
  const answer = runFunction(sent(request()), waiting, service).then(({ response: { results } }) => ({
    isFatal: results.some(({ severity }) => severity === Severity.SEVERITY_FATAL),
  }));
  if (expected === undefined) await expect(answer).rejects.toBeInstanceOf(TurnMissed);
  else expect(await answer).toEqual(expected);
});
