import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import canonicalize from 'canonicalize';
import { parse } from 'yaml';
import { startServer } from '../support/crossplane/start-server.ts';
import type { EmittedSecret } from '../support/emitted.ts';
import { forAllTests, forEachTest } from '../support/for-each-test.ts';
import { ENGINE } from '../support/hosts/engine.ts';
import { startHosts } from '../support/hosts/start-hosts.ts';
import { ROOT } from '../support/run-function.ts';
import { callerOf } from '../support/sts/testing/ask.ts';
import { type Reconcile, type Reconciled, reconcileOnce } from './crossplane-reconciles.ts';

/** The real engine, one reconcile after the other, each shown what the one before has composed, until nothing changes. */

const FUNCTION = 'function-sts-assume-role';
const MOST_RECONCILES = 5;
/** Of the engine: a pipeline that ended with a Fatal result. */
const FATAL_EXIT = 3;

const hosts = forAllTests(() => startHosts({ programs: [ENGINE] }));
const server = forEachTest(() => startServer({ environment: hosts.environment })); // it remembers

interface Manifest {
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** Of an example. */
async function read(path: string): Promise<Manifest> {
  return parse(await readFile(join(ROOT, 'examples/crossplane', path), 'utf8')) as Manifest;
}

/** Reconciles until nothing changes; gives each reconcile, with the calls of STS that it made. */
async function untilStable(given: Omit<Reconcile, 'functions'>): Promise<(Reconciled & { asked: number })[]> {
  const all: (Reconciled & { asked: number })[] = [];
  let { composite, observed = [] } = given;
  for (let before = ''; all.length < MOST_RECONCILES; ) {
    const asked = hosts.sts.calls.length;
    const functions = { [FUNCTION]: `127.0.0.1:${server.port}` };
    const one = await reconcileOnce({ ...given, composite, observed, functions });
    all.push({ ...one, asked: hosts.sts.calls.length - asked });
    const now = canonicalize([one.composed, conditionsOf(one)]) ?? '';
    if (one.exit !== 0 || now === before) return all;
    before = now;
    composite = asApplied(given.composite, one.composite);
    observed = one.composed;
  }
  throw new Error(`not stable after ${MOST_RECONCILES} reconciles`);
}

/** The engine says of a composite what it changes: its own part of the spec, and the status. */
function asApplied(composite: Manifest, change: Reconciled['composite']): object {
  return { ...composite, ...change, spec: { ...composite.spec, ...(change?.spec as object) } };
}

/** As `CredentialsReady: True Available`. */
function conditionsOf({ composite }: Reconciled): Record<string, string> {
  const { conditions = [] } = (composite?.status ?? {}) as { conditions?: Record<string, string>[] };
  return Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]));
}

function messageOf({ composite }: Reconciled): string | undefined {
  const { conditions = [] } = (composite?.status ?? {}) as { conditions?: Record<string, string>[] };
  return conditions.find(({ type }) => type === 'CredentialsReady')?.message;
}

/** Our events of a reconcile, without what the engine says itself. */
function eventsOf({ events }: Reconciled): string[] {
  return events.map(({ type, reason }) => `${type} ${reason}`).filter((text) => /SessionIssued|Warning/.test(text));
}

const secretsOf = ({ composed }: Reconciled) => composed as unknown as readonly EmittedSecret[]; // what these compositions make

describe.each([
  { example: 'account-from-composite', required: undefined },
  { example: 'account-from-namespace-label', required: 'namespace.yaml' },
  { example: 'static-keys', required: 'keys.yaml' },
])('$example', ({ example, required }) => {
  test('is stable in the reconcile that follows the first: one session, one event, ready', async () => {
    const all = await untilStable({
      composite: await read(`${example}/xr.yaml`),
      composition: await read(`${example}/composition.yaml`),
      required: required === undefined ? [] : [await read(`${example}/${required}`)],
    });
    expect(all.map(({ exit, asked, deleted }) => ({ exit, asked, deleted: deleted.length }))).toEqual([
      { exit: 0, asked: 1, deleted: 0 },
      { exit: 0, asked: 0, deleted: 0 },
      { exit: 0, asked: 0, deleted: 0 },
    ]);
    expect(all.map(eventsOf)).toEqual([['Normal SessionIssued'], [], []]);
    expect(all.map((one) => conditionsOf(one).Ready)).toEqual(['False Creating', 'True Available', 'True Available']);
    expect(all[2]?.composed).toEqual(all[0]?.composed);
  });
});

