import { randomUUID } from 'node:crypto';
import { Ready, type RunFunctionResponse, Severity, Status } from '@crossplane-org/function-sdk-typescript';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { roles } from '../../support/accounts.ts';
import {
  applied,
  composite,
  generator,
  input,
  type Parts,
  request,
  UID,
  verdictOf,
} from '../../support/crossplane/request.ts';
import { shareServer } from '../../support/crossplane/share-server.ts';
import { externalSecret, fromGenerator } from '../../support/manifests.ts';
import { shareExampleSts } from '../../support/start-example-sts.ts';

// Who may write a composite, and how many sessions that is worth: three at once for each of its generators, then one a minute.

const AT_ONCE = 3;
const MINUTE = 60_000;
const TURNS = 20;
const KEY = 'acme-deployer';
const HUB = 'arn:aws:iam::111111111111:role/hub';
const ROLE = { role: 'arn:aws:iam::123456789012:role/deployer' };
const ANNOTATION = 'sts.fn.crossplane.io/';

const trusting = [...roles];
beforeEach(() => {
  trusting.splice(0, trusting.length, ...roles);
});
const sts = shareExampleSts({ roles: trusting });
const server = shareServer({ sts });

interface Secret {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>>; readonly [name: string]: unknown };
  readonly [name: string]: unknown;
}

/** A composite and what somebody does to its Secrets, turn after turn. */
interface Attack {
  readonly asks: (turn: number) => Parameters<typeof request>[0];
  /** What the cluster has beside it. */
  readonly objects?: (turn: number) => readonly unknown[];
  /** What the engine shows of a Secret in the next turn; undefined: it is gone. */
  readonly shows?: (secret: Secret) => Secret | undefined;
}

const run = async (asked: Parts, objects: readonly unknown[] = []) => (await server.reconcile(asked, objects)).response;

const secretsOf = ({ desired }: RunFunctionResponse) =>
  Object.entries(desired?.resources ?? {}).flatMap(([key, { resource }]) =>
    resource?.kind === 'Secret' ? [[key, resource as unknown as Secret] as const] : [],
  );

const gone = () => undefined;
const annotated = (annotations: object) => (secret: Secret) => ({
  ...secret,
  metadata: { ...secret.metadata, annotations: { ...secret.metadata.annotations, ...annotations } },
});
const due = annotated({ [`${ANNOTATION}renew-after`]: '2026-01-01T00:00:00Z' });

/** Makes the turns, each of which ends when the engine has shown the Secrets, so that nothing of them is remembered. */
async function attack(
  { asks, objects = () => [], shows = (secret) => secret }: Attack,
  turns = TURNS,
): Promise<RunFunctionResponse> {
  let observed: (readonly [string, Secret])[] = [];
  let last: RunFunctionResponse | undefined;
  for (let turn = 0; turn < turns; turn += 1) {
    const parts = asks(turn);
    const xr = (parts?.xr ?? composite()) as ReturnType<typeof composite>;
    const shown = (secrets: typeof observed) =>
      Object.fromEntries(secrets.map(([key, secret]) => [key, applied(secret, xr.metadata.uid)]));
    const before = observed.flatMap(([key, secret]) => {
      const one = shows(secret);
      return one === undefined ? [] : [[key, one] as const];
    });
    last = await run(request({ ...parts, observedResources: shown(before) }), objects(turn));
    observed = [...secretsOf(last)];
    await run(request({ ...parts, observedResources: shown(observed) }), objects(turn));
  }
  if (last === undefined) throw new Error('no turns');
  return last;
}

const sessions = () => sts.calls.filter(({ outcome }) => outcome === 'ok').length;

/** Runs something and holds the sessions that it got to the limit, however long the machine took. */
async function withinLimit(action: () => Promise<unknown>, buckets = 1): Promise<void> {
  const start = performance.now();
  await action();
  const minutes = Math.floor((performance.now() - start) / MINUTE);
  expect(sessions()).toBeGreaterThanOrEqual(AT_ONCE);
  expect(sessions()).toBeLessThanOrEqual(buckets * (AT_ONCE + minutes));
}

/** How often the server has limited somebody. */
const limitedTotal = async () =>
  Number(/^sts_function_limited_total (\d+)$/m.exec((await server.get('/metrics')).text)?.[1]);

const withSpec = (spec: object, parts: object = {}) => ({ xr: composite({ spec }), input: input(parts) });
const fromField = (name: string, type = 'dnsLabel') => ({ [name]: { fromFieldPath: `spec.${name}`, type } });
const account = { account: { fromFieldPath: 'spec.accountID', type: 'accountID' } };
const named = (name: string, of = 'gen') =>
  JSON.parse(
    JSON.stringify(externalSecret({ dataFrom: [fromGenerator(of)] }, { name, namespace: undefined })),
  ) as object;
