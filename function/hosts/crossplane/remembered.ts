import { SPEC_HASH_ANNOTATION } from '../../api/annotations.ts';
import type { SecretManifest } from '../../api/flow.ts';
import type { Job } from '../../api/job.ts';
import { secretKey } from '../../api/kinds.ts';
import type { KnownObject } from '../../api/known.ts';
import { expiresAt, isIntact } from '../../planner/standing.ts';

/** How long a Secret is remembered that the engine has not shown yet: some reconciles, backoff included. */
export const REMEMBERED_MILLISECONDS = 5 * 60_000;

/** Whose Secret, which one and of which spec. */
export function rememberedKey(compositeUid: string, { target, specHash }: Pick<Job, 'target' | 'specHash'>): string {
  return JSON.stringify([compositeUid, secretKey(target), specHash]);
}

/**
 * True when the Secret that was made is the observed one, annotations too and nothing more in its data: where something in the
 * cluster takes those away, or adds to these, each reconcile would make a session otherwise.
 */
export function isSeen(made: SecretManifest, observed: KnownObject): boolean {
  return isWithin(made.metadata.annotations, observed.annotations) && isIntact(observed);
}

/**
 * True when the observed Secret has a session of the same spec that ends no sooner, and nobody changed it: another replica has
 * made it. If each replica held on to its own, the engine would be told the one and the other in turns, for as long as they
 * remember.
 */
export function isOvertaken({ metadata: { annotations: made } }: SecretManifest, existing: KnownObject): boolean {
  const { annotations } = existing;
  if (annotations[SPEC_HASH_ANNOTATION] !== made[SPEC_HASH_ANNOTATION] || !isIntact(existing)) return false;
  const [observed, own] = [expiresAt({ annotations }), expiresAt({ annotations: made })];
  return observed !== undefined && own !== undefined && observed >= own;
}

function isWithin(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(one).every(([key, value]) => Object.hasOwn(other, key) && other[key] === value);
}
