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
 * Neither `reason` nor `message` contains a value of the data or text computed from one: only text of the template and names of Go's
 * types.
 */
export class TemplateError extends Error {
  readonly code: TemplateErrorCode;
  /** The line, from 1, as is `column`, which counts UTF-16 code units, as editors do. */
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
 * A reason without a position, which the caller adds; used only inside this folder. Without a code Go refuses the template too: the code
 * becomes `malformed` while parsing, `failed` while rendering.
 */
export class Refusal extends Error {
  readonly code: 'unsupported' | 'tooMuch' | undefined;

  constructor(reason: string, code?: 'unsupported' | 'tooMuch') {
    super(reason);
    this.code = code;
  }
}

/** A reason with its offset, which ends parsing. */
export class ParseRefusal extends Refusal {
  readonly offset: number;

  constructor(reason: string, offset: number, code?: Refusal['code']) {
    super(reason, code);
    this.offset = offset;
  }
}

const SHOWN_MAX = 40;
/** Characters that are invisible or change how others are shown; U+2800, the blank Braille pattern, counts as a symbol in Unicode. */
const INVISIBLE = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** A piece of the template's text for a message: short, on one line, with invisible characters escaped. */
export function shown(text: string): string {
  const characters = [...text.replaceAll(/\s+/g, ' ').slice(0, 2 * (SHOWN_MAX + 1))]; // a character has at most two UTF-16 code units
  const piece = characters.length > SHOWN_MAX ? [...characters.slice(0, SHOWN_MAX), '…'] : characters;
  return piece.join('').replaceAll(INVISIBLE, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
  });
}
