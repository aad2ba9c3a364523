import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ci } from '../../support/accounts.ts';
import { composite, request, verdictOf } from '../../support/crossplane/request.ts';
import { startServer } from '../../support/crossplane/start-server.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { ROOT } from '../../support/run-function.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';

/**
 * The author of a composite types the account of another team, which AWS would give to the function: in whatever the pages
 * and examples give to copy, that account is out of reach.
 */

interface Step {
  readonly input: { readonly kind: string; readonly vars?: { readonly account?: { readonly fromFieldPath?: string } } };
}

const OTHERS = '444444444444';
const ACCOUNTS = ['123456789012', OTHERS];
const rolesOf = (account: string) =>
  ['deployer', 'puller'].map((name) => ({
    arn: `arn:aws:iam::${account}:role/${name}`,
    trust: [{ principals: [ci.arn] }],
  }));
const OBJECTS = [
  {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'team-a', labels: { 'example.org/aws-account': '123456789012' } },
  },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'aws-keys', namespace: 'team-a' },
    data: {
      'access-key-id': Buffer.from(ci.accessKeyId).toString('base64'),
      'secret-access-key': Buffer.from(ci.secretAccessKey).toString('base64'),
    },
  },
];

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const compositions = readdirSync(join(ROOT, 'examples/crossplane'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('composition.yaml'))
  .map((file) => `examples/crossplane/${file}`)
  .map((file) => [file, (parse(read(file)) as { spec: { pipeline: Step[] } }).spec.pipeline] as const);
const blocks = ['README.md', 'docs/crossplane.md', 'docs/input.md'].flatMap((page) =>
  [...read(page).matchAll(/^```yaml\n(pipeline:\n- step.*?)^```$/gms)].map(
    ([, block = ''], index) => [`${page}, ${index + 1}`, (parse(block) as { pipeline: Step[] }).pipeline] as const,
  ),
);
const steps = [...blocks, ...compositions].flatMap(([where, pipeline]) =>
  pipeline.filter(({ input: { vars } }) => vars?.account !== undefined).map(({ input }) => [where, input] as const),
);

const sts = forAllTests(() => startExampleSts({ roles: ACCOUNTS.flatMap(rolesOf) }));
const server = forAllTests(() => startServer({ sts, environment: { STS_FUNCTION_CLUSTER: 'in-cluster' } }));

test('there is something to copy', () => {
  expect(steps.length).toBeGreaterThan(4);
});

test.each(['README.md', 'docs/crossplane.md'])(
  'what comes first in %s takes the account from the namespace',
  (page) => {
    const [, input] = steps.find(([where]) => where === `${page}, 1`) ?? [];
    expect(input?.vars?.account).toEqual({ namespaceLabel: 'example.org/aws-account', type: 'accountID' });
  },
);

test.each(steps)('%s', async (where, input) => {
  const before = sts.calls.length;
  const xr = composite({ metadata: { uid: where }, spec: { accountID: OTHERS } });
  const { response } = await server.reconcile(request({ xr, input }), OBJECTS);
  const asked = sts.calls.slice(before).map(({ parameters }) => String(parameters.RoleArn));
  const isTyped = input.vars?.account?.fromFieldPath !== undefined;
  expect({ reason: verdictOf(response)?.reason, asked }).toEqual(
    isTyped
      ? { reason: 'NotGranted', asked: [] }
      : { reason: 'Available', asked: ['arn:aws:iam::123456789012:role/deployer'] },
  );
});
