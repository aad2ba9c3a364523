import { type Compared, compare, count, type Verdict } from './compare.ts';
import { generateCases } from './generate-template.ts';

/** Of generated cases: how many of each verdict, and those in which Go and we differ. */
export interface Survey {
  readonly counts: Record<Verdict, number>;
  readonly differing: Compared[];
}

/** All at once would be much to hold. */
const PORTION = 5000;

/** Compares generated cases, in portions whose seeds follow from this one; `calls` has all names that they call. */
export async function survey(
  cases: number,
  seed: number,
): Promise<{ whole: Survey; mutated: Survey; calls: Set<string> }> {
  const [whole, mutated] = [emptySurvey(), emptySurvey()];
  const calls = new Set<string>();
  for (let at = 0; at < cases; at += PORTION) {
    const generated = generateCases(Math.min(PORTION, cases - at), seed + at);
    for (const { template } of generated) for (const [name] of template.matchAll(/\b[a-z]\w+/gi)) calls.add(name);
    add(whole, await compare(generated.filter(({ isMutated }) => !isMutated)));
    add(mutated, await compare(generated.filter(({ isMutated }) => isMutated)));
  }
  return { whole, mutated, calls };
}

function emptySurvey(): Survey {
  return { counts: count([]), differing: [] };
}

function add({ counts, differing }: Survey, compared: readonly Compared[]): void {
  for (const one of compared) {
    counts[one.verdict] += 1;
    if (one.verdict === 'different' || one.verdict === 'refused') differing.push(one);
  }
}
