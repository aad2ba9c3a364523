import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { emittedSecrets } from '../../support/emitted.ts';
import { forEachTest } from '../../support/for-each-test.ts';
import { specDocument } from '../../support/manifests.ts';
import { EXECUTABLE, environmentOf, runProcess } from '../../support/run-function.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

// Packages of one repository that write the same file.

const sts = forEachTest(startExampleSts);
const folder = forEachTest(temporaryFolder);
const EXEC = 'annotations: {config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"}';

const inputWith = (secret: string) =>
  `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata:\n  name: options\n  ${EXEC}\nsessions: [{secrets: [${secret}]}]\n`;

const [OWN, GUARDED] = [
  '{exec: function-sts-assume-role}',
  '{exec: function-sts-assume-role, configPath: options.yaml}',
];
const withSteps = (...steps: string[]) =>
  `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: a}\npipeline: {mutators: [${steps.join(', ')}]}\n`;
const GUARD =
  'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: o}\nsessions: [{match: {}, expectAccount: "999999999999"}]\n';

const render = () => runInProcess('', { sts, arguments: ['render', '-i', folder.path] });

test('Secrets of two runs that go into one file are both there', async () => {
  folder.write('kustomization.yaml', 'generators: [a.yaml, b.yaml]\n');
  for (const team of ['a', 'b'])
    folder.write(`${team}.yaml`, specDocument('deployer', { namespace: team }).replace('{name:', `{${EXEC}, name:`));
  const { exit, stderr } = await render();
  expect({ exit, written: stderr.match(/^info: wrote .*/gm)?.length }).toEqual({ exit: 0, written: 1 });
  const secrets = emittedSecrets(folder.read()['secret_deployer.yaml'] ?? '');
  expect(secrets.map(({ metadata }) => metadata.namespace)).toEqual(['a', 'b']);
});

test('a Secret that two pipelines make is written by neither', async () => {
  folder.write('theirs/Kptfile', KPTFILE);
  folder.write('theirs/kustomization.yaml', 'resources: [spec.yaml]\n');
  folder.write('theirs/spec.yaml', specDocument());
  folder.write('z/kustomization.yaml', 'resources: [../theirs]\ntransformers: [options.yaml]\n');
  const options = `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata:\n  name: options\n  ${EXEC}\n`;
  folder.write('z/options.yaml', options);
  const before = folder.read();
  const { exit, stderr } = await render();
  expect(exit).toBe(1);
  expect(stderr.replaceAll(folder.path, 'DIR')).toContain(
    'error: cannot write "DIR/theirs/team-a/secret_deployer.yaml": two runs are for it: those of "DIR/theirs" and "DIR/z" both make Secret "team-a/deployer". Leave one out; neither was written. [FILE_UNWRITABLE]\n',
  );
  expect(folder.read()).toEqual(before);
  expect(sts.calls).toEqual([]); // it is known before anybody is asked
});

test('of kpt packages in each other, the innermost alone issues a session for a Secret of both', async () => {
  folder.write('Kptfile', KPTFILE);
  folder.write('inner/Kptfile', KPTFILE);
  folder.write('inner/spec.yaml', specDocument());
  expect((await render()).exit).toBe(0);
  expect(Object.keys(folder.read())).toContain('inner/team-a/secret_deployer.yaml');
  expect(sts.calls.map(({ operation }) => operation)).toEqual(['AssumeRole']);
});

test('the innermost is the one inside, whatever sorts before it', async () => {
  folder.write('Kptfile', KPTFILE);
  folder.write('+team/Kptfile', KPTFILE);
  folder.write('+team/spec.yaml', specDocument());
  const { exit } = await runProcess(EXECUTABLE, ['render', '-i', '.'], {
    environment: environmentOf({ sts }),
    cwd: folder.path,
  });
  expect(exit).toBe(0);
  expect(Object.keys(folder.read())).toContain('+team/team-a/secret_deployer.yaml');
  expect(sts.calls).toHaveLength(1);
});

test.each<[string, Record<string, string>, number]>([
  ['a step with a guard before one without', { Kptfile: withSteps(GUARDED, OWN) }, 1],
  ['a step with a guard behind one without', { Kptfile: withSteps(OWN, GUARDED) }, 0],
  [
    'a package with a guard in one without',
    { Kptfile: withSteps(OWN), 'in/Kptfile': withSteps(GUARDED), 'in/options.yaml': GUARD },
    1,
  ],
  ['a package without a guard in one with it', { Kptfile: withSteps(GUARDED), 'in/Kptfile': withSteps(OWN) }, 0],
])('%s: the first one that makes the Secret counts, as under kpt', async (_, files, exit) => {
  for (const [name, text] of Object.entries({ 'in/spec.yaml': specDocument(), 'options.yaml': GUARD, ...files }))
    folder.write(name, text);
  expect(await render()).toMatchObject({
    exit,
    stderr: exit === 0 ? expect.not.stringContaining('error: ') : expect.stringContaining('[OTHER_ACCOUNT]'),
  });
  expect(Object.keys(folder.read()).filter((name) => name.includes('secret_'))).toHaveLength(1 - exit);
});

