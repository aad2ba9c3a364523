import { Refusal } from './template-error.ts';

/** How much of each kind of work templates do. */
interface Amounts {
  /** Characters of templates. */
  sources: number;
  /** Actions, commands, operands and iterations of `range`. */
  steps: number;
  /** Bytes that functions read and write, and the values that they make, each as so many bytes as it takes. */
  work: number;
}

/** Limit on any text, intermediate ones too. An API server accepts Secrets of 1 MiB, whose base64 is shorter than this. */
const TEXT_MAX_BYTES = 2 * 1024 * 1024;
/**
 * Most of one budget. Steps are enough for about a hundred thousand lines of output; work is eight times the longest text. A unit of
 * work is five nanoseconds at most, and all values that are alive were work once: they take no more memory than a small multiple of it.
 */
const MOST: Readonly<Amounts> = { sources: 2 * 1024 * 1024, steps: 500_000, work: 16 * 1024 * 1024 };
/** What a budget has for itself where several share: the templates that people write take less. */
const OWN: Readonly<Amounts> = { sources: 8 * 1024, steps: 500, work: 32 * 1024 };
/** Some milliseconds' work. */
const CHECKS = 500;
/** An entry of a list or map, or an empty list. */
const VALUE_BYTES = 64;
/** Work for each byte of a text that is gone through character by character. */
const CHARACTER_WORK = 16;
/** The characters of a text that is searched for cost one more for so many: in the worst case all are compared at each place. */
const SEARCHED_FOR = 16;
/** Nesting of values, as in JSON and `dict`: printing them recurses. */
const NESTING_MAX = 100;

/** What budgets share. */
export interface Shared {
  /** What all of them together may still take beyond what each has for itself. */
  readonly together: Amounts;
  /** Called every few milliseconds; what it throws ends the rendering. */
  readonly throwIfExpired: () => void;
}

const UNSHARED: Shared = { together: { sources: Infinity, steps: Infinity, work: Infinity }, throwIfExpired: () => {} };

/** One kind of work: how much of it is left. */
class Allowance {
  readonly #kind: keyof Amounts;
  readonly #shared: Shared;
  readonly #most: number;
  readonly #refusal: (most: number) => string;
  #left: number;
  #own: number;
  #unchecked = 0;

  constructor(kind: keyof Amounts, shared: Shared, refusal: (most: number) => string) {
    this.#kind = kind;
    this.#shared = shared;
    this.#refusal = refusal;
    this.#own = OWN[kind];
    // half of what is left, so that nobody takes the last of it
    this.#most = Math.min(MOST[kind], this.#own + Math.max(0, Math.floor(shared.together[kind] / 2)));
    this.#left = this.#most;
  }

  take(amount: number): void {
    this.#left -= amount;
    if (this.#left < 0) throw this.#refuse();
    this.#own -= amount;
    if (this.#own < 0) {
      this.#shared.together[this.#kind] += this.#own;
      this.#own = 0;
    }
    this.#unchecked += amount;
    if (this.#unchecked < MOST[this.#kind] / CHECKS) return;
    this.#unchecked = 0;
    this.#shared.throwIfExpired();
  }

  #refuse(): Refusal {
    const others = this.#most < MOST[this.#kind] ? ', which is what the others of this run leave it' : '';
    return new Refusal(`${this.#refusal(this.#most)}${others}`, 'tooMuch');
  }
}

/** What one or several templates may still use. It counts work instead of time, so that every machine stops at the same place. */
export class Budget {
  readonly #sources: Allowance;
  readonly #steps: Allowance;
  readonly #work: Allowance;

  constructor(shared = UNSHARED) {
    this.#sources = new Allowance(
      'sources',
      shared,
      (most) => `it and those before it are longer than ${most} characters`,
    );
    this.#steps = new Allowance('steps', shared, (most) => `it takes more than ${most} steps`);
    this.#work = new Allowance('work', shared, (most) => `it reads and writes more than ${most} bytes`);
  }

  /** To be called before a template is parsed. Each method @throws Refusal when its limit is exceeded. */
  source(length: number): void {
    this.#sources.take(length);
  }

  step(): void {
    this.#steps.take(1);
  }

  /** To be called before bytes are read. */
  read(bytes: number): void {
    this.#work.take(bytes);
  }

  /** To be called before a text of this length is built. */
  write(bytes: number): void {
    if (bytes > TEXT_MAX_BYTES) throw new Refusal(`a text is longer than ${TEXT_MAX_BYTES} bytes`, 'tooMuch');
    this.#work.take(bytes);
  }

  /** To be called before values of a list or map are made, or gone through. */
  values(number: number): void {
    this.#work.take(number * VALUE_BYTES);
  }

  /** To be called before a text is gone through character by character. */
  characters(bytes: number): void {
    this.#work.take(bytes * CHARACTER_WORK);
  }

  /** To be called before a part is searched for in a text. */
  search(bytes: number, part: number): void {
    this.#work.take(bytes * Math.ceil(part / SEARCHED_FOR));
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
