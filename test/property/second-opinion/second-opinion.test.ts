import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { forAllTests } from '../../support/for-each-test.ts';
import { IS_WHOLE } from '../../support/is-whole.ts';
import { differences, judge } from './judge.ts';
import { startWorlds } from './run-world.ts';
import { worlds } from './worlds.ts';

/** The guard, and an evaluator that was written from its page alone. WORLDS says how many, WORLDS_SEED chooses others. */

const WORLDS = Number(process.env.WORLDS ?? (IS_WHOLE ? 5000 : 200));
const SEED = Number(process.env.WORLDS_SEED ?? 20_261_125);

const started = forAllTests(startWorlds);

test(
  'what STS is asked for is permitted, and what is refused is not',
  async () => {
    let [asking, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const seen = await started.run(world);
        expect(differences(world, seen)).toEqual([]);
        if (seen.calls.length > 0) asking += 1;
        if (judge(world).judged.some(({ isPermitted }) => !isPermitted)) refused += 1;
      }),
      { numRuns: WORLDS, seed: SEED },
    );
    const share = `of ${WORLDS} worlds ${asking} asked AWS, and ${refused} had something that is not permitted`;
    if (Math.min(asking, refused) < WORLDS / 5) throw new Error(`${share}: too few to say anything`);
  },
  2_400_000 * Math.max(1, WORLDS / 5000),
);
