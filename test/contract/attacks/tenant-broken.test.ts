import { Ready, type RunFunctionResponse, Severity, Status } from '@crossplane-org/function-sdk-typescript';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { ci } from '../../support/accounts.ts';
import {
  applied,
  composite,
  generator,
  input,
  type Parts,
  Remembered,
  rememberedOf,
  request,
  verdictOf,
} from '../../support/crossplane/request.ts';
import { startServer } from '../../support/crossplane/start-server.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { externalSecret, fromGenerator } from '../../support/manifests.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';

/**
 * A tenant writes the generator that an ExternalSecret of the Composition names, and writes it wrong. What is checked is what is carried
 * out all the same: nothing of the step is refused less, and no limit is another one.
 */
const HUB = 'arn:aws:iam::111111111111:role/hub';
const DEPLOYER = 'arn:aws:iam::123456789012:role/deployer';
const CREDENTIALS = {
  keys: {
    credentialData: { data: { id: Buffer.from(ci.accessKeyId), secret: Buffer.from(ci.secretAccessKey) } },
  },
};

const sts = forAllTests(() =>
  startExampleSts({ roles: [HUB, DEPLOYER].map((arn) => ({ arn, trust: [{ principals: [ci.arn, HUB] }] })) }),
);
const server = forAllTests(() => startServer({ sts }));

/** Each test has a composite of its own, by kind and uid, and counts from where the last one ended. */
let tests = 0;
let before = 0;
beforeEach(() => {
  tests += 1;
  before = sts.calls.length;
});
const calls = () => sts.calls.slice(before);
const uid = () => `uid-${tests}`;
const xr = (secret = 'other') => ({
  ...composite({ metadata: { uid: uid() }, spec: { secret } }),
  kind: `Kind${tests}`,
});

/** Ways in which a tenant's generator is wrong; the first has no account for the variable of its entry. */
const BROKEN: readonly [string, object][] = [
  ['a role that is none', generator({ role: 'x' }, { name: 'theirs', namespace: 'team-a' })],
  ['no spec', { ...generator({}, { name: 'theirs', namespace: 'team-a' }), spec: 'none' }],
  ['a field that is none', generator({ role: HUB, rolearn: HUB }, { name: 'theirs', namespace: 'team-a' })],
  ['a region that is none', generator({ role: HUB, region: 'x y' }, { name: 'theirs', namespace: 'team-a' })],
];

/** When an engine shows a tenant's object: asked for, at once since it was required before, at once since the Composition requires it. */
const SHOWN: readonly [string, (object: object) => Remembered][] = [
  ['on request', () => new Remembered()],
  ['from the last reconcile', (object) => ({ selectors: renamed(rememberedOf(object).selectors) })],
  ['by the Composition', (object) => rememberedOf(object)],
];
/** As the function names its requirement. */
const renamed = (selectors: Remembered['selectors']) =>
  Object.fromEntries(Object.values(selectors).map((one) => [`${one.kind}/${one.namespace}/${one.matchName}`, one]));

const EACH = SHOWN.flatMap(([when, remembered]) =>
  BROKEN.map(([what, object]) => [when, what, object, () => remembered(object)] as const),
);

const own = (spec: object = {}) => generator({ role: DEPLOYER, ...spec }, { name: 'own' });
const named = externalSecret({ dataFrom: [fromGenerator('theirs')] }, { namespace: undefined });
const guarded = (generators: readonly unknown[], parts: object = {}) =>
  input({
    generators,
    vars: { secret: { fromFieldPath: 'spec.secret', type: 'dnsLabel' } },
    allow: [{ roles: [DEPLOYER, HUB], fromCluster: true }],
    sessions: [
      { match: { names: ['theirs'] }, via: [{ role: 'arn:aws:iam::${role.account}:role/hub' }] },
      ...((parts as { sessions?: object[] }).sessions ?? []),
    ],
  });
