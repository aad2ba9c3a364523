import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { GOOD_SPEC, generatorItem, list, specDocument } from '../support/manifests.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const POLICY =
  'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\ngrants: [{roles: ["arn:aws:iam::123456789012:role/*"], plaintext: refuse}]\n';

const REFUSED =
  'the Policy of this run refuses plain text in files, and the output of this run may go into one. Encrypt it (`encrypt` in an Input), or, if the output goes into a pipe (`kpt fn render -o unwrap`, `kustomize build`), let the operator set STS_FUNCTION_OUTPUT=stream.';

const sts = forAllTests(startExampleSts);
const folder = forAllTests(temporaryFolder);
const refused = () => ({ STS_FUNCTION_POLICY: folder.write('policy.yaml', POLICY) });

const file = (name: string) =>
  generatorItem(GOOD_SPEC, {
    name,
    metadata: `namespace: team-a, annotations: {internal.config.kubernetes.io/path: ${name}.yaml}`,
  });
const run = (input: string, environment = {}) => runInProcess(input, { sts, environment });

test('credentials in files are warned of in one line, which is the same when nothing is due', async () => {
  const { exit, stdout, stderr } = await run(list(file('a') + file('b')));
  expect({ exit, stderr }).toEqual({
    exit: 0,
    stderr:
      'warning: team-a/secret_a.yaml: credentials of Secret "team-a/a" and 1 more go into files in plain text, unless the host writes elsewhere. Set `encrypt` in an Input, keep the files out of git, or render to standard output (kpt: `-o unwrap`). [PLAINTEXT]\n',
  });
  const again = await run(stdout.slice(0, stdout.indexOf('results:')));
  expect({ ...again, calls: sts.calls.length }).toMatchObject({ exit, stdout, stderr, calls: 2 });
});

test('a Policy can refuse them, before anything is asked', async () => {
  const before = sts.calls.length;
  const { exit, stdout, stderr } = await run(list(file('a')), refused());
  expect({ exit, secrets: emittedSecrets(stdout), calls: sts.calls.length - before }).toEqual({
    exit: 1,
    secrets: [],
    calls: 0,
  });
  expect(stderr).toBe(`error: a.yaml: cannot use STSAssumeRoleToken "team-a/a": ${REFUSED} [NOT_GRANTED]\n`);
});

test('of several Secrets of a generator it names the entry of one that is not encrypted', async () => {
  const recipient = 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj';
  const secrets = `[{name: sealed, encrypt: {sops: {age: [${recipient}]}}}, {name: plain}]`;
  const options = `functionConfig: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, sessions: [{secrets: ${secrets}}]}\n`;
  const { exit, stderr } = await run(list(file('a'), options), { ...refused(), STS_FUNCTION_OUTPUT: 'files' });
  expect({ exit, stderr }).toEqual({
    exit: 1,
    stderr: expect.stringContaining('and its Secret of `sessions[0].secrets[1]` goes into one. Encrypt it'),
  });
});

test('`plan` says so in one line for each run, names the variable that helps, and its exit stays', async () => {
  using files = temporaryFolder({ 'a.yaml': specDocument('a'), 'b.yaml': specDocument('b') });
  const plan = (environment: Record<string, string>) =>
    runInProcess('', { environment, arguments: ['plan', '--detailed-exitcode', files.path] });
  const { exit, stderr } = await plan(refused());
  const policy = `"${join(folder.path, 'policy.yaml')}"`;
  expect({ exit, stderr: stderr.replace(files.path, 'DIR').replace(policy, 'of this run') }).toEqual({
    exit: 2,
    stderr: `warning: DIR/a.yaml:1: a run of kpt, kustomize or \`render -i\` with credentials will be refused: cannot use STSAssumeRoleToken "team-a/a": ${REFUSED} [PLAINTEXT]\n`,
  });
  expect(await plan({ ...refused(), STS_FUNCTION_OUTPUT: 'stream' })).toMatchObject({ exit: 2, stderr: '' });
  expect(await plan({})).toMatchObject({ exit: 2, stderr: '' });
  const doctor = await runInProcess('', { environment: refused(), arguments: ['doctor', files.path] });
  expect(doctor).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^looked at/) }); // a workflow may set the variable, or call `render`
});

test('where the operator says that the output is a stream, there is nothing to refuse or to warn of', async () => {
  const stream = { STS_FUNCTION_OUTPUT: 'stream' };
  expect(await run(list(file('a')), { ...refused(), ...stream })).toMatchObject({ exit: 0, stderr: '' });
  expect(await run(list(file('a')), stream)).toMatchObject({ exit: 0, stderr: '' });
});
