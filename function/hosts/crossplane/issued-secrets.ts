import { SPEC_HASH_ANNOTATION } from '../../model/annotations.ts';
import type { SecretManifest } from '../../model/flow.ts';
import type { Job } from '../../model/job.ts';
import { secretKey } from '../../model/kinds.ts';
import type { KnownObject } from '../../model/known.ts';
import { expiresAt, isIntact } from '../../planner/existing-secret.ts';

/** A map whose entries expire. An entry from the future has expired too: the clock was set back. */
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
      if (this.#isFresh(until, now)) break; // entries are in the order of their expiry
      this.#entries.delete(key);
    }
  }

  #isFresh(until: number, now: Date): boolean {
    const left = until - now.getTime();
    return left > 0 && left <= this.#milliseconds;
  }
}

/** Single-flight: callers with the same key share one run of the work. It is aborted when its last caller leaves. */
export class SingleFlight<T> {
  readonly #runs = new Map<string, { readonly work: Promise<T>; readonly abort: () => void; waiting: number }>();

  async join(key: string, signal: AbortSignal, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const run = this.#runs.get(key) ?? this.#start(key, start);
    run.waiting += 1;
    let hasLeft = false;
    const leave = () => {
      if (hasLeft) return;
      hasLeft = true;
      run.waiting -= 1;
      if (run.waiting > 0) return;
      this.#runs.delete(key); // the next caller starts a new run
      run.abort();
    };
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    try {
      return await run.work;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #start(key: string, start: (signal: AbortSignal) => Promise<T>) {
    const controller = new AbortController();
    const work = start(controller.signal).finally(() => {
      if (this.#runs.get(key) === run) this.#runs.delete(key);
    });
    const run = { work, abort: () => controller.abort(), waiting: 0 };
    this.#runs.set(key, run);
    return run;
  }
}

/** How long an issued Secret is kept that is not observed yet: several reconciles with backoff. */
export const ISSUED_MILLISECONDS = 5 * 60_000;

/** Key of an issued Secret: composite, target, spec hash. */
export function issuedKey(compositeUid: string, { target, specHash }: Pick<Job, 'target' | 'specHash'>): string {
  return JSON.stringify([compositeUid, secretKey(target), specHash()]);
}

/**
 * True when the observed Secret has all annotations of the issued one, and its data are intact. Otherwise the issued Secret stays the
 * reference: if something in the cluster removes annotations or adds data, no reconcile issues another session for that.
 */
export function isObserved(made: SecretManifest, observed: KnownObject): boolean {
  return isWithin(made.metadata.annotations, observed.annotations) && isIntact(observed);
}

/**
 * True when the observed Secret is intact and its session, of the same spec, ends no sooner: another replica issued it. If each replica
 * kept to its own, responses would alternate between the two.
 */
export function isSuperseded({ metadata: { annotations: made } }: SecretManifest, existing: KnownObject): boolean {
  const { annotations } = existing;
  if (annotations[SPEC_HASH_ANNOTATION] !== made[SPEC_HASH_ANNOTATION] || !isIntact(existing)) return false;
  const [observed, own] = [expiresAt({ annotations }), expiresAt({ annotations: made })];
  return observed !== undefined && own !== undefined && observed >= own;
}

function isWithin(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(one).every(([key, value]) => Object.hasOwn(other, key) && other[key] === value);
}
