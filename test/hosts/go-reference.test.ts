import { createHash } from 'node:crypto';
import { beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ciEnvironment } from '../support/accounts.ts';
import { realProgram, requirePrograms } from '../support/hosts/real-programs.ts';
import { generatorItem, list } from '../support/manifests.ts';
import { EXECUTABLE, runFunction } from '../support/run-function.ts';
import { startExampleSts } from '../support/start-example-sts.ts';

// The benchmarks' peer does the same job: another author's code, over kyaml and AWS's SDK for Go, asks STS for the same and
// makes the same Secret of it. The embedded STS gives the same keys for the same calls at the same time.

const REFERENCE = realProgram('go-reference');
const now = new Date();

beforeAll(() => requirePrograms([REFERENCE]));

interface Outcome {
  /** Keys with digests of their decoded values: no value is in a test's output. */
  readonly secrets: Readonly<Record<string, unknown>>;
  readonly calls: readonly string[];
}

async function outcomeOf(program: string, input: string): Promise<Outcome> {
  await using sts = await startExampleSts({ now: () => now });
  const environment = { ...ciEnvironment(sts.url), AWS_ENDPOINT_URL_STS: sts.url };
  const { exit, stdout, stderr } = await runFunction(input, { environment, executable: program });
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  const { items } = parse(stdout) as { items: readonly Manifest[] };
  const secrets = items.filter(({ kind }) => kind === 'Secret').map(secretOf);
  const calls = sts.calls.map(({ operation, parameters, callerArn, region, outcome }) =>
    JSON.stringify([operation, Object.entries(parameters).toSorted(), callerArn, region, outcome]),
  );
  return { secrets: Object.fromEntries(secrets), calls: calls.toSorted() };
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly type?: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly data?: Readonly<Record<string, string>>;
}

function secretOf({ apiVersion, type, metadata, data = {} }: Manifest): [string, unknown] {
  const digest = (value: string) => createHash('sha256').update(Buffer.from(value, 'base64')).digest('hex');
  const values = Object.entries(data).map(([key, value]) => [key, digest(value)] as const);
  const { name, namespace = '' } = metadata;
  return [`${namespace}/${name}`, { apiVersion, type, data: Object.fromEntries(values) }];
}

const GATEWAY = 'arn:aws:iam::222222222222:role/gateway';
const behindGateway = `region: eu-west-1, role: "arn:aws:iam::222222222222:role/parameters", requestParameters: {externalID: store-7}`;

test.each([
  {
    name: 'one role',
    reason: 'a duration of its own, and no namespace in the session name',
    items: generatorItem(
      'region: eu-central-1, role: "arn:aws:iam::123456789012:role/deployer", requestParameters: {sessionDuration: 7200}',
      { metadata: '' },
    ),
    config: '',
    want: { secrets: ['/deployer'], calls: 1 },
  },
  {
    name: 'two chains that share two hops',
    reason: 'each of these is walked once',
    items: generatorItem(behindGateway, { name: 'one' }) + generatorItem(behindGateway, { name: 'two' }),
    config: `functionConfig: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, sessions: [{via: ["arn:aws:iam::111111111111:role/hub", "${GATEWAY}"]}]}\n`,
    want: { secrets: ['team-a/one', 'team-a/two'], calls: 4 },
  },
])('$name: $reason', async ({ items, config, want }) => {
  const input = list(items, config);
  const ours = await outcomeOf(EXECUTABLE, input);
  expect(Object.keys(ours.secrets).toSorted()).toEqual(want.secrets);
  expect(ours.calls).toHaveLength(want.calls);
  expect(await outcomeOf(REFERENCE, input)).toEqual(ours);
});
