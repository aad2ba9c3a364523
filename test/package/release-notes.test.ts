import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT, runProcess } from '../support/run-function.ts';

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const notes = (tag: string) => runProcess('node', [join(ROOT, 'package/release-notes.ts'), tag], { cwd: '/' });

test("the changelog has this version's section, without its heading and those of other versions", async () => {
  const { exit, stdout } = await notes(`v${version}`);
  expect(exit).toBe(0);
  expect(stdout.length).toBeGreaterThan(20);
  expect(stdout).not.toMatch(/^## /m);
});

test.each(['v0.0.0-other', '', version])('"%s" is not the tag of this version', async (tag) => {
  const refusal = `cannot release "${tag}": package.json has version "${version}".\n`;
  expect(await notes(tag)).toMatchObject({ exit: 1, stdout: '', stderr: refusal });
});
