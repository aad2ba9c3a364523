/** What a caller wants, and until when. */
interface Ticket {
  readonly key: string;
  readonly signal: AbortSignal;
  /** True where who comes after the end gets what it came to, too. */
  readonly keepsResult?: boolean;
}

/**
 * Single-flight: callers with the same key share one run of the work, which is bound to no caller's signal: it is aborted when the last of
 * them leaves.
 */
export class SingleFlight<T> {
  readonly #runs = new Map<string, { readonly work: Promise<T>; readonly abort: () => void; callers: number }>();

  has(key: string): boolean {
    return this.#runs.has(key);
  }

  async join({ key, signal, keepsResult = false }: Ticket, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    let run = this.#runs.get(key);
    if (run === undefined) {
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
      return await joined.work;
    } finally {
      signal.removeEventListener('abort', leave);
      if (!keepsResult && this.#runs.get(key) === joined) this.#runs.delete(key);
    }
  }
}
