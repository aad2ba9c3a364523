import { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { expect, test } from '@jest/globals';
import { applied, composite, generator, input, type Parts, request } from '../../support/crossplane/request.ts';
import { grpcCaller, startServer } from '../../support/crossplane/start-server.ts';
import { forEachTest } from '../../support/for-each-test.ts';
import { externalSecret, fromGenerator } from '../../support/manifests.ts';
import { residentMegabytes } from '../../support/process-use.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';
import { until } from '../../support/start-process.ts';

/**
 * What a server keeps between calls is bounded in bytes, and a tenant who makes it keep much loses his own. The heap is small on purpose:
 * Node.js ends at it, Bun collects what nobody keeps as if the machine had no more.
 */
const HEAP_MEGABYTES = 128;
const sts = forEachTest(startExampleSts);
const server = forEachTest(() =>
  startServer({
    sts,
    environment: {
      NODE_OPTIONS: `--max-old-space-size=${HEAP_MEGABYTES}`,
      BUN_JSC_forceRAMSize: String(HEAP_MEGABYTES * 1024 * 1024),
      STS_FUNCTION_TIMEOUT: '300', // nobody is late on a busy machine
    },
  }),
);

const ROLE = 'arn:aws:iam::123456789012:role/deployer';
/** Of another tenant, whose Secret was issued and is not observed yet. */
const neighbour = request({
  xr: { ...composite(), metadata: { name: 'other', namespace: 'team-b', uid: 'neighbour' } },
});

/** The neighbour comes when the server is full: what is issued is kept for five minutes, however long the machine takes. */
async function issuedOnce(attack: (from: number, to: number) => Promise<void>, turns: number): Promise<void> {
  await attack(0, turns);
  const asked = (await server.reconcile(neighbour)).response.desired?.resources['other-deployer'];
  await attack(turns, turns + 10);
  const { response } = await server.reconcile(neighbour);
  expect(response.desired?.resources['other-deployer']).toEqual(asked);
  const own = sts.calls.filter(({ parameters }) => parameters.RoleSessionName?.startsWith('team-b.'));
  expect(own).toHaveLength(1);
}

test('a composite that changes a list of a thousand generators all the time neither ends the server nor pushes out another', async () => {
  await issuedOnce(async (from, to) => {
    for (let turn = from; turn < to; turn += 1) {
      const generators = Array.from({ length: 1000 }, (_, at) => generator({ role: ROLE }, { name: `g${turn}-${at}` }));
      const response = await server.call(request({ input: input({ generators, allow: [{ roles: [] }] }) }));
      expect(response.results).toHaveLength(1);
    }
  }, 40);
});

test('composites of one namespace with a Secret of a megabyte each neither end the server nor push out another', async () => {
  const padding = 'x'.repeat(700_000);
  const large = JSON.parse(
    JSON.stringify(
      externalSecret(
        { dataFrom: [fromGenerator('deployer')], target: { template: { data: { padding } } } },
        { namespace: undefined },
      ),
    ),
  ) as object;
  await issuedOnce(async (from, to) => {
    for (let turn = from; turn < to; turn += 1) {
      const xr = composite({ metadata: { name: `c${turn}`, uid: `uid-${turn}` } });
      const { response } = await server.reconcile(request({ xr, input: input({ generators: [generator(), large] }) }));
      expect(Object.keys(response.desired?.resources ?? {})).toHaveLength(1);
    }
  }, 140);
  expect(residentMegabytes(server.pid)).toBeLessThan(300);
});

test('composites of a megabyte each, of which little is kept, do not end the server', async () => {
  const pad = Array.from({ length: 12 }, () => 'x'.repeat(100_000));
  for (let turn = 0; turn < 150; turn += 1) {
    const xr = composite({ metadata: { name: `c${turn}`, uid: `uid-${turn}` }, spec: { pad } });
    await server.call(request({ xr }));
  }
  expect(residentMegabytes(server.pid)).toBeLessThan(300);
});

const READING = externalSecret(
  {
    dataFrom: [fromGenerator('deployer')],
    target: { template: { templateFrom: [{ configMap: { name: 'theirs', items: [{ key: 't' }] } }] } },
  },
  { namespace: undefined },
);
const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, '']));

