import { type RunFunctionResponse, Severity } from '@crossplane-org/function-sdk-typescript';
import { expect, test } from '@jest/globals';
import { applied, composite, generator, input, type Parts, request, verdictOf } from '../support/crossplane/request.ts';
import { shareServer } from '../support/crossplane/share-server.ts';
import { startServer } from '../support/crossplane/start-server.ts';
import { clusterGenerator, externalSecret, fromGenerator } from '../support/manifests.ts';
import { shareExampleSts } from '../support/start-example-sts.ts';

const sts = shareExampleSts();
const server = shareServer({ sts });

const run = async (first: Parts, objects: readonly unknown[] = []) => (await server.reconcile(first, objects)).response;
interface Applied {
  readonly metadata: { readonly labels: object; readonly annotations: object };
}
const keysOf = ({ desired }: RunFunctionResponse) => Object.keys(desired?.resources ?? {});
const ROLE = { role: 'arn:aws:iam::123456789012:role/deployer' };
/** What a generator that only the cluster has needs. */
const allow = [{ roles: ['arn:aws:iam::*:role/deployer'], fromCluster: true }];
const named = (spec: object = {}, metadata: object = { namespace: undefined }) =>
  JSON.parse(
    JSON.stringify(externalSecret({ dataFrom: [fromGenerator('deployer')], ...spec }, { ...metadata })),
  ) as object;

test('in the input: one Secret, with the name that it says', async () => {
  const generators = [generator(), named({ target: { name: 'aws-${composite}' } })];
  const response = await run(request({ input: input({ generators }) }));
  expect(keysOf(response)).toEqual(['aws-acme']);
  expect(sts.calls).toHaveLength(1);
});

test('nobody is told when an operator would renew it: none sees it', async () => {
  await using own = await startServer({ sts });
  const generators = [generator(), named({ refreshInterval: '24h', refreshPolicy: 'CreatedOnce' })];
  const { response } = await own.reconcile(request({ input: input({ generators }) }));
  expect(verdictOf(response)).toMatchObject({ reason: 'Available' });
  expect(own.stderr()).not.toContain('REFRESHED_TOO_LATE');
});

test('without a name of its own, the Secret is named after the composite too', async () => {
  const response = await run(request({ input: input({ generators: [generator(), named()] }) }));
  expect(keysOf(response)).toEqual(['acme-credentials']);
});

test('desired by an earlier step: its Secret takes the place of it and of its generator', async () => {
  const asked = request({
    input: input({ generators: [] }),
    desired: { resources: { one: { resource: generator(ROLE) }, two: { resource: named() } } },
  });
  const response = await run(asked);
  expect(keysOf(response)).toEqual(['acme-credentials']);
  expect(verdictOf(response)).toMatchObject({ reason: 'Available' });
});

test('desired under the key of its own Secret: that takes its place', async () => {
  const resources = { one: { resource: generator(ROLE) }, mine: { resource: named({ target: { name: 'mine' } }) } };
  const response = await run(request({ input: input({ generators: [] }), desired: { resources } }));
  expect(keysOf(response)).toEqual(['mine']);
  expect(response.desired?.resources.mine?.resource).toMatchObject({ kind: 'Secret', metadata: { name: 'mine' } });
});

test("a store's stays where it is, in whatever namespace", async () => {
  const store = externalSecret(
    { data: [{ secretKey: 'a', remoteRef: { key: 'b' } }] },
    { namespace: 'team-b' },
  ) as object;
  const response = await run(request({ desired: { resources: { database: { resource: store } } } }));
  expect(keysOf(response)).toEqual(['database', 'acme-deployer']);
  expect(response.desired?.resources.database?.resource).toEqual(store);
});

test("a store's beside a ClusterGenerator of another kind, which only the cluster has, stays where it is too", async () => {
  const dataFrom = [fromGenerator('pw', undefined, 'ClusterGenerator')];
  const mixed = named({ data: [{ secretKey: 'user', remoteRef: { key: 'b' } }], dataFrom });
  const pw = { ...(clusterGenerator({}, { name: 'pw' }) as object), spec: { kind: 'Password', generator: {} } };
  const response = await run(request({ desired: { resources: { database: { resource: mixed } } } }), [pw]);
  expect(keysOf(response)).toEqual(['database', 'acme-deployer']);
  expect(Object.keys(response.requirements?.resources ?? {})).toContain('ClusterGenerator/pw');
});

