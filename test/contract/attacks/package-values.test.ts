import { describe, expect, test } from '@jest/globals';

import { newAgeKeys } from '../../support/age-keys.ts';
import { forEachTest } from '../../support/for-each-test.ts';
import { GOOD_SPEC, item, list, specDocument } from '../../support/manifests.ts';
import { messagesOf } from '../../support/run-function.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Where a text belongs, the author of a package may write anything that YAML has. It is a fault of his file, and ends no other package. */
const folder = forEachTest(temporaryFolder);

const run = (...argv: string[]) =>
  runInProcess('', { arguments: [...argv, folder.path], environment: { AWS_REGION: 'eu-west-1' } });
const COMMANDS = [['plan', '-o', 'json'], ['render', '--placeholder'], ['doctor']];

/** No text, and an object that throws where somebody takes it for one. */
const VALUES = [
  '{toString: 1}',
  '[{toString: 1, valueOf: 1}]',
  '{__proto__: {toString: 1}}',
  '1',
  'true',
  'null',
  '{}',
];
const KPTFILE =
  'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\npipeline: {mutators: [{exec: function-sts-assume-role}]}\n';
const LISTS = ['resources', 'components', 'bases', 'generators', 'transformers'];

/** What was printed, without the errors that a plan has beside the Secrets. */
const secretsIn = (stdout: string) =>
  stdout.replace(/^.{0,3}(?:incomplete|errors)\b.*/ms, '').replaceAll(/^(?:missing| {2}error): .*/gm, '');

describe.each(COMMANDS)('%s', (...argv) => {
  test.each(LISTS)('an entry of `%s` that is no text refuses its kustomization alone', async (list) => {
    for (const [index, value] of VALUES.entries()) {
      folder.write(`theirs/${index}/kustomization.yaml`, `namePrefix: a\n${list}:\n- spec.yaml\n- ${value}\n`);
      folder.write(`theirs/${index}/spec.yaml`, specDocument('theirs'));
    }
    folder.write('good/spec.yaml', specDocument('good'));
    const { exit, stdout, stderr } = await run(...argv, '--debug');
    expect(exit).toBe(1);
    const said = VALUES.map((value, index) => {
      const location = `${folder.path}/theirs/${index}/kustomization.yaml:4`;
      const cure = /^(?:1|true)$/.test(value) ? 'Put it in quotes' : 'Correct it';
      return `error: ${location}: cannot read this kustomization as kustomize 5.8.1 does: \`${list}[1]\` must be a string. ${cure}.`;
    });
    const messages = messagesOf(argv[0], { stdout, stderr });
    expect(messages.split('\n').filter((line) => line.includes(`${list}[1]`))).toEqual(
      said.map((line) => expect.stringContaining(line)),
    );
    expect(messages).not.toContain('has a fault');
    if (argv[0] !== 'doctor')
      expect([/\bgood\b/.test(stdout), /\btheirs\b/.test(secretsIn(stdout))]).toEqual([true, false]);
  });
});