const desired = (resources: Record<string, object>) => ({
  input: input({ generators: [] }),
  desired: { resources: Object.fromEntries(Object.entries(resources).map(([key, resource]) => [key, { resource }])) },
});

describe('a composite does not get a session with each call', () => {
  test.each<[string, Attack]>([
    ['by setting `renew-after` back', { asks: () => ({}), shows: due }],
    [
      'by setting the end of the session back',
      { asks: () => ({}), shows: annotated({ [`${ANNOTATION}expiration`]: '2026-01-01T00:00:00Z' }) },
    ],
    [
      'by changing the hash of the spec',
      { asks: () => ({}), shows: annotated({ [`${ANNOTATION}spec-hash`]: 'v1-00000000000000000000000000000000' }) },
    ],
    ['by deleting the Secret', { asks: () => ({}), shows: gone }],
    [
      'by another `force-sync` in each turn',
      { asks: (turn) => ({ xr: composite({ metadata: { annotations: { 'force-sync': `n${turn}` } } }) }) },
    ],
    [
      'by being deleted and made anew',
      { asks: () => ({ xr: composite({ metadata: { uid: randomUUID() } }) }), shows: gone },
    ],
    [
      'by another name of the generator, from a field',
      {
        asks: (turn) =>
          withSpec(
            { name: `n${turn}` },
            { generators: [generator({}, { name: '${name}' })], vars: { ...account, ...fromField('name') } },
          ),
      },
    ],
    [
      'by another name of the Secret, from a field',
      {
        asks: (turn) =>
          withSpec(
            { suffix: `n${turn}` },
            { sessions: [{ secrets: [{ name: '${suffix}-aws' }] }], vars: { ...account, ...fromField('suffix') } },
          ),
      },
    ],
    [
      'by another namespace, under a cluster-scoped composite',
      {
        asks: (turn) => ({
          ...withSpec(
            {},
            {
              generators: [generator({}, { name: 'deployer', namespace: '${place}' })],
              vars: { ...account, ...fromField('place') },
            },
          ),
          xr: {
            ...composite(),
            metadata: { name: 'acme', uid: UID },
            spec: { accountID: '123456789012', place: `n${turn}` },
          },
        }),
      },
    ],
    [
      'by another label of the Secret, from a field',
      {
        asks: (turn) =>
          withSpec(
            { suffix: `n${turn}` },
            { sessions: [{ secrets: [{ labels: { a: '${suffix}' } }] }], vars: { ...account, ...fromField('suffix') } },
          ),
      },
    ],
    [
      'by two roles in turns, from a field',
      {
        asks: (turn) =>
          withSpec(
            { role: turn % 2 === 0 ? 'deployer' : 'my-role' },
            {
              generators: [generator({ role: 'arn:aws:iam::${account}:role/${role}' })],
              vars: { ...account, ...fromField('role', 'roleName') },
              allow: undefined,
            },
          ),
      },
    ],
    [
      'by another region, from a field',
      {
        asks: (turn) =>
          withSpec(
            { region: ['eu-west-1', 'eu-west-2', 'us-east-1', 'us-east-2'][turn % 4] },
            {
              generators: [generator({ region: '${region}' })],
              vars: { ...account, ...fromField('region', 'region') },
            },
          ),
      },
    ],
    [
      'by a version of its API and back',
      { asks: (turn) => ({ xr: { ...composite(), apiVersion: `example.org/v${(turn % 2) + 1}` } }), shows: due },
    ],
    [
      'by its own labels',
      { asks: (turn) => ({ xr: composite({ metadata: { labels: { turn: `n${turn}` } } }) }), shows: due },
    ],
    [
      'by another name of a desired generator',
      { asks: (turn) => desired({ creds: generator(ROLE, { name: `n${turn}` }) }) },
    ],
    [
      'by another key and name of a desired generator, as a template makes them',
      { asks: (turn) => desired({ [`creds-${turn}`]: generator(ROLE, { name: `n${turn}` }) }) },
    ],
    [
      'by another name of an ExternalSecret of the Input',
      {
        asks: (turn) =>
          withSpec(
            { name: `n${turn}` },
            {
              generators: [generator({}, { name: 'gen' }), named('${name}')],
              vars: { ...account, ...fromField('name') },
            },
          ),
      },
    ],
    [
      'by another key and name of a desired ExternalSecret',
      {
        asks: (turn) => desired({ gen: generator(ROLE, { name: 'gen' }), [`es-${turn}`]: named(`n${turn}`) }),
      },
    ],
    [
      'by another generator that only the cluster has, from a field',
      {
        asks: (turn) =>
          withSpec(
            { name: `n${turn}` },
            {
              generators: [named('credentials', '${name}')],
              vars: fromField('name'),
              allow: [{ roles: [ROLE.role], fromCluster: true }],
            },
          ),
        objects: (turn) => [generator(ROLE, { name: `n${turn}`, namespace: 'team-a' })],
      },
    ],
    [
      'by a template that likes no session',
      {
        asks: () => ({
          input: input({
            generators: [
              generator({}, { name: 'gen' }),
              {
                ...named('credentials'),
                spec: {
                  dataFrom: [fromGenerator()],
                  // not what stands for a session while the template is tried
                  target: {
                    template: {
                      data: {
                        a: '{{ if ne .access_key_id "ASIAIOSFODNN7EXAMPLE" }}{{ index .access_key_id 99 }}{{ end }}',
                      },
                    },
                  },
                },
              },
            ],
          }),
        }),
        shows: gone,
      },
    ],
  ])('%s', async (_, given) => {
    await withinLimit(() => attack(given));
  });

  test('by many calls at the same time', async () => {
    const asked = () =>
      request({
        xr: composite({ metadata: { uid: randomUUID() } }),
        requiredResources: { [`Secret/team-a/${KEY}`]: { items: [] } },
      });
    await withinLimit(() => Promise.all(Array.from({ length: TURNS }, () => server.call(asked()))));
  });

  test('nor STS asked with each call, by roles that refuse, behind a hub', async () => {
    const [turns, atOnce] = [45, 30];
    const parts = { sessions: [{ via: [HUB] }], allow: [{ roles: ['arn:aws:iam::*:role/deployer'], via: [HUB] }] };
    const start = performance.now();
    let last: RunFunctionResponse | undefined;
    for (let turn = 0; turn < turns; turn += 1)
      last = await run(request(withSpec({ accountID: `${500_000_000_000 + turn}` }, parts)));
    const since = Math.floor((performance.now() - start) / 5000);
    const refusals = sts.calls.filter(({ parameters }) => parameters.RoleArn !== HUB).length;
    expect(sessions()).toBeLessThanOrEqual(1); // of the hub, which all composites share
    expect(refusals).toBeGreaterThanOrEqual(atOnce);
    expect(refusals).toBeLessThanOrEqual(atOnce + since);
    expect(last && verdictOf(last)).toMatchObject({ reason: 'RateLimited' });
  });

  test('by turns of two generators, each of which is there half of the time', async () => {
    const asks = (turn: number) => desired({ [turn % 2 === 0 ? 'a' : 'b']: generator(ROLE, { name: `n${turn % 2}` }) });
    await withinLimit(() => attack({ asks, shows: gone }), 2);
  });
});

