import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT, runFunction } from '../support/run-function.ts';

test('says its version and helps on one screen', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  expect(await runFunction('', { arguments: ['--version'] })).toMatchObject({ exit: 0, stdout: `${version}\n` });
  const { exit, stdout } = await runFunction('', { arguments: ['--help'] });
  const lines = stdout.split('\n');
  expect({ exit, lines: lines.length <= 25, columns: lines.every((line) => line.length <= 80) }).toEqual({
    exit: 0,
    lines: true,
    columns: true,
  });
});
