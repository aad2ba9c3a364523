import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ci } from '../support/accounts.ts';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests, forEachTest } from '../support/for-each-test.ts';
import { functionConfig, generatorItem, list } from '../support/manifests.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/**
 * A tenant writes everything in the package: generators, Input, `allow`, even a Policy among the items. STS would let the
 * pipeline's identity have every role; only the operator's Policy stands between.
 */
const POLICY = `apiVersion: sts.fn.crossplane.io/v1beta1
kind: Policy
grants:
- namespaces: [team-a]
  roles: ["arn:aws:iam::123456789012:role/gitops-*"]
  via: ["arn:aws:iam::111111111111:role/hub"]
`;
const OWN = 'arn:aws:iam::123456789012:role/gitops-deploy';
const FOREIGN = 'arn:aws:iam::210987654321:role/admin';

const ROLES = [
  ...[OWN, FOREIGN, 'arn:aws:iam::123456789012:role/gitops-x/admin'],
  ...['arn:aws:iam::123456789012:role/admin', 'arn:aws:iam::111111111111:role/hub'],
];

const folder = forAllTests(temporaryFolder);
const sts = forEachTest(() =>
  startExampleSts({ roles: ROLES.map((arn) => ({ arn, trust: [{ principals: [ci.arn] }] })) }),
);
const run = (input: string, policy = folder.write('policy.yaml', POLICY)) =>
  runInProcess(input, { sts, environment: { STS_FUNCTION_POLICY: policy } });

function attempt({ role = OWN, namespace = 'team-a', region = 'eu-west-1', items = '', config = '' }): string {
  const metadata = namespace && `namespace: ${namespace}`;
  return list(generatorItem(`region: "${region}", role: "${role}"`, { name: 'a', metadata }) + items, config);
}
const input = (text: string) => functionConfig(`  metadata: {name: options}\n${text}`);

test('what the Policy grants is had', async () => {
  const { exit, stdout, stderr } = await run(attempt({}));
  expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: 1 });
});

describe('nothing else is had, and nothing is asked for', () => {
  test.each<[string, Parameters<typeof attempt>[0], string]>([
    ["another account's role", { role: FOREIGN }, 'NOT_GRANTED'],
    [
      'a role with a path behind a granted prefix',
      { role: 'arn:aws:iam::123456789012:role/gitops-x/admin' },
      'NOT_GRANTED',
    ],
    ['a role beside the prefix', { role: 'arn:aws:iam::123456789012:role/admin' }, 'NOT_GRANTED'],
    ['a glob as a role', { role: 'arn:aws:iam::123456789012:role/gitops-*' }, 'SPEC_INVALID'],
    ['an ARN with a line break', { role: `${OWN}\\n` }, 'SPEC_INVALID'],
    ['another namespace', { namespace: 'team-b' }, 'NOT_GRANTED'],
    ['no namespace', { namespace: '' }, 'NOT_GRANTED'],
    ['a namespace in other letters', { namespace: 'Team-A' }, 'SPEC_INVALID'],
    ['a region that is a host name', { region: 'eu-west-1.attacker.example/' }, 'SPEC_INVALID'],
    [
      'its own allow',
      { role: FOREIGN, config: input('  allow: [{roles: ["arn:aws:iam::*:role/*"]}]\n') },
      'NOT_GRANTED',
    ],
    ['a hub that may only be passed', { role: 'arn:aws:iam::111111111111:role/hub' }, 'NOT_GRANTED'],
    [
      'a hop through a role that is not granted',
      { config: input(`  sessions: [{via: ["${FOREIGN}"]}]\n`) },
      'NOT_GRANTED',
    ],
    [
      'a variable that smuggles a separator',
      {
        config: input(
          '  vars: {n: {value: "x/admin", type: roleName}}\n  sessions: [{via: ["arn:aws:iam::123456789012:role/gitops-${n}"]}]\n',
        ),
      },
      'FUNCTION_CONFIG_INVALID',
    ],
    [
      'a variable that builds another role',
      {
        config: input(
          '  vars: {n: {value: "210987654321", type: accountID}}\n  sessions: [{via: ["arn:aws:iam::${n}:role/admin"]}]\n',
        ),
      },
      'NOT_GRANTED',
    ],
    [
      'a Policy as functionConfig',
      {
        role: FOREIGN,
        config: POLICY.replace('apiVersion', 'functionConfig:\n  apiVersion')
          .replaceAll(/\n(?! )/g, '\n  ')
          .trimEnd()
          .concat('\n'),
      },
      'FUNCTION_CONFIG_INVALID',
    ],
    [
      'a Policy among the items',
      {
        role: FOREIGN,
        items:
          '- {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Policy, metadata: {name: p}, grants: [{roles: ["arn:aws:iam::*:role/*"]}]}\n',
      },
      'NOT_GRANTED',
    ],
  ])('by %s', async (_, given, code) => {
    const { exit, stdout } = await run(attempt(given));
    expect({ exit, calls: sts.calls, secrets: emittedSecrets(stdout) }).toEqual({ exit: 1, calls: [], secrets: [] });
    expect(stdout).toContain(`code: ${code}`);
  });
});

