import type { Budget, Writer } from './budget.ts';
import { type ByteString, charactersOf, encodeRune, runesOf, toBytes, toText } from './byte-string.ts';
import { Refusal } from './template-error.ts';
import { isPrintable } from './unicode.ts';

/** A verb, with the flags, width and precision between `%` and it. */
export interface Format {
  readonly verb: string;
  readonly minus: boolean;
  readonly plus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  /** False if `minus` is set, which takes precedence. */
  readonly zero: boolean;
  readonly width?: number;
  readonly precision?: number;
}

/** `%v` */
export const PLAIN: Format = { verb: 'v', minus: false, plus: false, sharp: false, space: false, zero: false };

/** The sign before a number's digits. */
function signOf(isNegative: boolean, { plus, space }: Format): string {
  if (isNegative) return '-';
  return plus ? '+' : space ? ' ' : '';
}

/** Writes text padded to the width: on the left, or on the right with `-`; with zeros if the flag says so. */
export function pad(writer: Writer, bytes: ByteString, { width, minus, zero }: Format): void {
  const missing = width === undefined ? 0 : width - charactersOf(bytes, writer.budget, width).length;
  if (!minus) writer.repeat(zero ? '0' : ' ', missing);
  writer.write(bytes);
  if (minus) writer.repeat(' ', missing);
}

/** Writes a string by a verb; false if the verb does not apply. */
export function formatString(writer: Writer, bytes: ByteString, format: Format): boolean {
  const { budget } = writer;
  const { verb } = format;
  budget.read(bytes.length);
  if (verb === 'v' || verb === 's') pad(writer, truncated(bytes, format, budget), format);
  else if (verb === 'q') pad(writer, quoted(truncated(bytes, format, budget), format, budget), format);
  else if (verb === 'x') pad(writer, hexOf(bytes, format, budget), format);
  else if (verb === 'X') pad(writer, hexOf(bytes, format, budget).toUpperCase(), format);
  else return false;
  return true;
}

/** Truncates text to as many characters as the precision says. */
function truncated(bytes: ByteString, { precision }: Format, budget: Budget): ByteString {
  return precision === undefined ? bytes : charactersOf(bytes, budget, precision).join('');
}

function quoted(bytes: ByteString, { sharp, plus }: Format, budget: Budget): ByteString {
  return sharp && canBackquote(bytes) ? `\`${bytes}\`` : quote(bytes, budget, plus);
}

/** Each byte in hexadecimal; the precision counts bytes. */
function hexOf(bytes: ByteString, { precision, sharp, space }: Format, budget: Budget): string {
  budget.characters(bytes.length);
  const pairs = toBytes(bytes.slice(0, precision)).toString('hex').match(/../g);
  if (pairs === null) return '';
  const prefix = sharp ? '0x' : '';
  return `${prefix}${pairs.join(space ? ` ${prefix}` : '')}`;
}

const BASES: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };
const RUNE_MAX = 0x10ffffn;

/** Writes an integer by a verb; false if the verb does not apply. */
export function formatInteger(writer: Writer, value: bigint, format: Format): boolean {
  const { budget } = writer;
  const { verb, plus } = format;
  const base = BASES[verb];
  const filledWithSpaces = { ...format, zero: false };
  if (base !== undefined) pad(writer, textInBase(value, base, format, budget), filledWithSpaces);
  else if (verb === 'c') pad(writer, encodeRune(runeOf(value)), format);
  else if (verb === 'q') pad(writer, quoteRune(runeOf(value), plus), format);
  else if (verb === 'U') pad(writer, unicodeText(value, format, budget), filledWithSpaces);
  else return false;
  return true;
}

function textInBase(value: bigint, base: number, format: Format, budget: Budget): string {
  const { verb, width = 0, precision, zero } = format;
  if (precision === 0 && value === 0n) return '';
  const sign = signOf(value < 0n, format);
  // zeros up to the width are digits, unless a precision says how many there are
  const minimum = precision ?? (zero ? Math.max(0, width - sign.length) : 0);
  budget.write(minimum);
  const digits = (value < 0n ? -value : value).toString(base).padStart(minimum, '0');
  return `${sign}${prefix(digits, base, format)}${verb === 'X' ? digits.toUpperCase() : digits}`;
}