const copying = externalSecret(
  {
    dataFrom: [fromGenerator('own')],
    target: { template: { templateFrom: [{ secret: { name: '${secret}', items: [{ key: 'secret' }] } }] } },
  },
  { name: 'copying', namespace: undefined },
);

async function run(parts: Parameters<typeof request>[0], object: unknown, remembered: Remembered) {
  const asked = JSON.parse(JSON.stringify(parts?.input)) as object;
  return (await server.reconcile(request({ ...parts, input: asked }), [object], remembered)).response;
}

const fatals = ({ results }: RunFunctionResponse) =>
  results.filter(({ severity }) => severity === Severity.SEVERITY_FATAL);
const keysOf = ({ desired }: RunFunctionResponse) => Object.keys(desired?.resources ?? {}).toSorted();

describe.each(EACH)("a tenant's generator, shown %s, with %s", (_when, _what, object, remembered) => {
  test("does not get the step's credentials into a Secret of the composite, by a template", async () => {
    const parts = { xr: xr('keys'), credentials: CREDENTIALS, input: guarded([own(), copying, named]) };
    const response = await run(parts, object, remembered());
    expect(fatals(response)).toHaveLength(1);
    expect(keysOf(response)).toEqual([]);
    expect(calls()).toEqual([]);
  });

  test("does not have another step's resource replaced by a Secret", async () => {
    const policy = { resource: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'x' } } };
    const desired: Parts['desired'] = { resources: { 'acme-own': policy } };
    const response = await run({ xr: xr(), input: guarded([own(), named]), desired }, object, remembered());
    expect(fatals(response)).toHaveLength(1);
    expect(response.desired?.resources['acme-own']?.resource?.kind).toBe('NetworkPolicy');
    expect(calls()).toEqual([]);
  });

  test('does not have a wrong Composition carried out', async () => {
    const parts = { sessions: [{ match: { names: ['own'] }, last: { sessionDuration: 99 } }] };
    const response = await run({ xr: xr(), input: guarded([own(), named], parts) }, object, remembered());
    expect(fatals(response)).toHaveLength(1);
    expect(calls()).toEqual([]);
  });

  test('keeps back its own Secret alone: what the step itself wants is made', async () => {
    const response = await run({ xr: xr(), input: guarded([own(), named]) }, object, remembered());
    expect(fatals(response)).toEqual([]);
    expect(verdictOf(response)?.status).toBe(Status.STATUS_CONDITION_FALSE);
    expect(verdictOf(response)?.reason).not.toBe('ReferenceMissing');
    expect(keysOf(response)).toEqual(['acme-own']);
    expect(calls().map(({ parameters }) => parameters.RoleArn)).toEqual([DEPLOYER]);
    expect(response.desired?.composite?.ready).toBe(Ready.READY_FALSE);
  });

  test("keeps back no other tenant's: one that is right is used", async () => {
    const right = generator({ role: HUB }, { name: 'right', namespace: 'team-a' });
    const other = externalSecret({ dataFrom: [fromGenerator('right')] }, { name: 'other', namespace: undefined });
    const asked = JSON.parse(JSON.stringify(guarded([own(), named, other]))) as object;
    const { response } = await server.reconcile(request({ xr: xr(), input: asked }), [object, right], remembered());
    expect(fatals(response)).toEqual([]);
    expect(keysOf(response)).toEqual(['acme-other', 'acme-own']);
  });

  test('gets no session with each call', async () => {
    const rate = { turns: 20, atOnce: 3 };
    const start = performance.now();
    const memory = remembered();
    for (let turn = 0; turn < rate.turns; turn += 1) {
      const desired = { [`gen-${turn}`]: { resource: generator({ role: DEPLOYER }, { name: `n${turn}` }) } };
      await run({ xr: xr(), input: guarded([named]), desired: { resources: desired } }, object, memory);
    }
    const minutes = Math.floor((performance.now() - start) / 60_000);
    expect(calls().length).toBeGreaterThanOrEqual(rate.atOnce);
    expect(calls().length).toBeLessThanOrEqual(rate.atOnce + minutes);
  });
});