const THEIRS = {
  'theirs/kustomization.yaml': 'resources: [spec.yaml]\ntransformers: [options.yaml]\n',
  'theirs/spec.yaml': specDocument(),
  'theirs/options.yaml': inputWith('{}'),
};

test.each<[string, Record<string, string>, string]>([
  [
    'includes it twice, once with an Input of his',
    {
      'z/kustomization.yaml': 'resources: [../theirs, his]\n',
      'z/his/kustomization.yaml': 'resources: [../../theirs]\ntransformers: [options.yaml]\n',
      'z/his/options.yaml': inputWith('{labels: {made-by: him}}'),
    },
    'DIR/z/kustomization.yaml:1: cannot build this kustomization: STSAssumeRoleToken "team-a/deployer" is there twice',
  ],
])('a package is not silently left out where another kustomization %s', async (_, files, said) => {
  for (const [name, text] of Object.entries({ ...THEIRS, ...files })) folder.write(name, text);
  const before = folder.read();
  const { exit, stderr } = await render();
  expect(exit).toBe(1);
  expect(stderr.replaceAll(folder.path, 'DIR')).toContain(said);
  expect(folder.read()).toEqual(before);
});

test('nor where another kustomization names its folder as a transformer, which is left to kustomize', async () => {
  for (const [name, text] of Object.entries(THEIRS)) folder.write(name, text);
  folder.write('a/kustomization.yaml', 'transformers: [../theirs]\n');
  expect((await render()).exit).toBe(0);
  expect(folder.read()['theirs/secret_deployer.yaml']).toContain('kind: Secret');
});

test('a generator in a folder that a kustomization starts from elsewhere is said', async () => {
  folder.write('.git/HEAD', '');
  folder.write('a/kustomization.yaml', 'generators: [../away]\n');
  folder.write('away/kustomization.yaml', 'resources: [spec.yaml]\n');
  folder.write('away/spec.yaml', specDocument().replace('{name:', `{${EXEC}, name:`));
  const { stdout } = await runInProcess('', { sts, arguments: ['plan', join(folder.path, 'a')] });
  expect(stdout).toContain('the plan leaves out that `generators` of');
});

test('a Secret that is still good is not written over by the pipeline of another package', async () => {
  folder.write('theirs/Kptfile', KPTFILE);
  folder.write('theirs/kustomization.yaml', 'resources: [spec.yaml]\n');
  folder.write('theirs/spec.yaml', specDocument());
  expect((await render()).exit).toBe(0);
  folder.write('z/kustomization.yaml', 'resources: [../theirs]\ntransformers: [options.yaml]\n');
  folder.write('z/options.yaml', inputWith('{labels: {made-by: him}}'));
  const before = folder.read();
  const { exit, stderr } = await render();
  expect(exit).toBe(1);
  expect(stderr).toContain('two runs are for it');
  expect(folder.read()).toEqual(before);
});

test('what is wrong in a kustomization refuses no other one that includes the same base', async () => {
  for (const [name, text] of Object.entries(THEIRS)) folder.write(name, text);
  folder.write('other/file.yaml', specDocument('other'));
  folder.write('a/kustomization.yaml', 'resources: [../theirs, ../other/file.yaml]\n');
  folder.write('overlay/kustomization.yaml', 'resources: [../theirs]\n');
  const { exit, stderr } = await render();
  expect(exit).toBe(1);
  expect(stderr).toContain('which is outside of this folder');
  expect(Object.keys(folder.read())).toContain('theirs/secret_deployer.yaml');
});

test('a path at which no temporary file can be refuses its own run before anybody is asked', async () => {
  folder.write('theirs/spec.yaml', specDocument('theirs'));
  folder.write('theirs/options.yaml', inputWith('{}'));
  const longest = 4095 - `${folder.path}//secret_deployer.yaml`.length;
  const parts = Array.from({ length: Math.floor(longest / 200) }, () => `${'d'.repeat(199)}`);
  const rest = 'e'.repeat(longest - parts.join('/').length - 1);
  folder.write(`${parts.join('/')}/${rest}/s.yaml`, specDocument());
  const { exit, stderr } = await render();
  expect(exit).toBe(1);
  expect(stderr).toContain('its name is too long (ENAMETOOLONG)');
  expect(Object.keys(folder.read())).toContain('theirs/secret_theirs.yaml');
  expect(sts.calls.map(({ operation }) => operation)).toEqual(['AssumeRole']);
});

const KPTFILE = `apiVersion: kpt.dev/v1
kind: Kptfile
metadata: {name: theirs}
pipeline: {mutators: [{exec: function-sts-assume-role}]}
`;