test.each([
  ['roles', 'arn:*:iam::*:role/*'],
  ['roles', '*:*:*:*:*:*/*'],
  ['roles', 'arn:aws:iam::1234*:role/path/gitops-*'],
  ['roles', 'arn:aws-us-gov:iam::123456789012:role/a:b/*'],
  ['roles', 'arn:aws:iam:::role/of-a-test-server'],
  ['via', 'arn:*:iam::*:role/hub'],
  ['regions', '*'],
  ['regions', 'us-gov-*'],
  ['regions', 'eu-south-99'],
  ['namespaces', 'team-b'],
])('a Policy may have, in %s, %s', async (list, pattern) => {
  const policy = folder.write('other.yaml', `${POLICY}- ${list}: ["${pattern}"]\n`);
  expect(await run(attempt({}), policy)).toMatchObject({ exit: 0, stderr: '' });
});

describe('a Policy that cannot be used lets nothing pass', () => {
  test.each([
    ['is not there', undefined, 'it is not there (ENOENT)'],
    ['is empty', '', 'it must be one YAML document with'],
    ['is no Policy', 'kind: Input\n', '`apiVersion` is required'],
    ['has an unknown field', `${POLICY}allow: []\n`, '`allow` is not a known field'],
    [
      'has a misspelled grant',
      POLICY.replace('roles:', 'role:'),
      '`grants[0].role` is not a known field; did you mean `roles`',
    ],
    ...Object.entries({
      namespaces: ['team-*'],
      roles: [
        '*',
        'arn:aws:iam::*',
        'arn:aws:iam::1234567890123:role/a',
        'arn:aws:iam::123456789012:*',
        'arn:aws:iam::123456789012:user/a',
      ],
      regions: ['eu-west', 'EU-WEST-1', 'eu_*'],
    }).flatMap(([name, patterns]) =>
      patterns.map((pattern): [string, string, string] => [
        `has ${pattern} in ${name}`,
        `${POLICY}- ${name}: ["${pattern}"]\n`,
        `\`grants[1].${name}[0]\` must be `,
      ]),
    ),
    ['is two documents', `${POLICY}---\n${POLICY}`, 'it must be one YAML document with'],
  ])('%s', async (name, text, want) => {
    const file = `${name.replaceAll(' ', '-')}.yaml`;
    const policy = text === undefined ? join(folder.path, file) : folder.write(file, text);
    const { exit, stderr } = await run(attempt({}), policy);
    expect({ exit, calls: sts.calls }).toEqual({ exit: 1, calls: [] });
    expect(stderr).toContain(want);
  });
});
