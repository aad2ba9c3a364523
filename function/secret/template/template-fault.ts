import { cut, visible } from '../../api/quote.ts';

/**
 * Why a template is refused, or cannot be rendered, and where. `reason` is a clause such as `function "env" is not supported`.
 * Neither it nor `message` has a value of the data, or text computed from one: the template's own text and names of Go's types
 * at most.
 */
export class TemplateFault extends Error {
  /** From 1, as `column`, which counts characters of UTF-16, as editors do. */
  readonly line: number;
  readonly column: number;
  readonly reason: string;

  constructor(reason: string, source: string, offset: number) {
    const before = source.slice(0, offset);
    const line = before.split('\n').length;
    const column = offset - before.lastIndexOf('\n');
    super(`line ${line}, column ${column}: ${reason}`);
    this.reason = reason;
    this.line = line;
    this.column = column;
  }
}

/** A reason whose position is known one level up; only files of this folder see it. */
export class Refusal extends Error {}

/** A reason and its place in the source: ends the reading of a template. */
export class ParseRefusal extends Refusal {
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(reason);
    this.offset = offset;
  }
}

const SHOWN_MAX = 40;

/** A piece of the template's text, as far as a message can hold it. */
export function shown(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return visible(cut(line, SHOWN_MAX));
}
