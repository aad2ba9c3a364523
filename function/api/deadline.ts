import { FindingError, finding } from './finding.ts';
import { once } from './once.ts';
import { say } from './say.ts';
import type { Environment } from './world.ts';

export const TIMEOUT_DEFAULT_SECONDS = 120;
export const TIMEOUT_MAX_SECONDS = 3600;

/**
 * When the time of a run is up: STS_FUNCTION_TIMEOUT after this was made, which is when its input is there. The clock is one that
 * nobody sets. What waits gets a signal; what computes sees no signal, and checks the clock between two objects.
 */
export class Deadline {
  readonly #end: number;
  readonly #now: () => number;
  /** Aborts at the end. A run that asks nobody needs no timer: it begins with the first call of this. */
  readonly signal: () => AbortSignal;

  /** A timeout that is wrong is the settings' fault to say. */
  constructor({ STS_FUNCTION_TIMEOUT }: Environment, now = () => performance.now()) {
    const seconds = Number(STS_FUNCTION_TIMEOUT || TIMEOUT_DEFAULT_SECONDS);
    const isUsable = seconds > 0 && seconds <= TIMEOUT_MAX_SECONDS;
    this.#now = now;
    this.#end = now() + 1000 * (isUsable ? seconds : TIMEOUT_DEFAULT_SECONDS);
    this.signal = once(() => AbortSignal.timeout(Math.max(0, Math.ceil(this.#end - now()))));
  }

  /** @throws FindingError when the time is up. */
  check(): void {
    if (this.#now() < this.#end) return;
    const cause = 'STS_FUNCTION_TIMEOUT was over before all of it was read and planned';
    throw new FindingError(
      finding('DEADLINE_PASSED', say`cannot plan this run: ${cause}. Split it, or raise the timeout.`),
    );
  }
}