test.each<[string, { value?: unknown; data?: object }]>([
  ['a list of very many empty maps, which take twenty times their bytes', { value: Array(200_000).fill({}) }],
  ['a text', { value: 'x'.repeat(1_200_000) }],
  ['a ConfigMap of very many keys beside that of a template', { data: keys(110_000) }],
  ['a ConfigMap of a long text', { data: { k: 'x'.repeat(900_000) } }],
])('composites that have %s do not end the server while they wait for AWS', async (_, { value, data }) => {
  const answer = Promise.withResolvers<void>();
  sts.fail({ kind: 'held', until: answer.promise, times: Infinity });
  const metadata = { name: 'theirs', namespace: 'team-a' };
  const theirs = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { ...data, t: 'k: a' } };
  const step = input({ generators: [generator(), JSON.parse(JSON.stringify(READING))] });
  const calls = Array.from({ length: 18 }, (__, at) => {
    const xr = composite({ metadata: { name: `c${at}`, uid: `uid-${at}` }, spec: { value } });
    const requiredResources = {
      [`Secret/team-a/c${at}-credentials`]: { items: [] },
      theirs: { items: [{ resource: theirs }] },
    };
    return server.call(request({ xr, input: step, requiredResources } as object as Parts)); // without what an engine leaves out
  });
  const all = Promise.all(calls);
  const arrived = until('the calls of all', 120, async () => sts.calls.length >= calls.length || undefined);
  await Promise.race([arrived, all]).finally(answer.resolve);
  for (const response of await all) expect(Object.keys(response.desired?.resources ?? {})).toHaveLength(1);
});

test('calls of composed Secrets of very many keys, which wait for long drafts on many connections, do not end the server', async () => {
  const bytesOf = (at: number) => {
    const uid = `uid-${at}`;
    const template = { data: { k: `{{ range ${490_000 + at} }}{{ end }}` } };
    const heavy = externalSecret(
      { dataFrom: [fromGenerator('deployer')], target: { template } },
      { namespace: undefined },
    );
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'x', namespace: 'team-a' },
      data: keys(100_000),
    };
    const parts = request({
      xr: composite({ metadata: { name: `c${at}`, uid } }),
      input: input({ generators: [generator(), heavy] }),
      observedResources: { x: applied(secret, uid) },
    });
    return RunFunctionRequest.encode(RunFunctionRequest.fromPartial(JSON.parse(JSON.stringify(parts)))).finish();
  };
  const all = Array.from({ length: 24 }, (_, at) => Buffer.from(bytesOf(at))); // beforehand, so that they arrive together
  const answers = all.flatMap((bytes) => {
    const caller = grpcCaller(server.port);
    const calls = [0, 1].map(() => caller.call(request(), { rewrite: () => bytes }));
    void Promise.allSettled(calls).then(() => caller.close());
    return calls;
  });
  for (const { requirements } of await Promise.all(answers))
    expect(Object.keys(requirements?.resources ?? {})).toHaveLength(1);
});

test('templates that go through all characters of Unicode do not end the server', async () => {
  const text = (from: number) =>
    String.fromCodePoint(...Array.from({ length: 40_000 }, (_, at) => from + at).filter((code) => code < 0x110000));
  const each = ['upper', 'lower', 'trim', 'quote'].map((name) => `{{ if ${name} $x }}{{ end }}`).join('');
  const template = { templateFrom: [{ configMap: { name: 'theirs', items: [{ key: 't' }] } }] };
  const reading = externalSecret(
    { dataFrom: [fromGenerator('deployer')], target: { template } },
    { namespace: undefined },
  );
  const asked = input({ generators: [generator(), JSON.parse(JSON.stringify(reading))] });
  for (let from = 0x10000; from < 0x110000; from += 40_000) {
    const xr = composite({ metadata: { name: `c${from}`, uid: `uid-${from}` } });
    const data = { t: `{{ $x := "${text(from)}" }}${each}` };
    const theirs = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'theirs', namespace: 'team-a' }, data };
    const { response } = await server.reconcile(request({ xr, input: asked }), [theirs]);
    expect(Object.keys(response.desired?.resources ?? {})).toHaveLength(1);
  }
});
