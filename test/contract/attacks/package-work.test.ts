import { expect, test } from '@jest/globals';
import { expectLittleWork, THEIRS } from '../../support/expect-little-work.ts';
import { runMeasured as run } from '../../support/run-measured.ts';
import { CHARGED } from './package-charged.ts';
import { CROWDS, ORDINARY, ROWS, USUAL } from './package-work.ts';

/** Who writes a package multiplies what it starts, names and includes. More of it: package-neighbours. */

test.each(Object.entries({ ...ROWS, ...CROWDS, ...CHARGED }))(
  '%s: no more than twice what is harmless, or refused alone',
  async (_, row) => expectLittleWork(row, ORDINARY),
);

test.each(Object.entries(USUAL))('%s are not too many', async (_, work) => {
  const { exit, stdout, stderr } = await run(work());
  expect({ exit, stderr: stderr.replaceAll(/^(?:info|warning): .*\n/gm, '') }).toEqual({ exit: 0, stderr: '' });
  expect(stdout).toContain(THEIRS);
});

test('doctor ends with the time of a run', async () => {
  const lines = Array.from({ length: 200_000 }, (_, at) => `kustomize build a${at}\n`).join('');
  const { exit, stdout, stderr } = await run(
    { argv: ['doctor', '.'], files: { 'a.sh': lines, 'b.sh': lines, 'c.sh': lines } },
    { STS_FUNCTION_TIMEOUT: '1' },
  );
  expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
  expect(stderr).toMatch(/^error: cannot plan this run: STS_FUNCTION_TIMEOUT was over/);
});