test.each([
  ['of the composite', undefined],
  ['that is another', 'team-b'],
])("the operator's in a namespace %s stays too, also when its ClusterGenerator is not there", async (_, namespace) => {
  const db = named({ dataFrom: [fromGenerator('pw', undefined, 'ClusterGenerator')] }, { name: 'db', namespace });
  const vpc = { apiVersion: 'example.org/v1', kind: 'VPC' };
  const desired = { resources: { db: { resource: db }, vpc: { resource: vpc } } };
  const asked = request({ desired });
  const password = { ...(clusterGenerator({}, { name: 'pw' }) as object), spec: { kind: 'Password' } };
  expect(keysOf(await run(asked, [password]))).toEqual(['db', 'vpc', 'acme-deployer']);
  const waiting = request({ desired, xr: composite({ spec: { accountID: undefined } }) });
  expect(keysOf(await run(waiting, [password]))).toEqual(['db', 'vpc']);
  const response = await run(asked);
  expect(keysOf(response)).toEqual(['db', 'vpc', 'acme-deployer']);
  expect(verdictOf(response)).toMatchObject({ reason: 'ReferenceMissing' });
});

test('in another namespace than the composite: refused', async () => {
  const generators = [generator(), named({}, { namespace: 'team-b' })];
  const response = await run(request({ input: input({ generators }) }));
  expect(response.results[0]).toMatchObject({
    severity: Severity.SEVERITY_FATAL,
    message: expect.stringContaining('ExternalSecret "credentials": `metadata.namespace`'),
  });
});

test('a ClusterGenerator is in no namespace', async () => {
  const spec = { region: 'eu-west-1', ...ROLE };
  const es = named({ dataFrom: [fromGenerator('shared', undefined, 'ClusterGenerator')] });
  const response = await run(request({ input: input({ generators: [clusterGenerator(spec), es] }) }));
  expect(keysOf(response)).toEqual(['acme-credentials']);
});

test.each([
  ['creationPolicy', { creationPolicy: 'Merge' }],
  ['creationPolicy', { creationPolicy: 'CreateOrMerge' }],
  ['immutable', { immutable: true }],
])('`%s` that a composite cannot hold on to ends the pipeline', async (field, target) => {
  const response = await run(request({ input: input({ generators: [generator(), named({ target })] }) }));
  expect(response.results[0]).toMatchObject({
    severity: Severity.SEVERITY_FATAL,
    message: expect.stringContaining(`\`spec.target.${field}\``),
  });
  expect(sts.calls).toEqual([]);
});

test('what its template gave stays, whatever its name, and what others added is not taken over', async () => {
  const metadata = { labels: { 'example.crossplane.io/a': 'b', until: '{{ .expiration }}' }, annotations: { a: 'b' } };
  const generators = [generator(), named({ target: { template: { metadata, data: { nothing: '' } } } })];
  const secretOf = ({ desired }: RunFunctionResponse) => desired?.resources['acme-credentials']?.resource as Applied;
  const first = secretOf(await run(request({ input: input({ generators }) })));
  expect(first.metadata.labels).toEqual({ 'example.crossplane.io/a': 'b', until: expect.any(String) });
  const there = applied(first) as unknown as Applied;
  const labels = { ...there.metadata.labels, theirs: 'c', 'crossplane.io/composite': 'acme' };
  const annotations = { ...there.metadata.annotations, theirs: 'c' };
  const observed = { ...there, metadata: { ...there.metadata, labels, annotations } };
  const again = await run(
    request({ input: input({ generators }), observedResources: { 'acme-credentials': observed } }),
  );
  expect(secretOf(again)).toEqual(first);
  expect(sts.calls).toHaveLength(1);
});

test('a Secret keeps its type where the template changes it', async () => {
  const typed = (type: string) => ({
    input: input({ generators: [generator(), named({ target: { template: { type } } })] }),
  });
  const first = (await run(request(typed('Opaque')))).desired?.resources['acme-credentials']?.resource;
  const observedResources = { 'acme-credentials': applied(first) };
  const response = await run(request({ ...typed('example.org/aws'), observedResources }));
  expect(verdictOf(response)).toMatchObject({
    reason: 'TargetNotReplaceable',
    message: expect.stringContaining('Delete the Secret, or set another `spec.target.name`.'),
  });
  expect(response.desired?.resources['acme-credentials']?.resource).toEqual(first);
});

test("somebody else's Secret in the place of its target", async () => {
  const theirs = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'theirs', namespace: 'team-a' } };
  const generators = [generator(), named({ target: { name: 'theirs' } })];
  const response = await run(request({ input: input({ generators }) }), [theirs]);
  expect(verdictOf(response)).toMatchObject({
    reason: 'TargetNotOurs',
    message: expect.stringContaining('Delete or rename it, or set another `spec.target.name`.'),
  });
});

