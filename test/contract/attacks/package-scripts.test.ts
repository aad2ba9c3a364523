import { expect, test } from '@jest/globals';
import { CLEAN_ENVIRONMENT, EXECUTABLE, runProcess } from '../../support/run-function.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** `doctor` reads scripts that the author of a repository wrote: a megabyte of them must not keep it for minutes. */
const BOUND_SECONDS = 15;

test.each([['here-documents in one line', `  run: |\n    ${'<<a '.repeat(250_000)}\n`]])('%s', async (_, text) => {
  using folder = temporaryFolder({ '.github/workflows/a.yaml': `jobs:\n${text}` });
  const { signal } = await runProcess(EXECUTABLE, ['doctor', folder.path], {
    environment: CLEAN_ENVIRONMENT,
    processorSeconds: BOUND_SECONDS,
  });
  expect(signal).toBeNull();
});