function prefix(digits: string, base: number, { verb, sharp }: Format): string {
  const octal = verb === 'O' ? '0o' : '';
  if (!sharp) return octal;
  if (base === 2) return '0b';
  if (base === 8) return digits.startsWith('0') ? octal : `${octal}0`;
  return base === 16 ? `0${verb}` : '';
}

function unicodeText(value: bigint, { precision = 4, sharp }: Format, budget: Budget): string {
  budget.write(precision);
  const code = BigInt.asUintN(64, value);
  const digits = code.toString(16).toUpperCase().padStart(Math.max(4, precision), '0');
  const isShown = sharp && code <= RUNE_MAX && isPrintable(Number(code));
  return `U+${digits}${isShown ? ` '${encodeRune(Number(code))}'` : ''}`;
}

/** The code of a character; U+FFFD for numbers outside of Unicode, negative ones too. */
function runeOf(value: bigint): number {
  const code = BigInt.asUintN(64, value);
  return code > RUNE_MAX || (code >= 0xd800n && code <= 0xdfffn) ? 0xfffd : Number(code);
}

const SHORT: Readonly<Record<number, string>> = { 7: 'a', 8: 'b', 9: 't', 10: 'n', 11: 'v', 12: 'f', 13: 'r' };

/** Text in double quotes as a constant of Go (strconv.Quote), which differs from JSON. */
export function quote(text: ByteString, budget: Budget, isAscii = false): ByteString {
  if (isPlain(text)) return `"${text}"`;
  const parts = Array.from(runesOf(text, budget), ({ code, bytes, isValid }) =>
    isValid ? (escapeOf(code, '"', isAscii) ?? bytes) : `\\x${hex(bytes.charCodeAt(0), 2)}`,
  );
  return `"${parts.join('')}"`;
}

