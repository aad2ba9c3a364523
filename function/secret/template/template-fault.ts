/** Where something stands in a template, from 1. A column counts characters of UTF-16, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Why a template is refused, or cannot be rendered, and where. `reason` is a clause such as `function "env" is not supported`.
 * Neither it nor `message` has a value of the data, or text computed from one: the template's own text and names of Go's types
 * at most.
 */
export class TemplateFault extends Error {
  readonly line: number;
  readonly column: number;
  readonly reason: string;

  constructor(reason: string, { line, column }: Position) {
    super(`line ${line}, column ${column}: ${reason}`);
    this.reason = reason;
    this.line = line;
    this.column = column;
  }
}

/** A reason whose position is known one level up; only files of this folder see it. */
export class Refusal extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

const SHOWN_MAX = 40;

/** A piece of the template's text, as far as a message can hold it. */
export function shown(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > SHOWN_MAX ? `${line.slice(0, SHOWN_MAX)}…` : line;
}

/** Where the character at `offset` of `source` stands. */
export function positionAt(source: string, offset: number): Position {
  const before = source.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}
