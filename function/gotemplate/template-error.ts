/**
 * Why a template gives nothing.
 *
 * | code | |
 * |---|---|
 * | `malformed` | Go does not read it either |
 * | `unsupported` | Go takes it, this does not: the page of this folder says what |
 * | `tooMuch` | it would take more than {@link Budget} allows, or is nested too deep |
 * | `failed` | it cannot be rendered with these data, by Go neither: a key is not there, a value has another type |
 */
export type TemplateErrorCode = 'malformed' | 'unsupported' | 'tooMuch' | 'failed';

/**
 * Why a template is refused, or cannot be rendered, and where. `reason` is a clause such as `function "env" is not supported`.
 * Neither it nor `message` has a value of the data, or text computed from one: the template's own text and names of Go's types
 * at most.
 */
export class TemplateError extends Error {
  readonly code: TemplateErrorCode;
  /** From 1, as `column`, which counts characters of UTF-16, as editors do. */
  readonly line: number;
  readonly column: number;
  readonly reason: string;

  constructor(code: TemplateErrorCode, reason: string, source: string, offset: number) {
    const before = source.slice(0, offset);
    const line = before.split('\n').length;
    const column = offset - before.lastIndexOf('\n');
    super(`line ${line}, column ${column}: ${reason}`);
    this.code = code;
    this.reason = reason;
    this.line = line;
    this.column = column;
  }
}

/**
 * A reason whose position is known one level up; only files of this folder see it. Without a code Go refuses the same, and when it
 * is found says which one it is: `malformed` or `failed`.
 */
export class Refusal extends Error {
  readonly code: 'unsupported' | 'tooMuch' | undefined;

  constructor(reason: string, code?: 'unsupported' | 'tooMuch') {
    super(reason);
    this.code = code;
  }
}

/** A reason and its place in the source: ends the reading of a template. */
export class ParseRefusal extends Refusal {
  readonly offset: number;

  constructor(reason: string, offset: number, code?: Refusal['code']) {
    super(reason, code);
    this.offset = offset;
  }
}

const SHOWN_MAX = 40;
/** Characters that nobody sees, or that change how others are seen; the empty one of Braille is a letter to Unicode. */
const INVISIBLE = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** A piece of the template's text, as far as a message can hold it: on one line, and no character unseen. */
export function shown(text: string): string {
  const characters = [...text.replaceAll(/\s+/g, ' ').slice(0, 2 * (SHOWN_MAX + 1))]; // of two units at most
  const piece = characters.length > SHOWN_MAX ? [...characters.slice(0, SHOWN_MAX), '…'] : characters;
  return piece.join('').replaceAll(INVISIBLE, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
  });
}
