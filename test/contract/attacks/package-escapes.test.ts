import { expect, test } from '@jest/globals';
import { forEachTest } from '../../support/for-each-test.ts';
import { GOOD_SPEC, generatorItem, generatorManifest, list, SPEC } from '../../support/manifests.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';

/**
 * kpt and kustomize read YAML 1.1: U+0085 as it stands is the end of a line to them, which becomes a space, and other controls are
 * refused. The author of an escape had another value in mind.
 */
const sts = forEachTest(startExampleSts);

const UNSAFE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;

test.each(['x', 'apiVersion'])('an escape in an item that is marked stays one, beside %s', async (key) => {
  const marked = generatorItem(GOOD_SPEC, {
    metadata: `namespace: team-a, annotations: {kustomize.config.k8s.io/id: '1', ${key}: "a\\Nb \\L \\x7f\\x9b\\uFEFF\\uFFFE escaped_0085"}`,
  });
  const { exit, stdout } = await runInProcess(list(marked), { sts });
  expect({ exit, isUnsafe: UNSAFE.test(stdout) }).toEqual({ exit: 0, isUnsafe: false });
  expect(stdout).toContain(String.raw`"a\u0085b \u2028 \u007f\u009b\ufeff\ufffe escaped_0085"`);
});

const SESSIONS = 'sessions: [{secrets: [{annotations: {x: "a\\Nb \\x7f"}}]}]';
const INPUT = `{apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, metadata: {name: options}, ${SESSIONS}}`;
const ITEMS = JSON.stringify([generatorManifest(SPEC)]);
const FLOW = `{apiVersion: config.kubernetes.io/v1, kind: ResourceList, items: ${ITEMS}, functionConfig: ${INPUT}}`;

test.each([
  ['a block', list(generatorItem(), `functionConfig: ${INPUT}\n`), String.raw`x: "a\u0085b \u007f"`],
  ['a flow', FLOW, String.raw`"x":"a\u0085b \u007f"`],
])('what an Input writes into a Secret is escaped, in %s', async (_, given, escaped) => {
  const { exit, stdout } = await runInProcess(given, { sts });
  expect({ exit, isUnsafe: UNSAFE.test(stdout) }).toEqual({ exit: 0, isUnsafe: false });
  expect(stdout).toContain(escaped);
});

test('what stands as itself stays as it is', async () => {
  const metadata = "namespace: team-a, annotations: {kustomize.config.k8s.io/id: '1', x: a\u2028b, y: 'c\u0085d'}";
  const { exit, stdout } = await runInProcess(list(generatorItem(GOOD_SPEC, { metadata })), { sts });
  expect(exit).toBe(0);
  expect(stdout).toContain('x: a\u2028b, ');
  expect(stdout).toContain('c\u0085d');
});
