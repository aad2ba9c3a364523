import { cpSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'acorn';
import { forAllTests } from '../support/for-each-test.ts';
import { list, OTHER } from '../support/manifests.ts';
import { runFunction, SCRIPT } from '../support/run-function.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = forAllTests(temporaryFolder);

test('starts from any folder, and through a symbolic link', async () => {
  const copy = join(folder.path, 'a folder with spaces');
  cpSync(dirname(SCRIPT), copy, { recursive: true });
  const link = join(folder.path, 'link');
  symlinkSync(join(copy, 'function-sts-assume-role'), link);
  const input = list(OTHER);
  expect(await runFunction(input, { executable: link })).toMatchObject({ exit: 0, stdout: input, stderr: '' });
});

test('refuses an old Node.js in one line', async () => {
  const script = "Object.defineProperty(process.versions, 'node', { value: '20.11.0' });\n";
  const old = folder.write('old.cjs', script);
  const ended = await runFunction('', { executable: SCRIPT, environment: { NODE_OPTIONS: `--require ${old}` } });
  expect(ended).toEqual({
    exit: 2,
    signal: null,
    stdout: '',
    stderr:
      'error: cannot start on Node.js 20.11.0: it must be 22.19 or newer. Install one, and put it first on PATH.\n',
  });
});

test('is written so that an old Node.js can read it', () => {
  const source = readFileSync(SCRIPT, 'utf8');
  expect(() => parse(source, { ecmaVersion: 5, allowHashBang: true })).not.toThrow();
  expect(() => parse(`${source}\nvar newer = () => 1;`, { ecmaVersion: 5, allowHashBang: true })).toThrow();
});
