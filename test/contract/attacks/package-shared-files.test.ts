import { expect, test } from '@jest/globals';
import { emittedSecrets } from '../../support/emitted.ts';
import { forEachTest } from '../../support/for-each-test.ts';
import { specDocument } from '../../support/resource-list.ts';
import { runFunction } from '../../support/run-function.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

// Packages of one repository that write the same file.

const sts = forEachTest(startExampleSts);
const folder = forEachTest(temporaryFolder);
const EXEC = 'annotations: {config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"}';

const render = () => runFunction('', { sts, arguments: ['render', '-i', folder.path] });

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
    'error: cannot write "DIR/theirs/team-a/secret_deployer.yaml": two runs are for it: those of "DIR/theirs" and "DIR/z" both make Secret "team-a/deployer". Leave one out; neither was written.\n',
  );
  expect(folder.read()).toEqual(before);
  expect(sts.calls).toEqual([]); // it is known before anybody is asked
});

test('of kpt packages in each other, the outermost alone issues a session for a Secret of both', async () => {
  folder.write('Kptfile', KPTFILE);
  folder.write('inner/Kptfile', KPTFILE);
  folder.write('inner/spec.yaml', specDocument());
  expect((await render()).exit).toBe(0);
  expect(Object.keys(folder.read())).toContain('inner/team-a/secret_deployer.yaml');
  expect(sts.calls.map(({ operation }) => operation)).toEqual(['AssumeRole']);
});

const KPTFILE = `apiVersion: kpt.dev/v1
kind: Kptfile
metadata: {name: theirs}
pipeline: {mutators: [{exec: function-sts-assume-role}]}
`;
