import { FindingError, finding } from '../findings/finding.ts';
import { type Sayable, say } from '../findings/say.ts';
import { once } from './plain-data.ts';
import type { Environment } from './world.ts';

/** Most generators, ExternalSecrets or Secrets of a run, and most entries of a list or map in a manifest that is read. */
export const MOST_OF_A_RUN = 10_000;

/**
 * Prices of work, in nanoseconds: not less than the dearest input that bench/dearest.ts or bench/prices.ts has found. `comparisons`: of
 * entries of `sessions` with generators; an entry with patterns of names, or without names, is compared with every generator. `copies`:
 * values and variables that are copied from entries and ClusterGenerators, once for each generator and each of its Secrets; each 50
 * characters of a text count as one more. `grants`: comparisons of what generators ask for with the texts of grants. `recipients`: keys of
 * age that are checked. `seals`: one for each recipient of a Secret; a quarter of what encrypting takes, since AWS is asked for each such
 * Secret too, which takes longer. `edits`: comparisons of an object with what kustomize may do to it. `instructions`: of expressions, each
 * at one character.
 */
const PRICES = {
  comparisons: 400,
  copies: 4000,
  grants: 200,
  recipients: 4_000_000,
  seals: 200_000,
  edits: 400,
  instructions: 60,
};
/** Most work of one draft, or of all runs of a repository together. */
const MOST_NANOSECONDS = 4_000_000_000;
/**
 * A part, such as one of several runs, or the templates of one Secret, may spend a quarter of what is left of the whole, and at least 4 ms
 * while the shared minimum lasts.
 */
const PART = 1 / 4;
const LEAST_NANOSECONDS = 4_000_000;

/** As many as a run may do where it does nothing else. */
export const mostOf = (kind: keyof typeof PRICES) => MOST_NANOSECONDS / PRICES[kind];

const CHARACTERS_OF_A_VALUE = 50;

/** Hops before a generator's role. */
export const MOST_HOPS = 20;

/** Most faults of one object that are reported; then only their number is. */
export const MOST_FAULTS_OF_AN_OBJECT = 100;
/** Most findings of a run. */
export const MOST_FINDINGS = 1000;

/** @throws FindingError when a run has more than it may have, before any of it is made. */
export function refuseMore(what: string, number: number): void {
  if (number <= MOST_OF_A_RUN) return;
  throw tooMuch(say`it has ${number} ${what}, and one run has at most ${MOST_OF_A_RUN}`);
}

/**
 * Counts work that multiplies before it is done, by a fixed price and not by the clock, so that every machine stops at the same place. What
 * has parts gives each a budget of its own: the part that would spend too much is refused, and the others go on. Of a whole of 4 s the
 * first part may spend 1 s: 4 ms of the minimum that all parts share, and 996 ms of the whole's. If it does, the next may spend a quarter
 * of the other 3.004 s. Where the whole has spent all, each part still has its 4 ms, a thousand of them.
 */
export class WorkBudget {
  readonly #whole: WorkBudget | undefined;
  readonly #most: number;
  /** What is left for the least that each part may always spend. */
  readonly #sharedMinimum: { left: number };
  #spent = 0;

