import { Refusal } from './template-error.ts';

/** Characters of all templates together. */
const SOURCES_MAX_LENGTH = 2 * 1024 * 1024;
/** Limit on any text, intermediate ones too. An API server accepts Secrets of 1 MiB, whose base64 is shorter than this. */
const TEXT_MAX_BYTES = 2 * 1024 * 1024;
/** Bytes that functions read and write in all: eight times the longest text. */
const WORK_MAX_BYTES = 16 * 1024 * 1024;
/** Actions, commands, operands and iterations of `range`: enough for about a hundred thousand lines of output. */
const STEPS_MAX = 500_000;
/** Nesting of values, as in JSON and `dict`: printing them recurses. */
const NESTING_MAX = 100;

/** What one or several templates may still use. It counts work instead of time, so that every machine stops at the same place. */
export class Budget {
  #sources = SOURCES_MAX_LENGTH;
  #steps = STEPS_MAX;
  #work = WORK_MAX_BYTES;

  /** To be called before a template is parsed. Each method @throws Refusal when its limit is exceeded. */
  source(length: number): void {
    this.#sources -= length;
    if (this.#sources < 0)
      throw new Refusal(`it and those before it are longer than ${SOURCES_MAX_LENGTH} characters`, 'tooMuch');
  }

  step(): void {
    this.#steps -= 1;
    if (this.#steps < 0) throw new Refusal(`it takes more than ${STEPS_MAX} steps`, 'tooMuch');
  }

  /** To be called before bytes, or values of a list, are read. */
  read(bytes: number): void {
    this.#work -= bytes;
    if (this.#work < 0) throw new Refusal(`it reads and writes more than ${WORK_MAX_BYTES} bytes`, 'tooMuch');
  }

  /** To be called before a text of this length is built. */
  write(bytes: number): void {
    if (bytes > TEXT_MAX_BYTES) throw new Refusal(`a text is longer than ${TEXT_MAX_BYTES} bytes`, 'tooMuch');
    this.read(bytes);
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
