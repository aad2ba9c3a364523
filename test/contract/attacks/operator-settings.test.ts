import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ciEnvironment } from '../../support/accounts.ts';
import { request, verdictOf } from '../../support/crossplane/request.ts';
import { type FunctionServer, startServer } from '../../support/crossplane/start-server.ts';
import { emittedSecrets } from '../../support/emitted.ts';
import { forEachTest } from '../../support/for-each-test.ts';
import { generatorDocument, generatorItem, list } from '../../support/manifests.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** The operator's own slips, which authors of packages and composites would profit from: they must not pass in silence. */
const folder = forEachTest(temporaryFolder);
const sts = forEachTest(startExampleSts);
const one = list(generatorItem());
const spec = () => folder.write('spec.yaml', generatorDocument());

type Environment = Readonly<Record<string, string>>;

type Mode = readonly [string, () => readonly string[], string];

const EMPTY = [
  'AWS_ECR_ENDPOINT',
  'AWS_ECR_PUBLIC_ENDPOINT',
  'AWS_STS_ENDPOINT',
  'STS_FUNCTION_CLUSTER',
  'STS_FUNCTION_CONCURRENCY',
  'STS_FUNCTION_MODE',
  'STS_FUNCTION_OUTPUT',
  'STS_FUNCTION_POLICY',
  'STS_FUNCTION_TIMEOUT',
];

const MODES: readonly [Mode, ...Mode[]] = [
  ['a ResourceList', () => [], one],
  ['a plugin of kustomize', () => [spec()], ''],
  ['render', () => ['render', spec()], ''],
  ['serve', () => ['serve', '--insecure', '--address', '127.0.0.1:0', '--health-address', '127.0.0.1:0'], ''],
  ['doctor', () => ['doctor', dirname(spec())], ''],
];

/** The SDK's own name of the endpoint, so that the one that is empty does not matter for who is asked. */
const environment = (more: Environment): Environment => {
  const { AWS_STS_ENDPOINT: _, AWS_ECR_ENDPOINT: __, AWS_ECR_PUBLIC_ENDPOINT: ___, ...keys } = ciEnvironment(sts.url);
  return { AWS_ENDPOINT_URL_STS: sts.url, ...keys, ...more };
};

const ROWS = [
  ...EMPTY.map((name) => [name, ...MODES[0]] as const),
  ...MODES.slice(1).flatMap((mode) =>
    ['STS_FUNCTION_POLICY', 'STS_FUNCTION_CLUSTER', 'STS_FUNCTION_TIMEOUT'].map((name) => [name, ...mode] as const),
  ),
];

test.each(ROWS)('%s that is set and empty is refused before anybody is asked: %s', async (name, _, argv, input) => {
  const { exit, stdout, stderr } = await runInProcess(input, {
    arguments: argv(),
    environment: environment({ [name]: '' }),
  });
  const secrets = stdout.includes('kind: Secret');
  expect({ exit, calls: sts.calls, secrets }).toEqual({ exit: 1, calls: [], secrets: false });
  const messages = argv()[0] === 'doctor' ? stdout.replace(/^looked at .*\n/m, '') + stderr : stderr;
  expect(messages).toBe(
    `error: cannot use ${name}: it is set and empty. Unset it or give it a value. [SETTING_INVALID]\n`,
  );
});

test('two that are empty are both named', async () => {
  const { exit, stderr } = await runInProcess(one, {
    environment: environment({ STS_FUNCTION_POLICY: '', STS_FUNCTION_TIMEOUT: '' }),
  });
  expect(exit).toBe(1);
  expect(stderr.match(/STS_FUNCTION_\w+/g)).toEqual(['STS_FUNCTION_POLICY', 'STS_FUNCTION_TIMEOUT']);
});

