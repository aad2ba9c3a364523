import { expect, test } from '@jest/globals';
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
