import { expect, test } from '@jest/globals';
import { runMeasured as run } from '../../support/run-measured.ts';
import { CHARGED } from './package-charged.ts';
import { NEIGHBOURS, ORDINARY, ROWS, USUAL } from './package-work.ts';

/**
 * Who writes a package multiplies what it starts, names and includes. What that takes of the processor is compared with other inputs right
 * afterwards: a busy machine, or a slow one, takes twice as much for the same.
 */

/** What needs no comparison: seconds of a processor, and MB. */
const SECONDS = 4;
const MEGABYTES = 300;
/** Of what a harmless input of as many files and bytes takes. Any input may take as long as a megabyte of specs. */
const TIMES = 2;
/** From one run to the next a machine may get busy: what multiplied took five times as much, and more. */
const BUSY = 2;
/** The Secret of somebody else, in the same input. */
const THEIRS = 'team-a/theirs';

test.each(Object.entries({ ...ROWS, ...NEIGHBOURS, ...CHARGED }))(
  '%s: no more than twice what is harmless, or refused alone',
  async (_, { attack, harmless }) => {
    const took = await run(attack());
    const isSmall = took.seconds < SECONDS && took.megabytes < MEGABYTES && took.stdout.includes(THEIRS);
    const usual = isSmall ? took : await run(harmless());
    const isUsual = took.seconds < BUSY * TIMES * usual.seconds;
    const ordinary = isUsual ? usual : await run(ORDINARY);
    expect([0, 1]).toContain(took.exit);
    expect(took.stderr).not.toMatch(/has a fault|heap/);
    expect(took.seconds).toBeLessThan(BUSY * Math.max(ordinary.seconds, TIMES * usual.seconds));
    expect(took.megabytes).toBeLessThan(Math.max(MEGABYTES, TIMES * usual.megabytes));
    // what is somebody else's goes on
    expect(took.stdout.includes(THEIRS)).toBe(usual.stdout.includes(THEIRS));
    if (took.exit === 1)
      expect(took.stderr).toMatch(/^error: [^\n]*(?:cannot|kustomize fails at) [^\n]*\. \[[A-Z_]+\]$/m);
  },
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