describe('what is limited waits', () => {
  const limited = { status: Status.STATUS_CONDITION_FALSE, reason: 'RateLimited' };

  test('a Secret that is good stays and is ready, and so is the composite', async () => {
    const before = await limitedTotal();
    const response = await attack({ asks: () => ({}), shows: due }, AT_ONCE + 1);
    expect(sessions()).toBe(AT_ONCE);
    expect(verdictOf(response)).toEqual({
      ...limited,
      message:
        'STSAssumeRoleToken "team-a/deployer" gets no session yet: its limit of 3 in a short time was reached, and now it gets one a minute. Find what changes the composite or its Secret so often; the composite is retried automatically.',
    });
    expect(response.desired?.resources[KEY]?.ready).toBe(Ready.READY_TRUE);
    expect(response.desired?.composite?.ready ?? Ready.READY_UNSPECIFIED).toBe(Ready.READY_UNSPECIFIED);
    expect(response.results.map(({ severity }) => severity)).toEqual([Severity.SEVERITY_WARNING]);
    expect(response.meta?.ttl?.seconds).toBeGreaterThanOrEqual(5);
    expect(response.meta?.ttl?.seconds).toBeLessThanOrEqual(60);
    expect((await limitedTotal()) - before).toBe(2); // and when it was shown
  });

  test('without one the composite is not ready, and everything else passes', async () => {
    await attack({ asks: () => ({}), shows: gone }, AT_ONCE);
    const other = { resource: { apiVersion: 'v1', kind: 'ConfigMap' } };
    const response = await run(request({ desired: { resources: { other } } }));
    expect(verdictOf(response)).toMatchObject(limited);
    expect(Object.keys(response.desired?.resources ?? {})).toEqual(['other']);
    expect(response.desired?.composite?.ready).toBe(Ready.READY_FALSE);
    expect(response.results.map(({ severity }) => severity)).toEqual([Severity.SEVERITY_WARNING]);
  });

  test('a Secret of another spec stays, and is not ready', async () => {
    const last = await attack({ asks: () => ({}), shows: due }, AT_ONCE);
    const [[, secret] = []] = secretsOf(last);
    const changed = input({ generators: [generator({ region: 'eu-west-2' })] });
    const response = await run(request({ input: changed, observedResources: { [KEY]: applied(secret) } }));
    expect(verdictOf(response)).toMatchObject(limited);
    expect(response.desired?.resources[KEY]).toMatchObject({ resource: secret, ready: Ready.READY_FALSE });
  });

  test('the time to live is no longer than the Input wants', async () => {
    const response = await attack({ asks: () => ({ input: input({ ttl: '7s' }) }), shows: due }, AT_ONCE + 1);
    expect(verdictOf(response)).toMatchObject(limited);
    expect(response.meta?.ttl?.seconds).toBe(7);
  });
});

