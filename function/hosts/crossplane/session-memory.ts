import { SPEC_HASH_ANNOTATION } from '../../api/annotations.ts';
import type { SecretManifest } from '../../api/flow.ts';
import type { Job } from '../../api/job.ts';
import { secretKey } from '../../api/kinds.ts';
import type { KnownObject } from '../../api/known.ts';
import { expiresAt, isIntact } from '../../planner/existing-secret.ts';

/**
 * A map whose entries are gone after a time: what is put in and never asked for again costs nothing for long. An entry from the
 * future is gone too: the clock was set back, and would have to catch up first.
 */
export class ExpiringMap<T> {
  readonly #entries = new Map<string, { readonly value: T; readonly until: number }>();
  readonly #milliseconds: number;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  get(key: string, now: Date): T | undefined {
    const found = this.#entries.get(key);
    return found !== undefined && this.#isFresh(found.until, now) ? found.value : undefined;
  }

  put(key: string, value: T, now: Date): void {
    this.#prune(now);
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: now.getTime() + this.#milliseconds });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  values(now: Date): T[] {
    this.#prune(now);
    return [...this.#entries.values()].map(({ value }) => value);
  }

  #prune(now: Date): void {
    for (const [key, { until }] of this.#entries) {
      if (this.#isFresh(until, now)) break; // in the order in which they were put
      this.#entries.delete(key);
    }
  }

  #isFresh(until: number, now: Date): boolean {
    const left = until - now.getTime();
    return left > 0 && left <= this.#milliseconds;
  }
}

/** Work that is under way, by what it makes: who asks for the same joins it. It is aborted when the last who waits has gone. */
export class Flights<T> {
  readonly #flights = new Map<string, { readonly work: Promise<T>; readonly abort: () => void; waiting: number }>();

  async join(key: string, signal: AbortSignal, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const flight = this.#flights.get(key) ?? this.#start(key, start);
    flight.waiting += 1;
    let hasLeft = false;
    const leave = () => {
      if (hasLeft) return;
      hasLeft = true;
      flight.waiting -= 1;
      if (flight.waiting > 0) return;
      this.#flights.delete(key); // who comes now starts anew
      flight.abort();
    };
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    try {
      return await flight.work;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #start(key: string, start: (signal: AbortSignal) => Promise<T>) {
    const controller = new AbortController();
    const work = start(controller.signal).finally(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    const flight = { work, abort: () => controller.abort(), waiting: 0 };
    this.#flights.set(key, flight);
    return flight;
  }
}

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
