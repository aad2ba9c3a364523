import { test } from '@jest/globals';
import { expectLittleWork } from '../../support/expect-little-work.ts';
import { REPEATS } from './package-repeats.ts';
import { NEIGHBOURS, ORDINARY } from './package-work.ts';
import { WORKFLOWS } from './package-workflows.ts';

/** What multiplies beside what was found first, as package-work has it. It is a suite of its own, as package-deep is, so that all run at once. */

test.each(Object.entries({ ...NEIGHBOURS, ...REPEATS, ...WORKFLOWS }))(
  '%s: no more than twice what is harmless, or refused alone',
  async (_, row) => expectLittleWork(row, ORDINARY),
);
