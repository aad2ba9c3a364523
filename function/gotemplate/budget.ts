import { Refusal } from './template-error.ts';

/** Characters of templates. */
const SOURCES_MAX_LENGTH = 2 * 1024 * 1024;
/** An API server takes Secrets of 1 MiB; base64 of so much is shorter than this. No text on the way is longer either. */
const TEXT_MAX_BYTES = 2 * 1024 * 1024;
/** What functions read and write, all in all: the longest text eight times. */
const WORK_MAX_BYTES = 16 * 1024 * 1024;
/** Actions, commands and operands, and turns of `range`: some hundred thousand lines of output. */
const STEPS_MAX = 500_000;
/** Values inside values, as JSON and `dict` make them: printing follows them by recursion. */
const NESTING_MAX = 100;

/** What a template may still take, or several together: a limit and no clock, so that each machine ends at the same place. */
export class Budget {
  #sources = SOURCES_MAX_LENGTH;
  #steps = STEPS_MAX;
  #work = WORK_MAX_BYTES;

  /** Before a template is read. @throws Refusal when that is too much, as each method does */
  source(length: number): void {
    this.#sources -= length;
    if (this.#sources < 0)
      throw new Refusal(`it and those before it are longer than ${SOURCES_MAX_LENGTH} characters`, 'tooMuch');
  }

  step(): void {
    this.#steps -= 1;
    if (this.#steps < 0) throw new Refusal(`it takes more than ${STEPS_MAX} steps`, 'tooMuch');
  }

  /** Before bytes are read, or values of a list. */
  read(bytes: number): void {
    this.#work -= bytes;
    if (this.#work < 0) throw new Refusal(`it reads and writes more than ${WORK_MAX_BYTES} bytes`, 'tooMuch');
  }

  /** Before a text of this length is made. */
  write(bytes: number): void {
    if (bytes > TEXT_MAX_BYTES) throw new Refusal(`a text is longer than ${TEXT_MAX_BYTES} bytes`, 'tooMuch');
    this.read(bytes);
  }
}

/** @throws Refusal for a value this deep inside others. */
export function checkNesting(depth: number): void {
  if (depth > NESTING_MAX) throw new Refusal(`a value is nested more than ${NESTING_MAX} levels deep`, 'tooMuch');
}

/** Text in the making. */
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

  /** The same character, many times. */
  repeat(character: string, times: number): void {
    if (times <= 0) return;
    this.budget.write(this.#length + times);
    this.write(character.repeat(times));
  }

  /** One item after the other, with `separator` between them. */
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
