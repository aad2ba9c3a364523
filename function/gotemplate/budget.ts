import { Refusal } from './template-error.ts';

/** Limit on any text, intermediate ones too. An API server accepts Secrets of 1 MiB, whose base64 is shorter than this. */
const TEXT_MAX_BYTES = 2 * 1024 * 1024;
/**
 * What work costs, in nanoseconds of a processor: for each, at least what the dearest template takes that bench/dearest.ts has found. All
 * values that are alive were work once: a byte costs so much that what is left of a budget bounds memory too.
 */
const PRICES = {
  /** A character of a template. */
  source: 250,
  /** An action, a command, an operand or an iteration of `range`. */
  step: 2000,
  /** A byte that functions read and write. */
  byte: 60,
};
/** Bytes of an entry of a list or map, or of an empty list. */
const VALUE_BYTES = 64;
/** What a byte costs more in a text that is gone through character by character. */
const CHARACTER_TIMES = 16;
/** The characters of a text that is searched for cost one more for so many: in the worst case all are compared at each place. */
const SEARCHED_FOR = 16;
/** Most of a budget that nobody else has a part in, and how much is done between two looks at the clock. */
const [MOST_NANOSECONDS, UNCHECKED_NANOSECONDS] = [1_000_000_000, 2_000_000];
/** Nesting of values, as in JSON and `dict`: printing them recurses. */
const NESTING_MAX = 100;

/** What holds a budget to the work and the time of others. */
export interface Limits {
  /** False where so many nanoseconds more are too many. */
  readonly work: { spendTime(nanoseconds: number): boolean };
  /** Called every few milliseconds; what it throws ends the rendering. */
  readonly throwIfExpired: () => void;
}

function unlimited(): Limits {
  let left = MOST_NANOSECONDS;
  const spendTime = (nanoseconds: number) => {
    left -= nanoseconds;
    return left >= 0;
  };
  return { work: { spendTime }, throwIfExpired: () => {} };
}

/** What one or several templates may still use. It counts work instead of time, so that every machine stops at the same place. */
export class Budget {
  readonly #limits: Limits;
  #unchecked = 0;

  constructor(limits = unlimited()) {
    this.#limits = limits;
  }

  #take(nanoseconds: number): void {
    const { work, throwIfExpired } = this.#limits;
    if (!work.spendTime(nanoseconds)) throw new Refusal('it takes too much work', 'tooMuch');
    this.#unchecked += nanoseconds;
    if (this.#unchecked < UNCHECKED_NANOSECONDS) return;
    this.#unchecked = 0;
    throwIfExpired();
  }

  /** To be called before a template is parsed. Each method @throws Refusal when its limit is exceeded. */
  source(length: number): void {
    this.#take(length * PRICES.source);
  }

  step(): void {
    this.#take(PRICES.step);
  }

  /** To be called before bytes are read. */
  read(bytes: number): void {
    this.#take(bytes * PRICES.byte);
  }

  /** To be called before a text of this length is built. */
  write(bytes: number): void {
    if (bytes > TEXT_MAX_BYTES) throw new Refusal(`a text is longer than ${TEXT_MAX_BYTES} bytes`, 'tooMuch');
    this.#take(bytes * PRICES.byte);
  }

  /** To be called before values of a list or map are made, or gone through. */
  values(number: number): void {
    this.read(number * VALUE_BYTES);
  }

  /** To be called before a text is gone through character by character. */
  characters(bytes: number): void {
    this.read(bytes * CHARACTER_TIMES);
  }

  /** To be called before a part is searched for in a text. */
  search(bytes: number, part: number): void {
    this.read(bytes * Math.ceil(part / SEARCHED_FOR));
  }
}

/** @throws Refusal for a value nested deeper than the limit. */
export function checkNesting(depth: number): void {
  if (depth > NESTING_MAX) throw new Refusal(`a value is nested more than ${NESTING_MAX} levels deep`, 'tooMuch');
}

/** Collects text within a budget. */
export class Writer {
  readonly budget: Budget;
  #parts: string[] = [];
  #length = 0;

  constructor(budget: Budget) {
    this.budget = budget;
  }

  write(bytes: string): void {
    this.#length += bytes.length;
    if (this.#length > TEXT_MAX_BYTES) this.budget.write(this.#length); // refuses
    this.budget.read(bytes.length);
    this.#parts.push(bytes);
  }

  /** Writes a character `times` times. */
  repeat(character: string, times: number): void {
    if (times <= 0) return;
    this.budget.write(this.#length + times);
    this.write(character.repeat(times));
  }

  /** Writes items with `separator` between them. */
  list<T>(items: readonly T[], separator: string, writeItem: (item: T) => void): void {
    for (const [index, item] of items.entries()) {
      if (index > 0) this.write(separator);
      writeItem(item);
    }
  }

  toString(): string {
    return this.#parts.join('');
  }
}