test("the step's credentials are no template", async () => {
  const template = { templateFrom: [{ secret: { name: 'keys', items: [{ key: 'secret' }] } }] };
  const credentials = { keys: { credentialData: { data: { secret: Buffer.from('CANARY') } } } };
  const generators = [generator(), named({ target: { template } })];
  const response = await run(request({ input: input({ generators }), credentials }));
  expect(response.results[0]).toMatchObject({
    severity: Severity.SEVERITY_FATAL,
    message: expect.stringContaining('names credentials of this step, "keys"'),
  });
  expect(JSON.stringify(response)).not.toMatch(/CANARY|Q0FOQVJZ/);
  expect(sts.calls).toEqual([]);
  const inNamespace = {
    kind: 'Secret',
    apiVersion: 'v1',
    metadata: { name: 'keys', namespace: 'team-a' },
    data: { secret: 'YQ==' },
  };
  const without = await run(request({ input: input({ generators }) }), [inNamespace]);
  expect(keysOf(without)).toEqual(['acme-credentials']);
});

test.each<[string, object, unknown[]]>([
  ['among what is desired', { one: { resource: generator(ROLE) }, two: { resource: named() } }, []],
  [
    'for all namespaces in the cluster',
    { two: { resource: named({ dataFrom: [fromGenerator('shared', undefined, 'ClusterGenerator')] }) } },
    [clusterGenerator({ region: 'eu-west-1', ...ROLE })],
  ],
])(
  'while a value is awaited, neither it nor its generator %s is applied, and its Secret stays',
  async (_, specs, objects) => {
    const desired = { resources: specs as Record<string, { resource: object }> };
    const { desired: made } = await run(request({ desired, input: input({ generators: [], allow }) }), objects);
    const observedResources = { 'acme-credentials': applied(made?.resources['acme-credentials']?.resource) };
    const xr = composite({ spec: { accountID: undefined } });
    const response = await run(
      request({ xr, desired, observedResources, input: input({ generators: [], allow }) }),
      objects,
    );
    expect(keysOf(response)).toEqual(['acme-credentials']);
    expect(verdictOf(response)).toMatchObject({ reason: 'ValueMissing' });
  },
);

test('a generator that is only in the cluster is asked for, and awaited', async () => {
  const asked = request({ input: input({ generators: [named()], allow }) });
  const away = await run(asked);
  expect(verdictOf(away)).toMatchObject({ reason: 'ReferenceMissing' });
  expect(Object.keys(away.requirements?.resources ?? {})).toEqual(['STSAssumeRoleToken/team-a/deployer']);
  const there = generator(ROLE, { name: 'deployer', namespace: 'team-a' });
  const response = await run(asked, [there]);
  expect(keysOf(response)).toEqual(['acme-credentials']);
  expect(Object.keys(response.requirements?.resources ?? {})).toContain('STSAssumeRoleToken/team-a/deployer');
});

test('a generator that is not there leaves others alone: they are renewed, and its Secret stays', async () => {
  const generators = [generator(), named({ dataFrom: [fromGenerator('gone')] })];
  const there = generator(ROLE, { name: 'gone', namespace: 'team-a' });
  const { desired } = await run(request({ input: input({ generators, allow }) }), [there]);
  const [deployer, credentials] = ['acme-deployer', 'acme-credentials'].map((key) => desired?.resources[key]?.resource);
  const observed = applied(deployer) as unknown as Applied;
  const annotations = { ...observed.metadata.annotations, 'sts.fn.crossplane.io/renew-after': '2026-01-01T00:00:00Z' };
  const observedResources = {
    'acme-deployer': { ...observed, metadata: { ...observed.metadata, annotations } },
    'acme-credentials': applied(credentials),
  };
  const before = sts.calls.length;
  // once as it was made, so that nothing of it is remembered
  await run(
    request({
      input: input({ generators, allow }),
      observedResources: { ...observedResources, 'acme-deployer': observed },
    }),
  );
  const response = await run(request({ input: input({ generators, allow }), observedResources }));
  expect(sts.calls.length - before).toBe(1);
  expect(response.desired?.resources['acme-deployer']?.resource?.data).not.toEqual(deployer?.data);
  expect(response.desired?.resources['acme-credentials']?.resource).toEqual(credentials);
  expect(verdictOf(response)).toMatchObject({ reason: 'ReferenceMissing' });
});

test('a ClusterGenerator that is only in the cluster has to be granted too', async () => {
  const es = named({ dataFrom: [fromGenerator('shared', undefined, 'ClusterGenerator')] });
  const asked = request({ input: input({ generators: [es], allow }) });
  const spec = { region: 'eu-west-1', ...ROLE };
  expect(keysOf(await run(asked, [clusterGenerator(spec)]))).toEqual(['acme-credentials']);
  const other = { region: 'eu-west-1', role: 'arn:aws:iam::123456789012:role/my-role' };
  const resource = clusterGenerator(other) as object;
  const items = [{ resource, connectionDetails: {}, ready: 0 }];
  const refused = await server.call({ ...asked, requiredResources: { 'ClusterGenerator/shared': { items } } });
  expect(refused.results).toMatchObject([{ severity: Severity.SEVERITY_WARNING, reason: 'NotGranted' }]);
});

