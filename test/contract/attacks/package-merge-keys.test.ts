import { expect, test } from '@jest/globals';
import { forEachTest } from '../../support/for-each-test.ts';
import { generatorItem, item, list, specDocument } from '../../support/manifests.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/**
 * A Secret that has our annotation, from the author of a package, in YAML that reads otherwise once it is changed: what it takes from a
 * merge key stands beside what a run writes, and an API server prefers `stringData`.
 */
const sts = forEachTest(startExampleSts);
const folder = forEachTest(temporaryFolder);

const MARK = 'sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/deployer';
const secret = (more: string) =>
  `apiVersion: v1\nkind: Secret\nmetadata:\n  name: deployer\n  namespace: team-a\n  annotations:\n    ${MARK}\n${more}`;

const SHAPES: readonly (readonly [string, string])[] = [
  ['stringData by a merge key', secret('<<: {stringData: {access_key_id: theirs}}\n')],
  ['data by a merge key', secret('data: {<<: {access_key_id: dGhlaXJz}}\n')],
  [
    'metadata by a merge key',
    `apiVersion: v1\nkind: Secret\n<<: {metadata: {name: deployer, namespace: team-a, annotations: {${MARK}}}}\n`,
  ],
  ['keys that are the same as text', secret('  labels: {"1": a, 1: b}\n')],
  ['keys of data that are the same as text', secret('data: {"true": a, true: b}\n')],
];
const REFUSED =
  /^error: (?:\S+:\d+: )?cannot (?:rewrite Secret "team-a\/deployer": its YAML has anchors, aliases, merge keys, |read this document: (?:an alias, anchor or merge key|a label) ).*\n$/;

test.each(SHAPES)('%s: refused before anybody is asked, on standard input', async (_, text) => {
  const { exit, stdout, stderr } = await runInProcess(list(generatorItem() + item(text)), { sts });
  expect({ exit, calls: sts.calls.length, hasAll: stdout.includes(item(text)) }).toEqual({
    exit: 1,
    calls: 0,
    hasAll: true,
  });
  expect(stderr).toMatch(REFUSED);
});

test.each(SHAPES)('%s: refused before anybody is asked, in a file', async (_, text) => {
  folder.write('spec.yaml', specDocument());
  folder.write('secret_deployer.yaml', text);
  const { exit, stderr } = await runInProcess('', { sts, arguments: ['render', '-i', folder.path] });
  expect({ exit, calls: sts.calls.length, text: folder.read()['secret_deployer.yaml'] }).toEqual({
    exit: 1,
    calls: 0,
    text,
  });
  expect(stderr).toMatch(REFUSED);
});

test('a tag whose directive stands before the list', async () => {
  const items = generatorItem() + item(secret('  labels: !e!map {a: b}\n'));
  const { exit, stderr } = await runInProcess(`%TAG !e! tag:example.org,2000:\n---\n${list(items)}`, { sts });
  expect({ exit, calls: sts.calls.length }).toEqual({ exit: 1, calls: 0 });
  expect(stderr).toMatch(REFUSED);
});

test('a merge key in quotes is a name like others', async () => {
  const { exit, stdout } = await runInProcess(list(generatorItem() + item(secret('  labels: {"<<": a}\n'))), {
    sts,
  });
  expect({ exit, calls: sts.calls.length }).toEqual({ exit: 0, calls: 1 });
  expect(stdout).toContain('"<<": a');
});

test.each([
  ['in braces', `{apiVersion: config.kubernetes.io/v1, kind: ResourceList, items: [], results}\n`],
  ['as an explicit key', `${list(generatorItem('region: eu-west-1'))}? results\n`],
])('results without a value, %s', async (_, input) => {
  const { exit, stdout, stderr } = await runInProcess(input, { sts });
  expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
  expect(stderr).toBe(
    'error: cannot read standard input: its `results` have no value. Leave them out. [INPUT_UNREADABLE]\n',
  );
});
