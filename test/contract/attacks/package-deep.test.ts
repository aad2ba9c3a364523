import { test } from '@jest/globals';
import { expectLittleWork } from '../../support/expect-little-work.ts';
import { DEEP } from './package-deep.ts';
import { PAIRS } from './package-pairs.ts';
import { PRODUCTS } from './package-products.ts';
import { TURNS } from './package-turns.ts';
import { ORDINARY } from './package-work.ts';

/** What was found last of what multiplies: deep folders, what is compared in pairs, what is told in turns. The rest: package-neighbours. */

test.each(Object.entries({ ...TURNS, ...PRODUCTS, ...PAIRS, ...DEEP }))(
  '%s: no more than twice what is harmless, or refused alone',
  async (_, row) => expectLittleWork(row, ORDINARY),
);
