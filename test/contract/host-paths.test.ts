import { describe, expect, test } from '@jest/globals';
import { resultsOf } from '../support/emitted.ts';
import { GOOD_SPEC, generatorItem, list } from '../support/manifests.ts';
import { runInProcess } from '../support/run-in-process.ts';

test('a result names the file of its item beside the message, and standard error before it', async () => {
  const metadata = 'annotations: {internal.config.kubernetes.io/path: specs/a.yaml}';
  const { stdout, stderr } = await runInProcess(list(generatorItem(`${GOOD_SPEC}, regoin: a`, { metadata })));
  const message =
    'cannot use STSAssumeRoleToken "deployer": `spec.regoin` is not a known field; did you mean `region`? Correct it.';
  expect(resultsOf(stdout)).toEqual([
    {
      message,
      severity: 'error',
      resourceRef: {
        apiVersion: 'generators.external-secrets.io/v1alpha1',
        kind: 'STSAssumeRoleToken',
        name: 'deployer',
      },
      field: { path: 'spec.regoin' },
      file: { path: 'specs/a.yaml' },
      tags: { code: 'SPEC_INVALID' },
    },
  ]);
  expect(stderr).toBe(`error: specs/a.yaml: ${message} [SPEC_INVALID]\n`);
});

describe('a file is named only where it is certain', () => {
  const at = (path: string, namespace: string) =>
    `namespace: ${namespace}, annotations: {internal.config.kubernetes.io/path: ${path}}`;
  const wrong = `${GOOD_SPEC}, regoin: a`;
  const named = (path: string, spec = GOOD_SPEC) => generatorItem(spec, { metadata: at(path, 'team-a') });
  const nameless = (path: string, namespace: string) =>
    generatorItem(GOOD_SPEC, { metadata: at(path, namespace) }).replace('name: deployer, ', '');

  test.each([
    ['two in one file', [named('a.yaml', wrong), named('a.yaml')], ['a.yaml']],
    ['two in two files, whichever is wrong', [named('a.yaml', wrong), named('b.yaml')], [undefined]],
    ['three', [named('a.yaml', wrong), named('b.yaml'), named('b.yaml')], [undefined]],
    ['without a name, by the namespace', [nameless('a.yaml', 'a'), nameless('b.yaml', 'b')], ['a.yaml', 'b.yaml']],
    ['without a name in one namespace', [nameless('a.yaml', 'a'), nameless('b.yaml', 'a')], [undefined]],
  ])('%s', async (_, items, files) => {
    const { stdout } = await runInProcess(list(items.join('')));
    const of = resultsOf(stdout).map((result) => Object(result).file?.path);
    expect(of).toEqual(files);
  });
});
