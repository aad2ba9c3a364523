/** What a caller wants, and until when. */
interface Ticket<T> {
  readonly key: string;
  readonly signal: AbortSignal;
  /** Present: a result is kept for who comes later, while this gives true, and a failure for good. Absent: who comes later starts a new run. */
  readonly keeps?: (result: T) => boolean;
}

/**
 * Single-flight: callers with the same key share one run of the work, which is bound to no caller's signal: it is aborted when the last of
 * them leaves.
 */
export class SingleFlight<T> {
  readonly #runs = new Map<
    string,
    { readonly work: Promise<T>; readonly abort: () => void; callers: number; result?: T }
  >();

  has(key: string): boolean {
    return this.#runs.has(key);
  }

  async join({ key, signal, keeps }: Ticket<T>, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    let run = this.#runs.get(key);
    if (run === undefined || (run.result !== undefined && keeps?.(run.result) === false)) {
      const controller = new AbortController();
      run = { work: start(controller.signal), abort: () => controller.abort(), callers: 0 };
      this.#runs.set(key, run);
    }
    const joined = run;
    const leave = () => {
      joined.callers -= 1;
      if (joined.callers > 0) return;
      this.#runs.delete(key); // the next caller starts a new run
      joined.abort();
    };
    joined.callers += 1;
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave(); // its event has passed
    try {
      joined.result = await joined.work;
      return joined.result;
    } finally {
      signal.removeEventListener('abort', leave);
      if (!keeps && this.#runs.get(key) === joined) this.#runs.delete(key);
    }
  }
}
