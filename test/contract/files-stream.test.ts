import { describe, expect, test } from '@jest/globals';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests, forEachTest } from '../support/for-each-test.ts';
import { specDocument } from '../support/manifests.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// One stream with the Secrets of several packages: who applies it has one Secret of each name and namespace.

const sts = forAllTests(startExampleSts);
const folder = forEachTest(temporaryFolder);

const run = (...argv: string[]) => runInProcess('', { sts, arguments: [...argv, folder.path] });
const STEP = '{exec: function-sts-assume-role}';
const SELECTING = '{exec: function-sts-assume-role, selectors: [{kind: STSAssumeRoleToken}]}';
const kptfile = (...steps: string[]) =>
  `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: app}\npipeline: {mutators: [${steps.join(', ')}]}\n`;
const HELM = '# a chart\n---\n';

async function printed(): Promise<string[]> {
  const { exit, stdout, stderr } = await run('render');
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  return emittedSecrets(stdout).map(({ metadata: { name, namespace } }) => `${namespace}/${name}`);
}

test.each([
  ['none of them is there yet', false],
  ['both are there and good', true],
])('two packages with a Secret of one name: %s', async (_, areThere) => {
  folder.write('a/Kptfile', kptfile(STEP));
  folder.write('a/spec.yaml', specDocument());
  folder.write('b/Kptfile', kptfile(STEP));
  folder.write('b/aws/spec.yaml', HELM + specDocument());
  folder.write('c/Kptfile', kptfile(STEP));
  folder.write('c/spec.yaml', specDocument('other'));
  if (areThere) expect(await run('render', '-i')).toMatchObject({ exit: 0 });
  const before = sts.calls.length;
  const { exit, stdout, stderr } = await run('render');
  const at = (file: string) => `${folder.path}/${file}`;
  const line = (location: string, other: string) =>
    `error: ${location}: cannot print Secret "team-a/deployer": ${other}, and it cannot be known which one is meant. Give them different names or namespaces, or render them one by one. [TARGET_CONFLICT]\n`;
  expect({ exit, stderr, names: emittedSecrets(stdout).map(({ metadata }) => metadata.name) }).toEqual({
    exit: 1,
    stderr:
      line(at('a/spec.yaml:3'), `"${at('b')}" makes it too, from "${at('b/aws/spec.yaml')}", line 5`) +
      line(at('b/aws/spec.yaml:5'), `"${at('a')}" makes it too, from "${at('a/spec.yaml')}", line 3`),
    names: ['other'],
  });
  expect(sts.calls.length - before).toBe(areThere ? 0 : 1);
  expect(await run('plan')).toMatchObject({ exit: 0, stderr: '' });
});

const OPTIONS = '{exec: function-sts-assume-role, configPath: options.yaml}';
const options = (secret: string) =>
  `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: options}\nsessions: [{match: {}, secrets: [${secret}]}]\n`;
const OWN = `{exec: function-sts-assume-role, configMap: {name: deployer, namespace: team-a, region: eu-west-1, role: 'arn:aws:iam::123456789012:role/deployer'}}`;
const keys = ['accessKeyID', 'secretAccessKey'].map((key) => `${key}SecretRef: {name: deployer, key: a}`).join(', ');
const reading = specDocument('other').replace('region:', `auth: {secretRef: {${keys}}}, region:`);
const without = (name: string) =>
  `{exec: function-sts-assume-role, exclude: [{name: ${name}, kind: STSAssumeRoleToken}]}`;

test.each<[string, Record<string, string>]>([
  ['selectors of a package around may hide it', { Kptfile: kptfile(SELECTING), 'sub/Kptfile': kptfile(STEP) }],
  ['selectors of a later step may hide it', { Kptfile: kptfile(STEP, SELECTING) }],
  [
    'an earlier step gives it a label',
    { Kptfile: kptfile(OPTIONS, STEP), 'options.yaml': options('{labels: {a: b}}') },
  ],
  [
    'a package inside makes it for another generator',
    {
      Kptfile: kptfile(STEP),
      'sub/Kptfile': kptfile(OPTIONS),
      'sub/options.yaml': options('{name: deployer}'),
      'sub/spec.yaml': specDocument('other'),
      'spec.yaml': specDocument(),
    },
  ],
  ['options put it into two packages', { Kptfile: kptfile(OWN), 'sub/Kptfile': kptfile(OWN), 'sub/spec.yaml': HELM }],
  ['another step reads it', { Kptfile: kptfile(without('other'), without('deployer')), 'keys.yaml': reading }],
])('what several steps make is known to kpt alone where %s', async (_, files) => {
  for (const [path, text] of Object.entries({ 'sub/spec.yaml': specDocument(), ...files })) folder.write(path, text);
  if ('keys.yaml' in files)
    folder.write(
      'secret.yaml',
      'apiVersion: v1\nkind: Secret\nmetadata: {name: deployer, namespace: team-a, annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/deployer}}\nstringData: {a: AKIAIOSFODNN7EXAMPLE}\n',
    );
  const before = sts.calls.length;
  const { exit, stdout, stderr } = await run('render');
  expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
  const said = 'several steps make or read Secret "team-a/deployer", not alike, or selectors may keep it from one';
  expect(stderr).toContain(`cannot render this package: ${said}`);
  expect(await run('render', '-i')).toMatchObject({ exit: 1, stderr: expect.stringContaining(said) });
  expect(sts.calls.length).toBe(before);
  const plan = await run('plan');
  expect(plan).toMatchObject({ exit: 0, stderr: expect.stringContaining(`the plan leaves out that ${said}`) });
});

describe('all are printed, each once', () => {
  test('of one name in two namespaces', async () => {
    folder.write('a/Kptfile', kptfile(STEP));
    folder.write('a/spec.yaml', specDocument());
    folder.write('b/Kptfile', kptfile(STEP));
    folder.write('b/spec.yaml', specDocument('deployer', { namespace: 'team-b' }));
    expect(await printed()).toEqual(['team-a/deployer', 'team-b/deployer']);
  });

  test('of two steps of one pipeline, as the last of them makes it', async () => {
    folder.write('Kptfile', kptfile(STEP, STEP));
    folder.write('spec.yaml', specDocument());
    const before = sts.calls.length;
    const { stdout } = await run('plan', '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ secrets: [{ action: 'issue' }], incomplete: [] });
    expect(await printed()).toEqual(['team-a/deployer']);
    expect(sts.calls.length - before).toBe(1);
    await run('render', '-i');
    expect(await printed()).toEqual(['team-a/deployer']);
  });
});
