import type { SecretManifest } from '../../api/flow.ts';
import { type NamedRef, secretKey } from '../../api/kinds.ts';

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
  readonly #made = new Map<string, { readonly secret: SecretManifest; readonly until: number }>();

  get(one: Remembered, now: Date): SecretManifest | undefined {
    const found = this.#made.get(keyOf(one));
    return found !== undefined && now.getTime() < found.until ? found.secret : undefined;
  }

  put(one: Remembered, secret: SecretManifest, now: Date): void {
    for (const [key, { until }] of this.#made) {
      if (until > now.getTime()) break; // in the order in which they were made
      this.#made.delete(key);
    }
    this.#made.delete(keyOf(one));
    this.#made.set(keyOf(one), { secret, until: now.getTime() + REMEMBERED_MILLISECONDS });
  }

  /** It was seen: from now on the observed one counts, and whoever deletes that gets a new session. */
  forget(one: Remembered): void {
    this.#made.delete(keyOf(one));
  }
}

function keyOf({ owner, target, specHash }: Remembered): string {
  return JSON.stringify([owner, secretKey(target), specHash]);
}
