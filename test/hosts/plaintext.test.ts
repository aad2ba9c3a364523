import { describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { functionAnnotation, generator, input, kptfile } from '../support/hosts/manifests.ts';
import { startHosts } from '../support/hosts/start-hosts.ts';
import { generatorManifest } from '../support/manifests.ts';
import { readFolder } from '../support/temporary-folder.ts';

/** What test/contract/attacks/package-plaintext.test.ts shows of the function alone, under the real kpt and kustomize. */

const POLICY = `apiVersion: sts.fn.crossplane.io/v1beta1
kind: Policy
grants: [{roles: ["arn:aws:iam::123456789012:role/*"], plaintext: refuse}]
`;
const FUNCTION = { exec: 'function-sts-assume-role' };
const VALUES = { name: 'deployer', region: 'eu-west-1', role: 'arn:aws:iam::123456789012:role/deployer' };
const KUSTOMIZE_ID = { 'kustomize.config.k8s.io/id': '1' };
const SAVED_PATH = { 'config.kubernetes.io/path': 'saved.yaml', 'config.kubernetes.io/index': '0' };

const hosts = forAllTests(startHosts);

const refusing = async (output?: string) => ({
  STS_FUNCTION_POLICY: `${await hosts.folder({ 'policy.yaml': POLICY })}/policy.yaml`,
  ...(output === undefined ? {} : { STS_FUNCTION_OUTPUT: output }),
});

type Package = Readonly<Record<string, string>>;
const renders: readonly (readonly [string, Package, readonly string[]])[] = [
  [
    'a generator with the annotation that kustomize gives a transformer',
    { 'generator.yaml': generator({ annotations: KUSTOMIZE_ID }), Kptfile: kptfile(FUNCTION) },
    ['render', '--allow-exec'],
  ],
  ["a Kptfile's `configMap`", { Kptfile: kptfile({ ...FUNCTION, configMap: VALUES }) }, ['render', '--allow-exec']],
  [
    '`selectors` that leave no item',
    {
      'options.yaml': input({ generators: [generatorOfValues()] }),
      Kptfile: kptfile({ ...FUNCTION, configPath: 'options.yaml', selectors: [{ kind: 'Nothing' }] }),
    },
    ['render', '--allow-exec'],
  ],
  [
    '`kpt fn eval … -- name= region= role=`',
    { Kptfile: kptfile() },
    ['eval', '--exec', FUNCTION.exec, '--', ...Object.entries(VALUES).map(([key, value]) => `${key}=${value}`)],
  ],
];

function generatorOfValues(): object {
  const { name, ...spec } = VALUES;
  return generatorManifest(spec, { name });
}

describe.each(renders)('kpt, under `plaintext: refuse`: %s', (_, files, argv) => {
  test('leaves the package as it was, and nobody is asked', async () => {
    const folder = await hosts.folder(files);
    const before = readFolder(folder);
    const environment = await refusing();
    const calls = await hosts.callsOf(async () => {
      const { exit, stderr } = await hosts.run('kpt', ['fn', ...argv], { cwd: folder, environment });
      expect({ exit, stderr }).toEqual({
        exit: 1,
        stderr: expect.stringContaining('the Policy of this run refuses plain text in files'),
      });
    });
    expect(calls).toEqual([]);
    expect(readFolder(folder)).toEqual(before);
  });

  test('into a pipe, as the operator says, the Secret goes', async () => {
    const folder = await hosts.folder(files);
    const before = readFolder(folder);
    const [command = '', ...others] = argv;
    const environment = await refusing('stream');
    const { exit, stdout } = await hosts.run('kpt', ['fn', command, '-o', 'unwrap', ...others], {
      cwd: folder,
      environment,
    });
    expect({ exit, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, secrets: 1 });
    expect(readFolder(folder)).toEqual(before);
  });
});

test("kpt: kustomize's annotation changes its own file alone, and all Secrets go into their packages", async () => {
  const folder = await hosts.folder({
    'generator.yaml': generator({ namespace: 'team-a' }),
    Kptfile: kptfile(FUNCTION),
    'sub/generator.yaml': generator({ name: 'other', annotations: KUSTOMIZE_ID }),
    'sub/Kptfile': kptfile(),
  });
  const before = readFolder(folder);
  expect(await hosts.run('kpt', ['fn', 'render', '--allow-exec'], { cwd: folder })).toMatchObject({ exit: 0 });
  const { 'sub/generator.yaml': own, ...after } = readFolder(folder);
  expect(own).toContain('config.kubernetes.io/local-config');
  const secrets = Object.keys(after).filter((file) => !(file in before));
  expect(secrets.sort()).toEqual(['sub/secret_other.yaml', 'team-a/secret_deployer.yaml']);
  const others = Object.entries(before).filter(([file]) => file !== 'sub/generator.yaml');
  expect(after).toMatchObject(Object.fromEntries(others));
});

describe('kustomize, under `plaintext: refuse`', () => {
  const PLUGINS = ['--enable-alpha-plugins', '--enable-exec'];
  const transformer = {
    'kustomization.yaml': stringify({ resources: ['generator.yaml'], transformers: ['options.yaml'] }),
    'generator.yaml': generator({ annotations: SAVED_PATH }),
    'options.yaml': input({}, functionAnnotation()),
  };
  const generation = {
    'kustomization.yaml': stringify({ generators: ['generator.yaml'] }),
    'generator.yaml': generator({ annotations: functionAnnotation() }),
  };

  test.each([
    ['a transformer', transformer],
    ['a generator', generation],
  ])('%s needs the word of the operator, since `-o` looks the same', async (_, files) => {
    const cwd = await hosts.folder(files);
    const build = async (output?: string) =>
      hosts.run('kustomize', ['build', ...PLUGINS, '.'], { cwd, environment: await refusing(output) });
    expect(await build()).toMatchObject({
      exit: 1,
      stdout: '',
      stderr: expect.stringContaining('the output of this run may go into one'),
    });
    const { exit, stdout, stderr } = await build('stream');
    expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: 1 });
    expect(stdout).not.toMatch(/config\.kubernetes\.io\/(?:path|index)|kind: STSAssumeRoleToken/);
  });
});
