import { objectKey } from '../../api/kinds.ts';
import type { Draft } from '../../planner/draft.ts';
import { type Composite, refOf } from './composite.ts';
import type { DesiredSpec } from './desired-specs.ts';

/** The bucket of {@link MintingLimit} that a generator or ExternalSecret takes its sessions from, by its `objectKey`. */
export type BucketOf = (key: string) => string;

/**
 * Beside the composite itself a bucket's name has nothing that the composite's author can choose: he would choose another one for
 * each session. What the Input has is known as the Composition's author wrote it, variables and all. Keys and names of desired
 * resources may come from a template that an earlier step filled from the composite, so those are known by their place among each
 * other. A composite that is deleted and made anew is the same (docs/decisions/029-three-sessions-then-one-a-minute.md).
 */
export function bucketsOf(
  { jobs, written }: Pick<Draft, 'jobs' | 'written'>,
  desired: readonly DesiredSpec[],
  composite: Composite,
): BucketOf {
  const wanted = new Set(jobs.map(({ generator }) => objectKey(generator)));
  const inOrder = desired
    .toSorted((one, other) => (one.key < other.key ? -1 : 1)) // the engine shows them in any order
    .map(({ manifest }) => objectKey(refOf(manifest)))
    .filter((key) => wanted.has(key));
  const places = new Map(inOrder.map((key, place) => [key, place]));
  const owner = objectKey(composite);
  return (key) => JSON.stringify([owner, places.get(key) ?? written.get(key) ?? key]);
}
