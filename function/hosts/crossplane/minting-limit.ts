/** Sessions that may be had one after the other. */
export const AT_ONCE = 3;
/** In which one more may be had. */
const REFILL_MILLISECONDS = 60_000;
/**
 * Buckets that are known. Each has given a session in the last three minutes; whoever wants his own to be forgotten has to get
 * so many others meanwhile.
 */
const MOST_BUCKETS = 20_000;

/**
 * How often sessions may be had: of each bucket three at once, then one a minute. A bucket that is full again is forgotten. Times are
 * milliseconds since any moment; one that is earlier than before makes nobody wait for more than one refill, and gives nobody more.
 */
export class MintingLimit {
  /** When each bucket is full again; the one that gave last is the last. */
  readonly #fullAt = new Map<string, number>();
  readonly #most: number;

  constructor(most = MOST_BUCKETS) {
    this.#most = most;
  }

  /** Takes a session from a bucket: 0, or the milliseconds after which there is one. Then nothing was taken. */
  take(bucket: string, now: number): number {
    const lacking = this.#lacking(bucket, now);
    const wait = lacking - (AT_ONCE - 1) * REFILL_MILLISECONDS;
    if (wait > 0) {
      this.#fullAt.set(bucket, now + lacking); // in its place: what the clock said before it was set back is corrected
      return wait;
    }
    this.#put(bucket, now + lacking + REFILL_MILLISECONDS, now);
    return 0;
  }

  /** For what was taken and came to nothing: all of it but the part that the bucket may have had again since. */
  giveBack(bucket: string, takenAt: number, now: number): void {
    const part = Math.min(Math.max(REFILL_MILLISECONDS - (now - takenAt), 0), REFILL_MILLISECONDS);
    this.#put(bucket, now + this.#lacking(bucket, now) - part, now);
  }

  /** Milliseconds until the bucket is full: never more than those of an empty one, wherever the clock was before. */
  #lacking(bucket: string, now: number): number {
    const left = (this.#fullAt.get(bucket) ?? now) - now;
    return Math.min(Math.max(left, 0), AT_ONCE * REFILL_MILLISECONDS);
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
