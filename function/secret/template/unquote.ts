import { type ByteString, encodeRune, toByteString } from './byte-string.ts';
import { Refusal } from './template-fault.ts';

const SHORT: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 0x5c };
/** A character, or an escape: of one letter or mark, three octal digits, or a code in base 16. */
const PART = /\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^xuU0-7]))|[^\\]/suy;

/** One part of a constant: a character, or a byte of any value. */
export interface UnquotedPart {
  readonly code: number;
  readonly bytes: ByteString;
}

/**
 * What a constant in single or double quotes says, part by part; undefined when it is not as Go writes them.
 * @param inner what stands between the marks
 */
export function unquoteParts(inner: string, mark: '"' | "'"): UnquotedPart[] | undefined {
  const parts: UnquotedPart[] = [];
  PART.lastIndex = 0;
  while (PART.lastIndex < inner.length) {
    const match = PART.exec(inner);
    const part = match === null || match[0] === mark ? undefined : readPart(match, mark);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return parts;
}

function readPart(match: RegExpExecArray, mark: string): UnquotedPart | undefined {
  const [whole, hex, octal, short, long, letter] = match;
  if (letter !== undefined) {
    const code = letter === mark ? letter.charCodeAt(0) : SHORT[letter];
    return code === undefined ? undefined : { code, bytes: String.fromCharCode(code) };
  }
  const byte = hex !== undefined ? Number.parseInt(hex, 16) : Number.parseInt(octal ?? '', 8);
  if (!Number.isNaN(byte)) return byte > 0xff ? undefined : { code: byte, bytes: String.fromCharCode(byte) };
  const unicode = short ?? long;
  if (unicode === undefined) return { code: whole.codePointAt(0) ?? 0, bytes: toByteString(whole) };
  const code = Number.parseInt(unicode, 16);
  return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? undefined : { code, bytes: encodeRune(code) };
}

/**
 * A string constant with its quotes. Between back-quotes everything but `\r` is as it stands.
 * @throws Refusal
 */
export function unquote(quoted: string): ByteString {
  const inner = quoted.slice(1, -1);
  if (quoted.startsWith('`')) return toByteString(inner.replaceAll('\r', ''));
  const parts = unquoteParts(inner, '"');
  if (parts === undefined) throw new Refusal('a string has an escape that Go does not know');
  return parts.map(({ bytes }) => bytes).join('');
}
