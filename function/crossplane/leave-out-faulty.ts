import { type Finding, keyOfFinding } from '../findings/finding.ts';
import type { ObjectNeed } from '../model/job.ts';
import { objectKey } from '../model/kinds.ts';
import { distinct } from '../model/plain-data.ts';
import type { Draft } from '../planner/draft.ts';

/** Rounds in which the generators are left out that errors name. */
const MOST_ROUNDS = 3;

/** How many halves may prove faulty. Then all generators that are still untried are left out together. */
const MOST_TRIES = 8;

/** A draft with some of the generators from the cluster, and what is wrong with it. */
export interface CheckedDraft {
  readonly draft: Draft;
  /** Generators that are not there. Once some are left out, others follow from that. */
  readonly missing: readonly Finding[];
  readonly others: readonly Finding[];
  /** Those of `others` that refuse a step. */
  readonly errors: readonly Finding[];
}

/**
 * Leaves out the generators from the cluster with which a draft has errors: first those that errors name, then, where they name none or
 * always others, by halves. `used` are the keys of the others, `generatorFaults` is what was wrong.
 */
export async function leaveOutFaulty(
  first: CheckedDraft,
  present: readonly string[],
  needs: readonly ObjectNeed[],
  judgeWith: (keys: readonly string[]) => Promise<CheckedDraft>,
) {
  let [judged, used] = [first, present];
  const generatorFaults = [...first.missing];
  for (let round = 1; round <= MOST_ROUNDS && judged.errors.length > 0; round += 1) {
    const out = namedBy(judged.errors, needs);
    const left = used.filter((key) => !out.has(key));
    if (left.length === used.length) break;
    generatorFaults.push(...judged.errors);
    used = left;
    judged = await judgeWith(used);
  }
  if (judged.errors.length > 0) {
    generatorFaults.push(...judged.errors);
    let triesLeft = MOST_TRIES;
    const addRight = async (right: readonly string[], more: readonly string[]): Promise<readonly string[]> => {
      if (triesLeft === 0) return right;
      const all = [...right, ...more];
      const { errors } = await judgeWith(all);
      if (errors.length === 0) return all;
      triesLeft -= 1;
      if (more.length === 1) generatorFaults.push(...errors);
      if (more.length < 2) return right;
      const half = Math.ceil(more.length / 2);
      return addRight(await addRight(right, more.slice(0, half)), more.slice(half));
    };
    used = await addRight([], used);
    judged = await judgeWith(used);
  }
  return { judged, used, generatorFaults: distinct(generatorFaults, keyOfFinding) };
}

/** The generators from the cluster that errors are about, by themselves or by an ExternalSecret that names them. */
function namedBy(errors: readonly Finding[], needs: readonly ObjectNeed[]): ReadonlySet<string> {
  const named = new Set(errors.flatMap(({ object }) => (object === undefined ? [] : objectKey(object))));
  const subjects = needs.filter(({ key, by }) => named.has(key) || named.has(objectKey(by)));
  return new Set(subjects.map(({ key }) => key));
}