test('ten tenants whose generators are wrong in ten ways keep back neither the step nor who is right', async () => {
  const names = Array.from({ length: 10 }, (_, index) => `theirs-${index}`);
  const objects = names.map((name, index) => {
    const [, broken] = BROKEN[index % BROKEN.length] ?? ['', {}];
    return { ...broken, metadata: { name, namespace: 'team-a' } };
  });
  const right = generator({ role: HUB }, { name: 'right', namespace: 'team-a' });
  const secrets = [...names, 'right'].map((name) =>
    externalSecret({ dataFrom: [fromGenerator(name)] }, { name: `of-${name}`, namespace: undefined }),
  );
  const asked = JSON.parse(JSON.stringify(guarded([own(), ...secrets]))) as { sessions: object[] };
  asked.sessions = [{ match: { names: ['theirs-*'] }, via: ['arn:aws:iam::${role.account}:role/hub'] }];
  const first = request({ xr: xr(), input: asked });
  const { response } = await server.reconcile(first, [...objects, right], rememberedOf(...objects));
  expect(fatals(response)).toEqual([]);
  expect(keysOf(response)).toEqual(['acme-of-right', 'acme-own']);
});

describe('while a tenant is waited for', () => {
  const [, broken] = BROKEN[0] ?? ['', {}];
  const secret = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'team-a', annotations: { 'sts.fn.crossplane.io/expiration': '2099-01-01T00:00:00Z' } },
    data: { password: 'eA==' },
  });

  test.each<[string, string, Parts['desired']]>([
    ['that is desired under its key', 'theirs', { resources: { theirs: { resource: secret('shared') } } }],
    [
      'that is desired there without a namespace',
      'theirs',
      { resources: { theirs: { resource: { ...secret('shared'), metadata: { name: 'shared' } } } } },
    ],
    [
      'that is desired there without a name',
      'theirs',
      { resources: { theirs: { resource: { apiVersion: 'v1', kind: 'Secret' } } } },
    ],
    ['that is no longer desired, and had its own key', 'theirs', { resources: {} }],
  ])("another step's Secret with an annotation of ours %s is not desired a second time", async (_, key, desired) => {
    const observedResources = { [key]: applied(secret('shared'), uid()) };
    const parts = {
      xr: xr(),
      input: guarded([own(), named]),
      desired: desired ?? { resources: {} },
      observedResources,
    };
    const response = await run(parts, broken, new Remembered());
    expect(keysOf(response)).toEqual(['acme-own', ...Object.keys(parts.desired.resources)].toSorted());
  });

  test('a Secret that says it lasts until 2099 is not ready, and one that can be true is', async () => {
    const made = await run({ xr: xr(), input: guarded([own()]) }, broken, new Remembered());
    const [issued] = Object.values(made.desired?.resources ?? {}).map(({ resource }) => resource);
    const kept = (name: string, expiration?: string) => {
      const { metadata, ...others } = issued as unknown as { metadata: { annotations: Record<string, string> } };
      const annotations = {
        ...metadata.annotations,
        ...(expiration && { 'sts.fn.crossplane.io/expiration': expiration }),
      };
      return applied({ ...others, metadata: { ...metadata, name, namespace: 'team-a', annotations } }, uid());
    };
    const observedResources = { 'acme-a': kept('acme-a'), 'acme-b': kept('acme-b', '2099-01-01T00:00:00Z') };
    const response = await run({ xr: xr(), input: guarded([named]), observedResources }, broken, new Remembered());
    const { resources = {} } = response.desired ?? {};
    expect(resources['acme-a']?.ready).toBe(Ready.READY_TRUE);
    expect(resources['acme-b']?.ready).toBe(Ready.READY_FALSE);
  });
});
