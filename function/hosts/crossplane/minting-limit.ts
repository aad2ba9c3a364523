import { objectKey } from '../../api/kinds.ts';
import type { Draft } from '../../planner/draft.ts';
import type { DesiredSpec } from './desired-specs.ts';
import { type Composite, refOf } from './shown-objects.ts';

/** Sessions that may be had one after the other. */
export const AT_ONCE = 3;
/** In which one more may be had. */
const REFILL_MILLISECONDS = 60_000;
/** Times that may be refused, or not answered, one after the other. */
export const REFUSED_AT_ONCE = 30;
/** In which one more may be: as long as one refusal is kept, so that whoever asks for the same never meets this. */
export const REFUSED_REFILL_SECONDS = 5;
/**
 * Buckets that are known. Each has given a session in the last three minutes; whoever wants his own to be forgotten has to get
 * so many others meanwhile.
 */
const MOST_BUCKETS = 20_000;

/**
 * How often sessions may be had: of each bucket three at once, then one a minute, unless told otherwise. A bucket that is full again
 * is forgotten. Times are milliseconds since any moment; one that is earlier than before makes nobody wait for more than one refill,
 * and gives nobody more.
 */
export class MintingLimit {
  /** When each bucket is full again; the one that gave last is the last. */
  readonly #fullAt = new Map<string, number>();
  readonly #most: number;
  readonly #atOnce: number;
  readonly #refill: number;

  constructor(most = MOST_BUCKETS, atOnce = AT_ONCE, refillMilliseconds = REFILL_MILLISECONDS) {
    this.#most = most;
    this.#atOnce = atOnce;
    this.#refill = refillMilliseconds;
  }

  /** The same of requests that come to nothing. */
  static ofRefusals(): MintingLimit {
    return new MintingLimit(MOST_BUCKETS, REFUSED_AT_ONCE, REFUSED_REFILL_SECONDS * 1000);
  }

  /** Takes a session from a bucket: 0, or the milliseconds after which there is one. Then nothing was taken. */
  take(bucket: string, now: number): number {
    const lacking = this.#lacking(bucket, now);
    const wait = lacking - (this.#atOnce - 1) * this.#refill;
    if (wait > 0) {
      this.#fullAt.set(bucket, now + lacking); // in its place: what the clock said before it was set back is corrected
      return wait;
    }
    this.#put(bucket, now + lacking + this.#refill, now);
    return 0;
  }

  /** For what was taken and came to nothing: all of it but the part that the bucket may have had again since. */
  giveBack(bucket: string, takenAt: number, now: number): void {
    const part = Math.min(Math.max(this.#refill - (now - takenAt), 0), this.#refill);
    this.#put(bucket, now + this.#lacking(bucket, now) - part, now);
  }

  /** Milliseconds until the bucket is full: never more than those of an empty one, wherever the clock was before. */
  #lacking(bucket: string, now: number): number {
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

  /** Buckets that are known. */
  get size(): number {
    return this.#fullAt.size;
  }
}

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
