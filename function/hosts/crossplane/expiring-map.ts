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
