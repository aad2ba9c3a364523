import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { forEachTest } from '../../support/for-each-test.ts';
import { ROOT, runProcess } from '../../support/run-function.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = forEachTest(temporaryFolder);

/** Writes a file where a temporary file's first name is taken, in a process of its own: Jest's errors are none of Node.js'. */
const write = (random: readonly string[]) =>
  runProcess(process.execPath, ['--input-type=module', '-e', SCRIPT, ...random], { cwd: folder.path });

const SCRIPT = `
  import { symlinkSync } from 'node:fs';
  import { MACHINE, writeFiles } from ${JSON.stringify(join(ROOT, 'function/files/write-files.ts'))};
  const [, ...random] = process.argv;
  symlinkSync('nowhere', \`.function-sts-assume-role.\${MACHINE}.\${process.pid}.aa.tmp\`);
  await writeFiles([{ shown: 'new.yaml', real: 'new.yaml', text: 'new' }], () => random.shift());
  console.log(random.join());
`;

test('a name that is taken is left alone, and another one is used', async () => {
  expect(await write(['aa', 'bb', 'cc'])).toMatchObject({ exit: 0, stdout: 'cc\n' });
  expect(readdirSync(folder.path)).toEqual([expect.stringMatching(/\.aa\.tmp$/), 'new.yaml']);
});

test('where every name is taken, that is said, and nothing is removed', async () => {
  const { exit, stderr } = await write(Array.from({ length: 20 }, () => 'aa'));
  expect(exit).toBe(1);
  expect(stderr).toContain('cannot write "new.yaml": EEXIST. Nothing was written.');
  expect(readdirSync(folder.path)).toEqual([expect.stringMatching(/\.aa\.tmp$/)]);
});
