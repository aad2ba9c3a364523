import { type ByteString, encodeRune, toByteString } from './byte-string.ts';
import { Refusal, shown } from './template-error.ts';

/** A number in a template. Its use decides its type: `1.0` is an int as an argument for an int. */
export interface NumberConstant {
  /** Absent unless it is an integer of 64 bits. */
  readonly integer?: bigint;
  readonly float: number;
  /** True for `1.0` and `1e3`, which are floats as arguments of any type. */
  readonly isFloat: boolean;
}

const DECIMAL = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/** @throws Refusal when it is no number, or is not supported. */
export function readNumber(text: string): NumberConstant {
  if (text.startsWith("'")) return readCharacter(text);
  if (text.endsWith('i')) throw new Refusal(`complex number ${shown(text)} is not supported`, 'unsupported');
  const whole = readGoInteger(text);
  if (whole !== undefined) {
    if (isInt64(whole)) return { integer: whole, float: Number(whole), isFloat: false };
    if (whole > 0n && whole < 2n ** 64n && !text.startsWith('+')) return { float: Number(whole), isFloat: false };
    throw new Refusal(`number ${shown(text)} has more than 64 bits`);
  }
  if (/^[+-]?0[xX].*[.pP]|_/.test(text))
    throw new Refusal(`notation of number ${shown(text)} is not supported`, 'unsupported');
  const float = DECIMAL.test(text) && /[.eE]/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(float)) throw new Refusal(`${shown(text)} is not a number`);
  const isWhole = Number.isInteger(float) && isInt64(BigInt(float));
  return { ...(isWhole ? { integer: BigInt(float) } : {}), float, isFloat: true };
}

/** A character constant such as `'a'`: the number of its character. */
function readCharacter(text: string): NumberConstant {
  const inner = text.slice(1, -1);
  const parts = unquoteParts(inner, "'");
  const [part] = parts ?? [];
  const isOne = parts?.length === 1 && (inner.startsWith('\\') || inner === String.fromCodePoint(parts[0]?.code ?? 0));
  if (part === undefined || !isOne) throw new Refusal(`${shown(text)} is not one character`);
  return { integer: BigInt(part.code), float: part.code, isFloat: false };
}

const GO_INTEGER =
  /^[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)$/;
/** No number of 64 bits is longer, leading zeros aside. */
const INTEGER_MAX_LENGTH = 200;
const INT64_MAX = 2n ** 63n - 1n;

/** Reads an integer of any size in Go's notation (strconv.ParseInt with base 0): `0x1f`, `017`, `1_000`; undefined for other text. */
export function readGoInteger(text: string): bigint | undefined {
  if (text.length > INTEGER_MAX_LENGTH || !GO_INTEGER.test(text)) return undefined;
  const digits = text.replaceAll('_', '').replace(/^[+-]/, '');
  const value = BigInt(digits.replace(/^0(?=[0-7])/, '0o'));
  return text.startsWith('-') ? -value : value;
}

export function isInt64(value: bigint): boolean {
  return value <= INT64_MAX && value >= -INT64_MAX - 1n;
}

const SHORT: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 0x5c };
/** What stands between escapes, or an escape: one letter or mark, three octal digits, or a hexadecimal code. */
const PART = /\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^xuU0-7]))|[^\\]+/suy;

/** One part of a constant: text, or a byte of any value. */
interface UnquotedPart {
  /** That of its first character. */
  readonly code: number;
  readonly bytes: ByteString;
}

/**
 * Decodes a constant in single or double quotes, part by part; undefined unless it has Go's form.
 * @param inner the text between the quotes
 */
function unquoteParts(inner: string, mark: '"' | "'"): UnquotedPart[] | undefined {
  const parts: UnquotedPart[] = [];
  PART.lastIndex = 0;
  while (PART.lastIndex < inner.length) {
    const match = PART.exec(inner);
    const isText = match?.[0].startsWith('\\') === false;
    const part = match === null || (isText && match[0].includes(mark)) ? undefined : readPart(match, mark);
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
 * Decodes a string constant with its quotes. Between back-quotes all but `\r` stays as it is.
 * @throws Refusal
 */
export function unquote(quoted: string): ByteString {
  const inner = quoted.slice(1, -1);
  if (quoted.startsWith('`')) return toByteString(inner.replaceAll('\r', ''));
  const parts = unquoteParts(inner, '"');
  if (parts === undefined) throw new Refusal('a string has an escape that Go does not know');
  return parts.map(({ bytes }) => bytes).join('');
}
