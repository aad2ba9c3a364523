import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { generatedFiles } from '../../package/generated.ts';
import { ROOT } from '../support/run-function.ts';

test.each([...generatedFiles()])('%s is as the code has it: else run `npm run generate`', (path, text) => {
  expect(readFileSync(join(ROOT, path), 'utf8')).toBe(text);
});
