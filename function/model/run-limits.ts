import { FindingError, finding } from '../findings/finding.ts';
import { type Sayable, say } from '../findings/say.ts';
import { once } from './plain-data.ts';
import type { Environment } from './world.ts';

/** Most generators, ExternalSecrets or Secrets of a run, and most entries of a list or map in a manifest that is read. */
export const MOST_OF_A_RUN = 10_000;

/**
 * Most comparisons of entries of `sessions` with generators: an entry with patterns of names, or without names, is compared with every
 * generator. A second's work.
 */
const MOST_COMPARISONS = 10_000_000;

/**
 * Most comparisons of what generators ask for with grants: each thing that is asked for with each text of the grants for its
 * namespace. A second's work too.
 */
export const MOST_GRANT_COMPARISONS = 20_000_000;

/**
 * Most values and variables that are copied from entries and ClusterGenerators, once for each generator and each of its Secrets. Each
 * 50 characters of a text count as one more. A second's work too.
 */
const MOST_COPIED = 1_000_000;
const CHARACTERS_OF_A_VALUE = 50;

/** Hops before a generator's role. */
export const MOST_HOPS = 20;

/** Most faults of one object that are reported; then only their number is. */
export const MOST_FAULTS_OF_AN_OBJECT = 100;
/** Most of all objects. */
export const MOST_FINDINGS = 1000;

/** @throws FindingError when a run has more than it may have, before any of it is made. */
export function refuseMore(what: string, number: number): void {
  if (number <= MOST_OF_A_RUN) return;
  throw tooMuch(say`it has ${number} ${what}, and one run has at most ${MOST_OF_A_RUN}`);
}

/** Counts a run's comparisons and copies. */
export class Multiplied {
  #comparisons = 0;
  #copied = 0;

  /** @throws FindingError */
  compared(times: number): void {
    this.#comparisons += times;
    if (this.#comparisons > MOST_COMPARISONS)
      throw tooMuch(
        say`its generators would be compared with entries of \`sessions\` more than ${MOST_COMPARISONS} times, as often as one run does`,
      );
  }

  /** @throws FindingError */
  copied(values: number): void {
    this.#copied += values;
    if (this.#copied > MOST_COPIED)
      throw tooMuch(
        say`what its entries and ClusterGenerators say, once for each generator and Secret, is more than ${MOST_COPIED} values, as many as one run makes`,
      );
  }
}

/** The size of a value's copy, as {@link Multiplied} counts it. */
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

/**
 * What the templates of all Secrets may take together, beyond what those of each have for themselves: four times what those of one may
 * (function/gotemplate/budget.ts). Nobody gets more than half of what is left. A second's work.
 */
const TEMPLATES_TOGETHER = { sources: 8 * 1024 * 1024, steps: 2_000_000, work: 64 * 1024 * 1024 };

const TIMEOUT_DEFAULT_SECONDS = 120;
export const TIMEOUT_MAX_SECONDS = 3600;

/**
 * When a run's time is up: STS_FUNCTION_TIMEOUT after this object is made, which is when the input is there. The clock is monotonic.
 * Code that waits gets a signal; code that computes cannot see one, and checks the clock between two objects.
 */
export class Deadline {
  readonly #end: number;
  readonly #clock: Pick<Performance, 'now'>;
  /** Aborts when the time is up. Its timer starts at the first call, so a run that asks nobody has none. */
  readonly signal: () => AbortSignal;

  /** A wrong timeout is reported with the settings. */
  constructor({ STS_FUNCTION_TIMEOUT }: Environment, clock: Pick<Performance, 'now'> = performance) {
    const seconds = Number(STS_FUNCTION_TIMEOUT || TIMEOUT_DEFAULT_SECONDS);
    const isUsable = seconds > 0 && seconds <= TIMEOUT_MAX_SECONDS;
    this.#clock = clock;
    this.#end = clock.now() + 1000 * (isUsable ? seconds : TIMEOUT_DEFAULT_SECONDS);
    this.signal = once(() => AbortSignal.timeout(Math.max(0, Math.ceil(this.#end - clock.now()))));
  }

  /** @throws FindingError when the time is up. */
  readonly check = (): void => {
    if (this.#clock.now() < this.#end) return;
    const cause = 'STS_FUNCTION_TIMEOUT was over before all of it was read and planned';
    throw new FindingError(
      finding('DEADLINE_PASSED', say`cannot plan this run: ${cause}. Split it, or raise the timeout.`),
    );
  };
  /** The limits of templates while a run is decided, and again while it is issued: what could be tried can be rendered. */
  readonly trying = { together: { ...TEMPLATES_TOGETHER }, check: this.check };
  readonly issuing = { together: { ...TEMPLATES_TOGETHER }, check: this.check };
}
