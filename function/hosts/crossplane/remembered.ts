import { EXPIRATION_ANNOTATION, SPEC_HASH_ANNOTATION } from '../../api/annotations.ts';
import type { SecretManifest } from '../../api/flow.ts';
import { type NamedRef, secretKey } from '../../api/kinds.ts';
import type { SuppliedObject } from '../../api/supplied.ts';
import { ExpiringMap } from './expiring-map.ts';

/** How long a Secret is remembered that the engine has not shown yet: some reconciles, backoff included. */
const REMEMBERED_MILLISECONDS = 5 * 60_000;

/** Whose Secret, which one and of which spec. */
export interface Remembered {
  readonly owner: string;
  readonly target: NamedRef;
  readonly specHash: string;
}

/**
 * Secrets that were made and not yet seen in the observed state. The engine calls a function several times in a reconcile, and
 * again when applying met a conflict: none of that makes a second session.
 */
export class Memory {
  readonly #made = new ExpiringMap<SecretManifest>(REMEMBERED_MILLISECONDS);

  get(one: Remembered, now: Date): SecretManifest | undefined {
    return this.#made.get(keyOf(one), now);
  }

  put(one: Remembered, secret: SecretManifest, now: Date): void {
    this.#made.put(keyOf(one), secret, now);
  }

  /** It was seen: from now on the observed one counts, and whoever deletes that gets a new session. */
  forget(one: Remembered): void {
    this.#made.delete(keyOf(one));
  }
}

/**
 * True when the Secret that was made is the observed one, annotations too: where something in the cluster takes those away, each
 * reconcile would make a session otherwise.
 */
export function isSeen(made: SecretManifest, { annotations, data = {} }: SuppliedObject): boolean {
  return isWithin(made.data, data) && isWithin(made.metadata.annotations, annotations);
}

/**
 * True when the observed Secret has a session of the same spec that ends no sooner: another replica has made it. If each replica
 * held on to its own, the engine would be told the one and the other in turns, for as long as they remember.
 */
export function isOvertaken(
  { metadata: { annotations: made } }: SecretManifest,
  { annotations }: SuppliedObject,
): boolean {
  if (annotations[SPEC_HASH_ANNOTATION] !== made[SPEC_HASH_ANNOTATION]) return false;
  const [observed, own] = [annotations, made].map((some) => Date.parse(some[EXPIRATION_ANNOTATION] ?? ''));
  return observed !== undefined && own !== undefined && observed >= own;
}

function isWithin(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(one).every(([key, value]) => Object.hasOwn(other, key) && other[key] === value);
}

function keyOf({ owner, target, specHash }: Remembered): string {
  return JSON.stringify([owner, secretKey(target), specHash]);
}