describe('other scopes', () => {
  test.each(['Cluster', 'LegacyCluster'])(
    'a composite of scope %s has a Secret where its generator says',
    async (scope) => {
      const composition = await read('account-from-composite/composition.yaml');
      const inTeam = JSON.parse(
        JSON.stringify(composition).replace('"name":"deployer"', '"name":"deployer","namespace":"team-a"'),
      ) as Manifest;
      const all = await untilStable({
        composite: {
          apiVersion: 'example.org/v1',
          kind: 'Workspace',
          metadata: { name: 'acme' },
          spec: { accountID: '123456789012' },
        },
        composition: inTeam,
        definition: {
          apiVersion: 'apiextensions.crossplane.io/v2',
          kind: 'CompositeResourceDefinition',
          metadata: { name: 'workspaces.example.org' },
          spec: {
            scope,
            group: 'example.org',
            names: { kind: 'Workspace', plural: 'workspaces' },
            versions: [{ name: 'v1', served: true, referenceable: true, schema: {} }],
          },
        },
      });
      expect(all.map(({ exit, asked }) => [exit, asked])).toEqual([
        [0, 1],
        [0, 0],
        [0, 0],
      ]);
      const [secret] = all.flatMap(secretsOf);
      expect(secret?.metadata).toMatchObject({
        name: 'acme-deployer',
        namespace: 'team-a',
        annotations: { 'crossplane.io/composition-resource-name': 'team-a/acme-deployer' },
      });
      expect(secret && (await callerOf(hosts.sts.url, secret))).toContain('/team-a.acme-deployer');
      expect(all.at(-1) && conditionsOf(all.at(-1) as Reconciled)).toMatchObject({ Ready: 'True Available' });
    },
  );
});

describe('a Composition that changes', () => {
  test('renames a generator: the new Secret is composed, and the old one deleted', async () => {
    const [composite, composition] = await example();
    const before = (await untilStable({ composite, composition })).at(-1);
    const renamed = JSON.parse(JSON.stringify(composition).replace('"deployer"', '"reader"')) as Manifest;
    const [after] = await untilStable({ composite, composition: renamed, observed: before?.composed ?? [] });
    const names = (objects: readonly unknown[] = []) =>
      objects.map((object) => (object as EmittedSecret).metadata.name);
    expect([names(after?.composed), names(after?.deleted)]).toEqual([['acme-reader'], ['acme-deployer']]);
  });

  test('asks for what `allow` does not have: the pipeline ends, and the Secret stays', async () => {
    const [composite, composition] = await example();
    const before = (await untilStable({ composite, composition })).at(-1);
    const forbidden = JSON.parse(JSON.stringify(composition).replace('role/deployer"', 'role/reader"')) as Manifest;
    const all = await untilStable({ composite, composition: forbidden, observed: before?.composed ?? [] });
    expect(all.map(({ exit, asked, composed, deleted }) => ({ exit, asked, composed, deleted }))).toEqual([
      { exit: FATAL_EXIT, asked: 0, composed: [], deleted: [] },
    ]);
  });
});

describe('two steps of this function in one pipeline', () => {
  test('one waits and one does not: the composite says so, in one event', async () => {
    const [composite, composition] = await example();
    const [first, second] = [
      stepOf(composition, 'early', 'spec.notYet'),
      stepOf(composition, 'late', 'spec.accountID'),
    ];
    const all = await untilStable({ composite, composition: withSteps(composition, [first, second]) });
    expect(all.map(conditionsOf).map(({ CredentialsReady, Ready }) => [CredentialsReady, Ready])).toEqual(
      all.map(() => ['False ValueMissing', 'False Creating']),
    );
    expect(all.map(eventsOf)).toEqual([
      ['Warning ValueMissing', 'Normal SessionIssued'],
      ...all.slice(1).map(() => []),
    ]);
    expect(all.flatMap(secretsOf)[0]?.metadata.name).toBe('acme-late');
  });

  test('both wait: the condition has both, and each is told once', async () => {
    const [composite, composition] = await example();
    const steps = [stepOf(composition, 'one', 'spec.first'), stepOf(composition, 'two', 'spec.second')];
    const all = await untilStable({ composite, composition: withSteps(composition, steps) });
    expect(all.map(messageOf)).toEqual(
      all.map(
        () =>
          'STSAssumeRoleToken "one": cannot use variable "account": `spec.first` of the composite is not there. Set it. ' +
          'STSAssumeRoleToken "two": cannot use variable "account": `spec.second` of the composite is not there. Set it.',
      ),
    );
    expect(all.map(eventsOf)).toEqual([
      ['Warning ValueMissing', 'Warning ValueMissing'],
      ...all.slice(1).map(() => []),
    ]);
  });
});

async function example(): Promise<[composite: Manifest, composition: Manifest]> {
  return [await read('account-from-composite/xr.yaml'), await read('account-from-composite/composition.yaml')];
}

/** The step of a Composition under another name, with its generator named after it and the account from another field. */
function stepOf(composition: Manifest, name: string, fieldPath: string): object {
  const [step] = (composition.spec?.pipeline ?? []) as readonly object[];
  const text = JSON.stringify({ ...step, step: name });
  return JSON.parse(
    text.replace('"name":"deployer"', `"name":"${name}"`).replace('spec.accountID', fieldPath),
  ) as object;
}

function withSteps(composition: Manifest, pipeline: readonly object[]): Manifest {
  return { ...composition, spec: { ...composition.spec, pipeline } };
}
