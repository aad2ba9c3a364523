import { objectKey } from '../../model/kinds.ts';
import type { Draft } from '../../planner/draft.ts';
import type { DesiredSpec } from './desired-specs.ts';
import { type Composite, refOf } from './request-objects.ts';

/** Tokens of a full bucket: sessions that may be issued at once. */
export const AT_ONCE = 3;
/** Time after which a bucket has one more session. */
const REFILL_MILLISECONDS = 60_000;
/** Failed requests that may follow each other. */
export const REFUSED_AT_ONCE = 30;
/** Time after which one more may fail: as long as a failure is paused, so that repeating the same request never reaches the limit. */
export const REFUSED_REFILL_SECONDS = 5;
/** Buckets that are kept. To have one dropped early, an attacker would need sessions from so many others within three minutes. */
const MOST_BUCKETS = 20_000;

/**
 * Token buckets: each gives three sessions at once, then one a minute, unless the constructor says otherwise. A bucket that is full again
 * is dropped. Times are milliseconds of any clock. If the clock is set back, nobody waits longer than one refill, and nobody gets more.
 */
export class MintingLimit {
  /** When each bucket is full again; the last used is last. */
  readonly #fullAt = new Map<string, number>();
  readonly #most: number;
  readonly #atOnce: number;
  readonly #refill: number;

  constructor(most = MOST_BUCKETS, atOnce = AT_ONCE, refillMilliseconds = REFILL_MILLISECONDS) {
    this.#most = most;
    this.#atOnce = atOnce;
    this.#refill = refillMilliseconds;
  }

  /** The limit on failed requests. */
  static ofRefusals(): MintingLimit {
    return new MintingLimit(MOST_BUCKETS, REFUSED_AT_ONCE, REFUSED_REFILL_SECONDS * 1000);
  }

  /** Takes a session and gives 0; or takes none and gives the milliseconds until there is one. */
  take(bucket: string, now: number): number {
    const untilFull = this.#untilFull(bucket, now);
    const wait = untilFull - (this.#atOnce - 1) * this.#refill;
    if (wait > 0) {
      this.#fullAt.set(bucket, now + untilFull); // corrects the time if the clock was set back
      return wait;
    }
    this.#put(bucket, now + untilFull + this.#refill, now);
    return 0;
  }

  /** Gives a session back that was not used, without what the bucket has refilled since. */
  giveBack(bucket: string, takenAt: number, now: number): void {
    const part = Math.min(Math.max(this.#refill - (now - takenAt), 0), this.#refill);
    this.#put(bucket, now + this.#untilFull(bucket, now) - part, now);
  }

  /** Milliseconds until the bucket is full, at most those of an empty one, even if the clock was set back. */
  #untilFull(bucket: string, now: number): number {
    const left = (this.#fullAt.get(bucket) ?? now) - now;
    return Math.min(Math.max(left, 0), this.#atOnce * this.#refill);
  }

  #put(bucket: string, fullAt: number, now: number): void {
    this.#fullAt.delete(bucket);
    if (fullAt > now) this.#fullAt.set(bucket, fullAt);
    for (const [oldest, full] of this.#fullAt) {
      if (full > now && this.#fullAt.size <= this.#most) break;
      this.#fullAt.delete(oldest);
    }
  }

  /** Number of buckets that are kept. */
  get size(): number {
    return this.#fullAt.size;
  }
}

/** The bucket of {@link MintingLimit} for a generator or ExternalSecret, by its `objectKey`. */
export type BucketOf = (key: string) => string;

/**
 * Names the buckets of a composite. Beyond the composite's own name the author of the composite can choose no part of a bucket's name,
 * or each session could have a bucket of its own. An object of the Input is named as the Composition's author wrote it, with its
 * variables. Names of desired resources may come from the composite, so these are numbered. A composite that is deleted and created
 * again keeps its buckets (docs/decisions/029-three-sessions-then-one-a-minute.md).
 */
export function bucketsOf(
  { jobs, written }: Pick<Draft, 'jobs' | 'written'>,
  desired: readonly DesiredSpec[],
  composite: Composite,
): BucketOf {
  const wanted = new Set(jobs.map(({ generator }) => objectKey(generator)));
  const inOrder = desired
    .toSorted((one, other) => (one.key < other.key ? -1 : 1)) // Crossplane sends them in any order
    .map(({ manifest }) => objectKey(refOf(manifest)))
    .filter((key) => wanted.has(key));
  const places = new Map(inOrder.map((key, place) => [key, place]));
  const owner = objectKey(composite);
  return (key) => JSON.stringify([owner, places.get(key) ?? written.get(key) ?? key]);
}
