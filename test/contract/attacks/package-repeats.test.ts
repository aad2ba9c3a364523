import { expect, test } from '@jest/globals';
import { generatorItem, list } from '../../support/manifests.ts';
import { CLEAN_ENVIRONMENT, EXECUTABLE, runProcess } from '../../support/run-function.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Words that a search before the parser looks for, again and again in one text: each must not cost a look at all the rest. */
const BOUND_SECONDS = 10;
const ENVIRONMENT = { ...CLEAN_ENVIRONMENT, STS_FUNCTION_MODE: 'plan' };
const many = (piece: string, length = 1_000_000) => piece.repeat(Math.floor(length / piece.length));
const configMap = (data: string) =>
  list(`${generatorItem()}- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: c}\n  data:\n${data}`);

const run = (argv: readonly string[], input = '') =>
  runProcess(EXECUTABLE, argv, { input, environment: ENVIRONMENT, processorSeconds: BOUND_SECONDS });

test.each([
  ["kustomize's annotation in comments", configMap(`${many('    # kustomize.config.k8s.io/id\n')}    a: b\n`)],
  ["kpt's annotation in one line", configMap(`    a: "${many('config.kubernetes.io/path: ')}"\n`)],
])('%s, tens of thousands of times', async (_, input) => {
  const { exit, signal, stdout } = await run([], input);
  expect({ exit, signal, isSame: stdout.startsWith(input) }).toEqual({ exit: 0, signal: null, isSame: true });
});

test.each(['"kind:!', '"kind:&', '{kind:!'])(
  'a file that does not parse says %s tens of thousands of times',
  async (piece) => {
    using folder = temporaryFolder({ 'template.yaml': `Secret: [\n${many(piece)}` });
    const { exit, signal } = await run(['plan', folder.path]);
    expect({ exit, signal }).toEqual({ exit: 0, signal: null });
  },
);