describe('nobody else waits', () => {
  const exhausted = () => attack({ asks: () => ({}), shows: due }, AT_ONCE + 1);
  const mints = async (parts: Parameters<typeof request>[0]) => {
    const before = sessions();
    const response = await run(request(parts));
    return { sessions: sessions() - before, reason: verdictOf(response)?.reason };
  };

  test.each<[string, Parameters<typeof request>[0]]>([
    ['another composite', { xr: composite({ metadata: { name: 'other' } }) }],
    ['a composite of the same name in another namespace', { xr: composite({ metadata: { namespace: 'team-b' } }) }],
    ['a composite of the same name and another kind', { xr: { ...composite(), kind: 'Project' } }],
    ['a composite of the same name and another group', { xr: { ...composite(), apiVersion: 'example.com/v1' } }],
    [
      'another generator, such as that of another step',
      { input: input({ generators: [generator({}, { name: 'b' })] }) },
    ],
  ])('%s', async (_, parts) => {
    await exhausted();
    const uid = randomUUID(); // or what was made is remembered
    const xr = (parts?.xr ?? composite()) as ReturnType<typeof composite>;
    expect(await mints({ ...parts, xr: { ...xr, metadata: { ...xr.metadata, uid } } })).toEqual({
      sessions: 1,
      reason: 'Available',
    });
  });

  test('another generator of the same call', async () => {
    const last = await exhausted();
    const observedResources = Object.fromEntries(secretsOf(last).map(([key, one]) => [key, applied(due(one))]));
    const both = input({ generators: [generator(), generator({}, { name: 'other' })] });
    const before = sessions();
    const response = await run(request({ input: both, observedResources }));
    expect(sessions() - before).toBe(1);
    expect(verdictOf(response)?.reason).toBe('RateLimited');
    expect(secretsOf(response).map(([key]) => key)).toEqual([KEY, 'acme-other']);
  });

  test('what shares a session: two Secrets of one generator are one', async () => {
    const asks = () => ({ input: input({ sessions: [{ secrets: [{}, { name: '${composite}-second' }] }] }) });
    const response = await attack({ asks, shows: due }, AT_ONCE);
    expect(sessions()).toBe(AT_ONCE);
    expect(verdictOf(response)?.reason).toBe('Available');
  });

  test('what joins a request that is under way', async () => {
    sts.fail({ kind: 'slow', delayMs: 1000, times: 1 });
    const asked = request({ requiredResources: { [`Secret/team-a/${KEY}`]: { items: [] } } });
    await Promise.all(Array.from({ length: 10 }, () => server.call(asked)));
    expect(sessions()).toBe(1);
    for (const uid of ['one', 'two'])
      expect(await mints({ xr: composite({ metadata: { uid } }) })).toEqual({ sessions: 1, reason: 'Available' });
  });

  test('who was refused: a failure takes nothing', async () => {
    trusting.length = 0;
    for (let turn = 0; turn < TURNS; turn += 1)
      expect(await mints({ xr: composite({ metadata: { uid: randomUUID() } }) })).toMatchObject({
        reason: 'HopDenied',
      });
    trusting.push(...roles);
    for (let turn = 0; turn < AT_ONCE; turn += 1)
      expect(await mints({ xr: composite({ metadata: { uid: randomUUID() } }) })).toMatchObject({ sessions: 1 });
  });
});