test('a key that an object keeps, since its ClusterGenerator is not there, refuses the step, and the server answers on', async () => {
  const es = named({ dataFrom: [fromGenerator('shared', undefined, 'ClusterGenerator')] });
  const taken = request({ desired: { resources: { 'acme-deployer': { resource: es } } } });
  const response = await run(taken);
  expect(response.results.map(({ severity, reason }) => ({ severity, reason }))).toEqual([
    { severity: Severity.SEVERITY_FATAL, reason: 'TargetConflict' },
  ]);
  expect(keysOf(await run(request({ desired: { resources: { other: { resource: es } } } })))).toEqual([
    'other',
    'acme-deployer',
  ]);
});

test.each<[string, object, object[]]>([
  [
    'is not granted any more',
    {},
    [clusterGenerator({ region: 'eu-west-1', role: 'arn:aws:iam::123456789012:role/other' })],
  ],
  ['is gone', {}, []],
  ['lacks a value', { accountID: undefined }, [clusterGenerator({ region: 'eu-west-1', ...ROLE })]],
])('a Secret under the key of what asks for it stays where its generator %s', async (_, spec, objects) => {
  const es = named({ dataFrom: [fromGenerator('shared', undefined, 'ClusterGenerator')], target: { name: 'creds' } });
  const desired = { resources: { creds: { resource: es } } };
  const good = [clusterGenerator({ region: 'eu-west-1', ...ROLE })];
  const { desired: made } = await run(request({ desired, input: input({ allow }) }), good);
  const secret = made?.resources.creds?.resource;
  expect(secret).toMatchObject({ kind: 'Secret' });
  const observedResources = { creds: applied(secret) };
  const response = await run(
    request({ xr: composite({ spec }), desired, observedResources, input: input({ allow }) }),
    objects,
  );
  expect(verdictOf(response)).not.toMatchObject({ reason: 'Available' });
  expect(response.desired?.resources.creds?.resource).toEqual(secret);
});

test('a Secret that another one made, and that has as long to go, is refused at once', async () => {
  const inNamespace = { target: { name: 'creds' } };
  const step = (name: string) =>
    input({ generators: [generator(), named(inNamespace, { name, namespace: undefined })] });
  const { desired } = await run(request({ input: step('before') }));
  const observedResources = { creds: applied(desired?.resources.creds?.resource) };
  const response = await run(request({ input: step('after'), observedResources }));
  expect(verdictOf(response)).toMatchObject({ reason: 'TargetNotOurs' });
  expect(response.desired?.resources.creds?.resource).toEqual(desired?.resources.creds?.resource);
});

test("the operator's `--ttl` bounds every response, of a step that asks or is refused too", async () => {
  await using own = await startServer({ sts, arguments: ['--ttl', '2s'] });
  const asking = await own.call(request({ input: input({ generators: [named()], allow }) }));
  const refused = await own.call(request({ input: input({ generators: [generator({ region: 'Mars' })] }) }));
  expect([asking, refused].map(({ meta }) => meta?.ttl?.seconds)).toEqual([2, 2]);
});

test.each(['creds', 'mine'])(
  'under the key %s: what asked for a Secret before is not applied while its ClusterGenerator is gone',
  async (key) => {
    const es = named({ dataFrom: [fromGenerator('shared', undefined, 'ClusterGenerator')], target: { name: 'creds' } });
    const desired = { resources: { [key]: { resource: es } } };
    const { desired: made } = await run(request({ desired, input: input({ allow }) }), [
      clusterGenerator({ region: 'eu-west-1', ...ROLE }),
    ]);
    const observedResources = { creds: applied(made?.resources.creds?.resource) };
    const response = await run(request({ desired, observedResources, input: input({ generators: [], allow }) }));
    expect(keysOf(response)).toEqual(['creds']);
    expect(response.desired?.resources.creds?.resource).toMatchObject({ kind: 'Secret' });
  },
);

test('a Secret of somebody else leaves other Secrets of the same generator alone', async () => {
  const sessions = [{ match: { names: ['deployer'] }, secrets: [{ name: 'good' }, { name: 'other' }] }];
  const step = input({ sessions });
  const { desired } = await run(request({ input: step }));
  const other = applied(desired?.resources.other?.resource, 'new') as unknown as Applied;
  const annotations = {
    ...other.metadata.annotations,
    'sts.fn.crossplane.io/generator': 'STSAssumeRoleToken/team-a/x',
  };
  const observedResources = { other: { ...other, metadata: { ...other.metadata, annotations } } };
  const response = await run(request({ xr: composite({ metadata: { uid: 'new' } }), input: step, observedResources }));
  expect(response.desired?.resources.good?.resource).toMatchObject({ kind: 'Secret' });
  expect(verdictOf(response)).toMatchObject({ reason: 'TargetNotOurs' });
});
