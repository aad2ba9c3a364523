import { expect } from '@jest/globals';
import { runMeasured as run, type Work } from './run-measured.ts';

/** Work that multiplies, and beside it a harmless input that has as many files and bytes. */
export interface Multiplying {
  readonly attack: () => Work;
  readonly harmless: () => Work;
}

/** What needs no comparison: seconds of a processor, and MB. */
const SECONDS = 4;
const MEGABYTES = 300;
/** Of what a harmless input of as many files and bytes takes. */
const TIMES = 2;
/** From one run to the next a machine may get busy: what multiplied took five times as much, and more. */
const BUSY = 2;
/** The Secret of somebody else, in the same input. */
export const THEIRS = 'team-a/theirs';

/**
 * Expects no more than twice what is harmless, or a refusal of this package alone. What work takes of the processor is compared with other
 * inputs right afterwards: a busy machine, or a slow one, takes twice as much for the same. Any input may take as long as `ordinary`.
 */
export async function expectLittleWork({ attack, harmless }: Multiplying, ordinary: Work): Promise<void> {
  const took = await run(attack());
  const isSmall = took.seconds < SECONDS && took.megabytes < MEGABYTES && took.stdout.includes(THEIRS);
  const usual = isSmall ? took : await run(harmless());
  const isUsual = took.seconds < BUSY * TIMES * usual.seconds;
  const allowed = isUsual ? usual : await run(ordinary);
  expect([0, 1]).toContain(took.exit);
  const messages = `${took.stderr}${took.stdout}`; // what doctor finds is its output
  expect(messages).not.toMatch(/has a fault|heap/);
  const most = BUSY * Math.max(allowed.seconds, TIMES * usual.seconds);
  const room = Math.max(MEGABYTES, TIMES * usual.megabytes);
  const isLittle = took.seconds < most && took.megabytes < room;
  const again = isLittle ? took : await run(attack()); // a busy moment passes, and what multiplies does not
  expect(Math.min(took.seconds, again.seconds)).toBeLessThan(most);
  expect(Math.min(took.megabytes, again.megabytes)).toBeLessThan(room);
  // what is somebody else's goes on
  expect(took.stdout.includes(THEIRS)).toBe(usual.stdout.includes(THEIRS));
  if (took.exit === 1) expect(messages).toMatch(/^error: [^\n]*(?:cannot|kustomize fails at) [^\n]*\. \[[A-Z_]+\]$/m);
}