test.each<[string, readonly string[], Environment, RegExp]>([
  ['--policy that is empty', ['--policy', ''], {}, /"--policy": it needs a value/],
  ['--policy= that is empty', ['--policy='], {}, /"--policy": it needs a value/],
  [
    '--policy beside an empty variable',
    ['--policy', '/policy.yaml'],
    { STS_FUNCTION_POLICY: '' },
    /STS_FUNCTION_POLICY is set too/,
  ],
  ['--require-policy without a Policy', ['--require-policy'], {}, /--require-policy is set, and no Policy is named/],
  ['--require-policy and an empty variable', ['--require-policy'], { STS_FUNCTION_POLICY: '' }, /STS_FUNCTION_POLICY/],
  ['--require-policy and an empty --policy', ['--require-policy', '--policy', ''], {}, /"--policy": it needs a value/],
  ['--require-policy and no file', ['--require-policy', '--policy', '/none.yaml'], {}, /"\/none.yaml"/],
])('serve does not start with %s', async (_, more, variables, message) => {
  const { exit, stderr } = await runInProcess('', {
    arguments: ['serve', '--insecure', '--address', '127.0.0.1:0', '--health-address', '127.0.0.1:0', ...more],
    environment: environment(variables),
  });
  expect(exit).not.toBe(0);
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/^error: cannot [^\n]*\.(?: \[[A-Z_]+\])?\n$/);
});

test.each([
  ['STS_FUNCTION_POLCY', 'STS_FUNCTION_POLICY'],
  ['STS_FUNCTIONS_POLICY', 'STS_FUNCTION_POLICY'],
  ['STS_FUNTION_POLICY', 'STS_FUNCTION_POLICY'],
  ['sts_function_policy', 'STS_FUNCTION_POLICY'],
  ['STS-FUNCTION-POLICY', 'STS_FUNCTION_POLICY'],
  ['STS_FUNCTION_MOD', 'STS_FUNCTION_MODE'],
  ['STS_FUNCTION_TIME_OUT', 'STS_FUNCTION_TIMEOUT'],
  ['STS_FUNCTION_CONCURENCY', 'STS_FUNCTION_CONCURRENCY'],
  ['STS_FUNCTION_CLUSTERS', 'STS_FUNCTION_CLUSTER'],
  ['STS_FUNCTION_OUTPUTS', 'STS_FUNCTION_OUTPUT'],
  ['AWS_STS_ENDPONT', 'AWS_STS_ENDPOINT'],
])('%s is nearly %s: the run goes on, and says which was meant', async (name, meant) => {
  const { exit, stdout, stderr } = await runInProcess(one, { environment: environment({ [name]: 'x' }) });
  expect({ exit, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, secrets: 1 });
  const message = `"${name}" is unused: there is no such setting. Write ${meant}, if that was meant. [SETTING_UNKNOWN]`;
  expect(stderr).toBe(`warning: ${message}\n`);
  expect(stdout).toContain('severity: warning');
});

/** What a kubelet sets in a pod beside Services of these names. */
const ofService = (service: string, value: string): Environment => {
  const name = service.toUpperCase().replaceAll('-', '_');
  const tcp = `${name}_PORT_9443_TCP`;
  const names = ['SERVICE_HOST', 'SERVICE_PORT', 'SERVICE_PORT_GRPC', 'SERVICE_PORT_POLICY', 'PORT'];
  return Object.fromEntries(
    [...names.map((part) => `${name}_${part}`), tcp, `${tcp}_PROTO`, `${tcp}_PORT`, `${tcp}_ADDR`].map((one) => [
      one,
      value,
    ]),
  );
};

test.each<[string, Environment]>([
  ['a Service called sts-function', ofService('sts-function', 'tcp://10.0.0.1:9443')],
  ['a Service called sts-function without an address', ofService('sts-function', '')],
  ['a Service called sts-functions', ofService('sts-functions', 'tcp://10.0.0.1:9443')],
  ['a Service called sts-function-mode', ofService('sts-function-mode', 'tcp://10.0.0.1:9443')],
  ['a Service called sts-function-out', ofService('sts-function-out', 'tcp://10.0.0.1:9443')],
  ['a Service called aws-sts-end', ofService('aws-sts-end', 'tcp://10.0.0.1:9443')],
  [
    "others' endpoints",
    {
      AWS_SQS_ENDPOINT: 'x',
      AWS_S3_ENDPOINT: 'x',
      AWS_SES_ENDPOINT: '',
      AWS_ECS_ENDPOINT: 'x',
      AWS_STS_REGIONAL_ENDPOINTS: 'regional',
    },
  ],
  [
    "the SDK's own that are empty",
    { AWS_PROFILE: '', AWS_REGION: '', AWS_CA_BUNDLE: '', HTTPS_PROXY: '', NO_PROXY: '' },
  ],
])('variables of %s are left alone', async (_, others) => {
  const { exit, stdout, stderr } = await runInProcess(one, { environment: environment(others) });
  expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: 1 });
});

