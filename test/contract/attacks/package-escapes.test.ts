import { expect, test } from '@jest/globals';
import { forEachTest } from '../../support/for-each-test.ts';
import { functionConfig, GOOD_SPEC, generatorItem, list } from '../../support/manifests.ts';
import { runFunction } from '../../support/run-function.ts';
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
  const { exit, stdout } = await runFunction(list(marked), { sts });
  expect({ exit, isUnsafe: UNSAFE.test(stdout) }).toEqual({ exit: 0, isUnsafe: false });
  expect(stdout).toContain(String.raw`"a\u0085b \u2028 \u007f\u009b\ufeff\ufffe escaped_0085"`);
});

test('what an Input writes into a Secret is escaped', async () => {
  const config = functionConfig(
    '  metadata: {name: options}\n  sessions: [{secrets: [{annotations: {x: "a\\Nb"}}]}]\n',
  );
  const { exit, stdout } = await runFunction(list(generatorItem(), config), { sts });
  expect({ exit, isUnsafe: UNSAFE.test(stdout) }).toEqual({ exit: 0, isUnsafe: false });
  expect(stdout).toContain(String.raw`x: "a\u0085b"`);
});

test('what stands as itself stays as it is', async () => {
  const metadata = "namespace: team-a, annotations: {kustomize.config.k8s.io/id: '1', x: a\u2028b, y: 'c\u0085d'}";
  const { exit, stdout } = await runFunction(list(generatorItem(GOOD_SPEC, { metadata })), { sts });
  expect(exit).toBe(0);
  expect(stdout).toContain('x: a\u2028b, ');
  expect(stdout).toContain('c\u0085d');
});
