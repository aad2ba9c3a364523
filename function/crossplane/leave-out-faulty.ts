import { type Finding, keyOfFinding, subjectsOf } from '../findings/finding.ts';
import type { ObjectNeed } from '../model/job.ts';
import { objectKey } from '../model/kinds.ts';
import { distinct } from '../model/plain-data.ts';
import type { Draft } from '../planner/draft.ts';

/** A draft with some of the generators from the cluster, and what is wrong with it. */
export interface CheckedDraft {
  readonly draft: Draft;
  /** Findings of generators that are not there. Leaving some out makes more of these, which nobody is told. */
  readonly missing: readonly Finding[];
  readonly others: readonly Finding[];
  /** Those of `others` that refuse a step. */
  readonly errors: readonly Finding[];
}

/** A call makes two drafts before, and so many more. */
const MOST_ROUNDS = 2;

/**
 * Leaves out the generators from the cluster that the errors of a draft are about, and drafts again; where errors are left then, all of them
 * wait, as in `withoutCluster`, whose own errors refuse the step. `used` are the keys of those that are in, `generatorFaults` is what was wrong.
 */
export async function leaveOutFaulty(
  first: CheckedDraft,
  withoutCluster: CheckedDraft,
  present: readonly string[],
  judgeWith: (keys: readonly string[]) => Promise<CheckedDraft>,
) {
  let [judged, used] = [first, present];
  const generatorFaults = [...first.missing];
  for (let round = 1; judged.errors.length > 0 && judged !== withoutCluster; round += 1) {
    generatorFaults.push(...judged.errors);
    const named = namedBy(judged.errors, withoutCluster.draft.needs);
    const rest = used.filter((key) => !named.has(key));
    const isLast = round > MOST_ROUNDS || rest.length === used.length;
    used = isLast ? [] : rest;
    judged = isLast ? withoutCluster : await judgeWith(used);
  }
  return { judged, used, generatorFaults: distinct(generatorFaults, keyOfFinding) };
}

/** The generators from the cluster that errors are about, by themselves or by an ExternalSecret that names them. */
function namedBy(errors: readonly Finding[], needs: readonly ObjectNeed[]): ReadonlySet<string> {
  const named = new Set(errors.flatMap(subjectsOf).map(objectKey));
  return new Set(needs.flatMap(({ key, by }) => (named.has(key) || named.has(objectKey(by)) ? key : [])));
}