describe('what a server says of its Policy', () => {
  const grants = (role: string) =>
    `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\ngrants:\n- roles: ["arn:aws:iam::*:role/${role}"]\n`;
  const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');
  const lines = (server: FunctionServer) =>
    server
      .stderr()
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]));
  const policyLines = (server: FunctionServer) =>
    lines(server)
      .filter(({ message }) => /read the Policy|Policy (holds|cannot be used)/.test(String(message)))
      .map(({ time: _, ...line }) => line);
  const verdict = async (server: FunctionServer) => verdictOf((await server.reconcile(request())).response);
  const metricOf = async (server: FunctionServer) =>
    (await server.get('/metrics')).text.split('\n').filter((line) => line.startsWith('sts_function_policy_info'));

  async function served(argv: readonly string[], more: Environment, run: (server: FunctionServer) => Promise<void>) {
    await using server = await startServer({ environment: environment(more), arguments: argv });
    await run(server);
  }

  test('without one it says so, once', () =>
    served([], {}, async (server) => {
      await verdict(server);
      expect(policyLines(server)).toEqual([
        { level: 'warn', message: 'no Policy holds: `allow` of each Composition is the only limit' },
      ]);
      expect(await metricOf(server)).toEqual([]);
    }));

  test.each<[string, (file: string) => [readonly string[], Environment]]>([
    ['--policy', (file) => [['--require-policy', '--policy', file], {}]],
    ['STS_FUNCTION_POLICY', (file) => [['--require-policy'], { STS_FUNCTION_POLICY: file }]],
  ])('of %s it says which, and when it is another; without the file every call is refused', async (_, start) => {
    const first = grants('deployer');
    const second = grants('nobody');
    const file = folder.write('policy.yaml', first);
    await served(...start(file), async (server) => {
      const read = (text: string) => ({ level: 'info', message: 'read the Policy', file, sha256: digestOf(text) });
      const unusable = { level: 'error', message: 'the Policy cannot be used, so every call is refused', file };
      const metric = (text: string) => [`sts_function_policy_info{digest="${digestOf(text)}"} 1`];
      expect(policyLines(server)).toEqual([read(first)]);
      expect(await metricOf(server)).toEqual(metric(first));
      expect(await verdict(server)).toMatchObject({ reason: 'Available' });

      folder.write('policy.yaml', second);
      expect(await verdict(server)).toMatchObject({ reason: 'NotGranted' });
      expect(await metricOf(server)).toEqual(metric(second));

      rmSync(file);
      const calls = sts.calls.length;
      const waiting = request({ xr: { ...(request().observed?.composite.resource as object), spec: {} } });
      for (const asked of [request(), waiting]) {
        const { results, conditions } = await server.call(asked);
        expect(results).toEqual([expect.objectContaining({ severity: 1, reason: 'SettingInvalid' })]); // 1: fatal
        expect(conditions).toEqual([expect.objectContaining({ reason: 'SettingInvalid' })]);
      }
      expect({ calls: sts.calls.length, metric: await metricOf(server) }).toEqual({ calls, metric: [] });

      const faulty = first.replace('roles', 'rolls');
      folder.write('policy.yaml', faulty);
      expect(await verdict(server)).toMatchObject({ reason: 'SettingInvalid' });
      expect(await metricOf(server)).toEqual([]);
      folder.write('policy.yaml', first);
      expect(await verdict(server)).toMatchObject({ reason: 'Available' });
      expect(policyLines(server)).toEqual([
        read(first),
        read(second),
        unusable, // it is gone
        unusable, // it is faulty
        read(first),
      ]);
      expect(await metricOf(server)).toEqual(metric(first));
    });
  });

  test('a variable that is nearly ours is said at the start, not in each call', () =>
    served([], { STS_FUNCTION_POLCY: '/policy.yaml' }, async (server) => {
      for (let calls = 0; calls < 3; calls++) await verdict(server);
      const said = lines(server).filter(({ code }) => code === 'SETTING_UNKNOWN');
      expect(said).toEqual([
        expect.objectContaining({ level: 'warn', message: expect.stringContaining('STS_FUNCTION_POLICY') }),
      ]);
    }));
});