  constructor(whole?: WorkBudget) {
    this.#whole = whole;
    this.#sharedMinimum = whole === undefined ? { left: MOST_NANOSECONDS } : whole.#sharedMinimum;
    this.#most =
      whole === undefined ? MOST_NANOSECONDS : Math.max((whole.#most - whole.#spent) * PART, LEAST_NANOSECONDS);
  }

  /** Nanoseconds. */
  get spent(): number {
    return this.#spent;
  }

  /** False where that is too much. */
  spend(kind: keyof typeof PRICES, amount: number): boolean {
    return this.spendTime(PRICES[kind] * amount);
  }

  /** The same for work with a price of its own. */
  spendTime(nanoseconds: number): boolean {
    const least = Math.max(LEAST_NANOSECONDS - this.#spent, 0);
    const minimumShare = this.#whole === undefined ? 0 : Math.min(nanoseconds, least, this.#sharedMinimum.left);
    this.#sharedMinimum.left -= minimumShare;
    this.#spent += nanoseconds;
    return (
      this.#spent <= this.#most &&
      (nanoseconds === minimumShare || this.#whole?.spendTime(nanoseconds - minimumShare) !== false)
    );
  }

  /** @throws FindingError where that is too much for a run that cannot go on without. */
  take(kind: keyof typeof REFUSALS, amount: number): void {
    if (!this.spend(kind, amount)) throw tooMuch(REFUSALS[kind]);
  }
}

const REFUSALS = {
  comparisons: 'its generators would be compared with too many entries of `sessions`',
  copies: 'what its entries and ClusterGenerators say, once for each generator and Secret, is too much',
  edits: 'its objects and Secrets would be compared with too many patches and entries of kustomizations',
};

/** What a long loop is held to: the work and the time of its run, or of a part of it. */
export interface LoopLimits {
  readonly work: WorkBudget;
  /** Throws when the time is up. */
  readonly throwIfExpired: () => void;
}

/** Does work that computes when its turn comes: where calls share a process, each blocks the others. */
export type TakeTurn = <T>(work: () => T | Promise<T>) => Promise<T>;

/** The size of a value's copy, as {@link WorkBudget} counts it. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return 1 + value.length / CHARACTERS_OF_A_VALUE;
  if (typeof value !== 'object' || value === null) return 1;
  return Object.entries(value).reduce(
    (size, [key, inner]) => size + key.length / CHARACTERS_OF_A_VALUE + sizeOf(inner),
    1,
  );
}

function tooMuch(cause: Sayable): FindingError {
  return new FindingError(
    finding('LIMIT_EXCEEDED', say`cannot plan this run: ${cause}. Split it, or make it smaller.`),
  );
}

const TIMEOUT_DEFAULT_SECONDS = 120;
export const TIMEOUT_MAX_SECONDS = 3600;

/** What STS_FUNCTION_TIMEOUT says; the default where it cannot be used, which is reported with the settings. */
export function timeoutMilliseconds({ STS_FUNCTION_TIMEOUT }: Environment): number {
  const seconds = Number(STS_FUNCTION_TIMEOUT || TIMEOUT_DEFAULT_SECONDS);
  return 1000 * (seconds > 0 && seconds <= TIMEOUT_MAX_SECONDS ? seconds : TIMEOUT_DEFAULT_SECONDS);
}

/**
 * When a run's time is up: STS_FUNCTION_TIMEOUT after this object is made, which is when the input is there. The clock
 * is monotonic. Code that waits gets a signal; code that computes cannot see one, and checks the clock between objects. It also has what
 * templates may spend, which is checked where the clock is.
 */
export class Deadline {
  readonly #end: number;
  readonly #clock: Pick<Performance, 'now'>;
  /** Aborts when the time is up. Its timer starts at the first call, so a run that asks nobody has none. */
  readonly signal: () => AbortSignal;

  constructor(environment: Environment, clock: Pick<Performance, 'now'> = performance) {
    this.#clock = clock;
    this.#end = clock.now() + timeoutMilliseconds(environment);
    this.signal = once(() => AbortSignal.timeout(Math.max(0, Math.ceil(this.#end - clock.now()))));
  }

  /** None, once the time is up. */
  millisecondsLeft(): number {
    return Math.max(0, this.#end - this.#clock.now());
  }

  /** @throws FindingError when the time is up. */
  readonly throwIfExpired = (): void => {
    if (this.#clock.now() >= this.#end) throw expired('plan', 'all of it was read and planned');
  };

  /** What all templates may spend where they are rendered with an example, before anything is asked for. */
  readonly exampleLimits: LoopLimits = { work: new WorkBudget(), throwIfExpired: this.throwIfExpired };
  /** What they may spend again, where they are rendered with their sessions. */
  readonly renderingLimits: LoopLimits = {
    work: new WorkBudget(),
    throwIfExpired: () => {
      if (this.#clock.now() >= this.#end) throw expired('finish', 'all templates were rendered');
    },
  };
}

/** `verb`: what cannot be done any more; `event`: what the time was over before. */
function expired(verb: string, event: string): FindingError {
  const cause = `STS_FUNCTION_TIMEOUT was over before ${event}. Split it, or raise the timeout.`;
  return new FindingError(finding('DEADLINE_PASSED', `cannot ${verb} this run: ${cause}`));
}