const head = (apiVersion: string, kind: string, name: string) =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}}\n`;
const FUNCTION = `${head('pkg.crossplane.io/v1', 'Function', 'f')}spec: {package: a/function-sts-assume-role:v1, runtimeConfigRef: {name: r}}\n`;

test.each([
  [
    "the arguments of a Function's container",
    `${FUNCTION}---\n${head('pkg.crossplane.io/v1beta1', 'DeploymentRuntimeConfig', 'r')}spec: {deploymentTemplate: {spec: {template: {spec: {containers: [{args: [VALUE]}]}}}}}\n`,
  ],
  [
    "the type of a variable in a Composition's input",
    `${head('apiextensions.crossplane.io/v1', 'Composition', 'c')}spec: {pipeline: [{step: a, functionRef: {name: f}, input: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, vars: {a: {fromFieldPath: spec.a, type: VALUE}}}}]}\n`,
  ],
  [
    'a plugin of Argo CD, with an alias of itself',
    `${head('argoproj.io/v1alpha1', 'ConfigManagementPlugin', 'p')}spec: &a {b: VALUE, c: *a, run: function-sts-assume-role}\n`,
  ],
  [
    'the jobs of a workflow',
    '# function: pkg.crossplane.io/\njobs: {a: {steps: [{run: VALUE}], permissions: VALUE}}\n',
  ],
])('doctor finds the rest beside %s', async (_, text) => {
  folder.write('app/kustomization.yaml', 'generators: [spec.yaml]\n');
  folder.write('app/spec.yaml', specDocument());
  folder.write('build.sh', 'kustomize build app\n');
  for (const [index, value] of VALUES.entries()) {
    folder.write(`others/${index}.yaml`, text.replaceAll('VALUE', value));
    folder.write(`.github/workflows/${index}.yaml`, text.replaceAll('VALUE', value));
  }
  const { stdout } = await run('doctor');
  expect(stdout).not.toContain('has a fault');
  expect(stdout).toContain('kustomize fails at STSAssumeRoleToken "team-a/deployer"');
});

describe('a value of a Secret that is no text', () => {
  const sts = forEachTest(startExampleSts);

  test('makes it anew, and where it is a list or map it is refused', async () => {
    const age = JSON.stringify([(await newAgeKeys()).recipient]);
    folder.write(
      'input.yaml',
      `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: o}\nsessions: [{secrets: [{encrypt: {sops: {age: ${age}}}}]}]\n`,
    );
    folder.write('spec.yaml', specDocument());
    expect(await runInProcess('', { sts, arguments: ['render', '-i', folder.path] })).toMatchObject({ exit: 0 });
    const made = folder.read()['secret_deployer.yaml'] ?? '';
    for (const value of VALUES) {
      folder.write('secret_deployer.yaml', made.replace(/(?<=access_key_id: ).*/, value));
      const { exit, stdout } = await run('plan', '-o', 'json');
      const isText = !/^[[{]/.test(value);
      expect({
        exit,
        is: stdout.includes(isText ? '"reason": "notEncrypted"' : 'cannot change Secret'),
        value,
      }).toEqual({
        exit: isText ? 0 : 1,
        is: true,
        value,
      });
    }
  });
});

describe('a value without end, by an alias inside of what it names', () => {
  const spec = (metadata: string, fields: string) =>
    `apiVersion: generators.external-secrets.io/v1alpha1\nkind: STSAssumeRoleToken\nmetadata: ${metadata}\nspec: ${fields}\n`;
  const GOOD = '{name: a, namespace: team-a}';
  const documents = [
    spec('&a {name: a, labels: *a}', `{${GOOD_SPEC}}`),
    spec('&a {name: a, labels: {b: [*a]}}', `{${GOOD_SPEC}}`),
    spec(GOOD, '&a {auth: *a}'),
    spec(GOOD, '{auth: &a {b: &b {c: *a, d: *b}}}'),
    spec(GOOD, '{auth: &a [{<<: *a}]}'),
    `&a {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, metadata: {name: o}, sessions: [*a]}\n`,
    '&a {apiVersion: v1, kind: ServiceAccount, metadata: {name: o}, a: &b [*a], annotations: {generators.external-secrets.io: *b}}\n',
  ];

  test.each(documents)('%s', async (document) => {
    const ENVIRONMENT = { NODE_OPTIONS: '--max-old-space-size=128', STS_FUNCTION_MODE: 'plan' };
    const { exit, stderr } = await runInProcess(list(item(document)), { environment: ENVIRONMENT });
    expect(exit).toBe(1);
    expect(stderr).toMatch(
      /^error: cannot read standard input: line \d+, column \d+: an alias stands inside of what it names\./,
    );
    folder.write('theirs/one.yaml', document);
    folder.write('theirs/spec.yaml', specDocument('theirs'));
    folder.write('good/spec.yaml', specDocument('good'));
    folder.write('good/Kptfile', KPTFILE);
    for (const argv of COMMANDS) {
      const ended = await run(...argv);
      expect(ended.exit).toBe(1);
      expect(messagesOf(argv[0], ended)).toContain('an alias stands inside of what it names');
      if (argv[0] !== 'doctor') expect(ended.stdout).toMatch(/\bgood\b/);
    }
  });

  test('an alias behind what it names is none, also where its anchor is there again', async () => {
    const fields = `{<<: &a {region: eu-west-1}, role: "arn:aws:iam::123456789012:role/a"}`;
    const account = `apiVersion: v1\nkind: Secret\nmetadata: {name: theirs}\nstringData: {x: &a good, a: *a, b: &a c, d: *a}\n`;
    folder.write('a.yaml', `${spec('{name: good}', fields)}---\n${account}`);
    const { exit, stdout } = await run('plan', '-o', 'json');
    expect({ exit, isThere: /"good"/.test(stdout) }).toEqual({ exit: 0, isThere: true });
  });
});
