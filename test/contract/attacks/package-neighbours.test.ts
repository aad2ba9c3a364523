import { test } from '@jest/globals';
import { expectLittleWork } from '../../support/expect-little-work.ts';
import { DEEP } from './package-deep.ts';
import { PAIRS } from './package-pairs.ts';
import { REPEATS } from './package-repeats.ts';
import { TURNS } from './package-turns.ts';
import { NEIGHBOURS, ORDINARY } from './package-work.ts';
import { WORKFLOWS } from './package-workflows.ts';

/** What multiplies beside what was found first, as package-work has it. It is a suite of its own, so that both may run at once. */

test.each(Object.entries({ ...NEIGHBOURS, ...REPEATS, ...TURNS, ...PAIRS, ...WORKFLOWS, ...DEEP }))(
  '%s: no more than twice what is harmless, or refused alone',
  async (_, row) => expectLittleWork(row, ORDINARY),
);