/** True for text that a string of Go or of JSON holds unchanged, as nearly all text is. */
export function isPlain(text: ByteString): boolean {
  return /^[ !#-%'-;=?-[\]-~]*$/.test(text);
}

/** One character in single quotes. */
function quoteRune(code: number, isAscii: boolean): ByteString {
  return `'${escapeOf(code, "'", isAscii) ?? encodeRune(code)}'`;
}

/** True for text that back-quotes can hold unchanged. */
function canBackquote(bytes: ByteString): boolean {
  const text = toText(bytes);
  return text !== undefined && !/(?![\t\x80-\x9f])\p{Cc}|[`\ufeff]/u.test(text);
}

/** The escape of a character; undefined if it needs none. */
function escapeOf(code: number, mark: string, isAscii: boolean): ByteString | undefined {
  const character = code < 0x80 ? String.fromCharCode(code) : '';
  if (character === mark || character === '\\') return `\\${character}`;
  if (isPrintable(code) && (!isAscii || code < 0x80)) return undefined;
  if (SHORT[code] !== undefined) return `\\${SHORT[code]}`;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

/** No float64 has more significant digits. */
const DIGITS_MAX = 1100;
/** Bytes of work that exact digits count for; those of very small numbers are a thousand times as many. */
const EXACT_COST = 8192;
const DEFAULT_PRECISION = 6;

/** Writes a float64 by a verb; false if the verb does not apply. It is finite, since constants and JSON have no others. */
export function formatFloat(writer: Writer, value: number, format: Format): boolean {
  const { verb, sharp, zero, width } = format;
  if (['x', 'X', 'b'].includes(verb))
    throw new Refusal('verbs `%x`, `%X` and `%b` for a float64 are not supported', 'unsupported');
  if (!/^[vgGfFeE]$/.test(verb)) return false;
  if (sharp) throw new Refusal('flag `#` for a float64 is not supported', 'unsupported');
  const style = verb === 'v' ? 'g' : verb === 'F' ? 'f' : verb;
  const precision = format.precision ?? (style.toLowerCase() === 'g' ? undefined : DEFAULT_PRECISION);
  const number = magnitude(writer, value, style, precision);
  const sign = signOf(value < 0 || Object.is(value, -0), format);
  if (sign !== '' && zero && width !== undefined) {
    writer.write(sign); // before the zeros
    pad(writer, number, { ...format, width: width - 1 });
  } else {
    pad(writer, `${sign}${number}`, format);
  }
  return true;
}

/** The number without its sign. */
function magnitude(writer: Writer, value: number, style: string, precision: number | undefined): string {
  if (precision === undefined) return general(shortestDigits(value), undefined, style);
  writer.budget.read(EXACT_COST);
  if (style === 'f') {
    writer.budget.write(precision);
    return fixed(roundedDigits(value, Math.min(precision, DIGITS_MAX), true), precision);
  }
  if (style === 'e' || style === 'E') {
    writer.budget.write(precision);
    return scientific(roundedDigits(value, Math.min(precision, DIGITS_MAX) + 1, false), precision, style);
  }
  const count = Math.max(1, precision);
  return general(roundedDigits(value, Math.min(count, DIGITS_MAX), false), count, style);
}

/** `%g`: an exponent for large and small numbers. Without a precision the limits are those of six digits. */
function general(number: FloatDigits, precision: number | undefined, style: string): string {
  const { digits, point } = number;
  const count = precision ?? digits.length;
  const isWhole = count > digits.length && digits.length >= point;
  const limit = precision === undefined ? DEFAULT_PRECISION : isWhole ? digits.length : count;
  const exponent = point - 1;
  if (exponent < -4 || exponent >= limit)
    return scientific(number, Math.min(count, digits.length) - 1, style === 'G' ? 'E' : 'e');
  return fixed(number, (count > point ? digits.length : count) - point);
}

function fixed({ digits, point }: FloatDigits, decimals: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  if (decimals <= 0) return whole;
  const fraction = point > 0 ? digits.slice(point) : `${'0'.repeat(digits === '' ? 0 : -point)}${digits}`;
  return `${whole}.${fraction.slice(0, decimals).padEnd(decimals, '0')}`;
}

function scientific({ digits, point }: FloatDigits, decimals: number, mark: string): string {
  const exponent = digits === '' ? 0 : point - 1;
  const fraction = decimals > 0 ? `.${digits.slice(1, decimals + 1).padEnd(decimals, '0')}` : '';
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${digits[0] ?? '0'}${fraction}${mark}${exponent < 0 ? '-' : '+'}${power}`;
}

/** A number's digits without leading and trailing zeros: `0.<digits>` times ten to the power of `point`. Zero has no digits. */
interface FloatDigits {
  readonly digits: string;
  readonly point: number;
}

/** The fewest digits that identify the number, as in JavaScript's own text. */
function shortestDigits(value: number): FloatDigits {
  const [mantissa = '', exponent = '0'] = Math.abs(value).toExponential().split('e');
  return trimmed(mantissa.replace('.', ''), Number(exponent) + 1);
}

/** All digits of a float64, up to 767. */
function exactDigits(value: number): FloatDigits {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(value));
  const bits = view.getBigUint64(0);
  const biased = Number(bits >> 52n);
  const fraction = bits & ((1n << 52n) - 1n);
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n);
  const exponent = Math.max(biased, 1) - 1075;
  const whole = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent);
  const digits = whole.toString();
  return trimmed(digits, digits.length + Math.min(exponent, 0));
}

/**
 * Rounds to `count` digits, counted from the first digit or, with `isAfterPoint`, from the point. Half rounds to even, as in Go;
 * JavaScript's toFixed and toPrecision round it up.
 */
function roundedDigits(value: number, count: number, isAfterPoint: boolean): FloatDigits {
  const { digits, point } = exactDigits(value);
  const kept = isAfterPoint ? point + count : count;
  if (kept >= digits.length) return { digits, point };
  if (kept < 0) return { digits: '', point: 0 };
  const rest = digits.slice(kept);
  const isHalf = rest === '5';
  const isOdd = kept > 0 && Number(digits[kept - 1]) % 2 === 1;
  const roundsUp = isHalf ? isOdd : rest >= '5';
  const head = roundsUp ? String(BigInt(digits.slice(0, kept) || '0') + 1n) : digits.slice(0, kept);
  return trimmed(head.padStart(kept, '0'), point + Math.max(0, head.length - kept));
}

function trimmed(digits: string, point: number): FloatDigits {
  const first = /^0*/.exec(digits)?.[0].length ?? 0;
  let end = digits.length;
  while (end > first && digits[end - 1] === '0') end -= 1; // a pattern for this would be slow
  return end === first ? { digits: '', point: 0 } : { digits: digits.slice(first, end), point: point - first };
}
