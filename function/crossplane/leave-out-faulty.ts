import { type Finding, keyOfFinding } from '../findings/finding.ts';
import type { ObjectNeed } from '../model/job.ts';
import { objectKey } from '../model/kinds.ts';
import { distinct } from '../model/plain-data.ts';
import type { Draft } from '../planner/draft.ts';

/** Rounds in which the generators are left out that errors name. */
const MOST_ROUNDS = 3;

/** How many lists may prove faulty: the whole is the first, then come halves. All still untried are left out then. */
const MOST_FAULTY = 8;

/** A draft with some of the generators from the cluster, and what is wrong with it. */
export interface CheckedDraft {
  readonly draft: Draft;
  /** Findings of generators that are not there. Leaving some out makes more of these, which nobody is told. */
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
    const rest = used.filter((key) => !out.has(key));
    if (rest.length === used.length) break;
    generatorFaults.push(...judged.errors);
    used = rest;
    judged = await judgeWith(used);
  }
  if (judged.errors.length > 0) {
    generatorFaults.push(...judged.errors);
    let faultyLeft = MOST_FAULTY;
    const addSound = async (sound: readonly string[], more: readonly string[]): Promise<readonly string[]> => {
      if (faultyLeft === 0) return sound;
      const all = [...sound, ...more];
      const { errors } = await judgeWith(all);
      if (errors.length === 0) return all;
      faultyLeft -= 1;
      if (more.length === 1) generatorFaults.push(...errors);
      if (more.length < 2) return sound;
      const half = Math.ceil(more.length / 2);
      return addSound(await addSound(sound, more.slice(0, half)), more.slice(half));
    };
    used = await addSound([], used);
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
