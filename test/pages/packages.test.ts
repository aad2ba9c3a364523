import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT, runProcess } from '../support/run-function.ts';

/** The example of each package's page, run in its folder: it prints what the page says. */
test.each(['gotemplate', 'sops'])('the example of %s', async (name) => {
  const cwd = join(ROOT, 'function', name);
  const page = readFileSync(join(cwd, 'README.md'), 'utf8');
  const [, code = '', printed = ''] = /```ts\n(.*?)```\n\nprints\n\n```text\n(.*?)```/s.exec(page) ?? [];
  expect(printed).not.toBe('');
  const ended = await runProcess(process.execPath, ['--input-type=module-typescript', '--eval', code], { cwd });
  expect(ended).toMatchObject({ exit: 0, stdout: printed, stderr: '' });
});
