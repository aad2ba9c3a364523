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
  /** All others. */
  readonly findings: readonly Finding[];
  /** Those of `findings` that refuse a step. */
  readonly errors: readonly Finding[];
}

/** Further drafts of a call, after its first two. */
const MOST_ROUNDS = 2;

/**
 * Leaves out the generators from the cluster that the errors of a draft are about, and drafts again, at most twice. Where errors are left
 * then, or are about none of these generators, all of them wait: the draft is `withoutCluster`, whose own errors refuse the step.
 * `usedKeys`: the generators that are in the draft; `generatorFaults`: what was wrong with others.
 */
export async function leaveOutFaulty(
  first: CheckedDraft,
  withoutCluster: CheckedDraft,
  presentKeys: readonly string[],
  checkDraftWith: (keys: readonly string[]) => Promise<CheckedDraft>,
) {
  let [checkedDraft, usedKeys] = [first, presentKeys];
  const generatorFaults = [...first.missing];
  for (let round = 1; checkedDraft.errors.length > 0 && checkedDraft !== withoutCluster; round += 1) {
    generatorFaults.push(...checkedDraft.errors);
    const namedKeys = namedBy(checkedDraft.errors, withoutCluster.draft.needs);
    const rest = usedKeys.filter((key) => !namedKeys.has(key));
    const isLast = round > MOST_ROUNDS || rest.length === usedKeys.length;
    usedKeys = isLast ? [] : rest;
    checkedDraft = isLast ? withoutCluster : await checkDraftWith(usedKeys);
  }
  return { checkedDraft, usedKeys, generatorFaults: distinct(generatorFaults, keyOfFinding) };
}

/** The generators from the cluster that errors are about, by themselves or by an ExternalSecret that names them. */
function namedBy(errors: readonly Finding[], needs: readonly ObjectNeed[]): ReadonlySet<string> {
  const named = new Set(errors.flatMap(subjectsOf).map(objectKey));
  return new Set(needs.flatMap(({ key, by }) => (named.has(key) || named.has(objectKey(by)) ? key : [])));
}
