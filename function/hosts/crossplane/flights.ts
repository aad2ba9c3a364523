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
