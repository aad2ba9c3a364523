import { isUtf8 } from 'node:buffer';
import type { Plain } from './encrypted-value.ts';

/** A value of a document: its text in the MAC (sops.go, ToBytes), and the value that a reader of YAML gets. */
export interface Leaf {
  readonly text: string;
  readonly value: string | number | boolean | Date;
}

const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;
/** An integer in Go's notation (strconv.ParseInt with base 0): `0x1f`, `017`. */
const WHOLE = /^[+-]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)$/;
/** No number of 64 bits is longer, leading zeros aside. */
const WHOLE_MAX_LENGTH = 200;

/**
 * Reads an unquoted scalar as sops does. Its parser, go-yaml 3 (resolve.go), mixes rules of YAML 1.1 and 1.2: `0777` is octal,
 * `2026-01-02` a time and `yes` text. Undefined: null, which sops skips. `malformed`: a number that sops refuses.
 */
export function readPlainScalar(source: string): Leaf | undefined | 'malformed' {
  if (/^(?:~|null|Null|NULL|)$/.test(source)) return undefined;
  if (/^(?:true|True|TRUE|false|False|FALSE)$/.test(source)) return boolLeaf(/^t/i.test(source));
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(source)) return floatLeaf(source.startsWith('-') ? -Infinity : Infinity);
  if (/^\.(?:nan|NaN|NAN)$/.test(source)) return floatLeaf(NaN);
  if (/^[-+0-9]/.test(source)) return readNumber(source);
  return /^\.\d+(?:[eE][-+]?\d+)?$/.test(source) ? readFloat(source, source) : stringLeaf(source);
}

/** A string: quoted, a block scalar, or tagged. */
export function stringLeaf(text: string): Leaf {
  return { text, value: text };
}

/** A boolean. Its text in the MAC is `True` or `False`. */
function boolLeaf(value: boolean): Leaf {
  return { text: value ? 'True' : 'False', value };
}

/** A float, with the fewest digits that identify it. */
function floatLeaf(value: number): Leaf {
  return { text: floatText(value), value };
}

/** A time; undefined for other text. */
function timeLeaf(source: string): Leaf | undefined {
  const text = timestampText(source);
  return text === undefined ? undefined : { text, value: new Date(text) };
}

/** An integer of 64 bits; undefined for a larger one. */
function intLeaf(value: bigint): Leaf | undefined {
  return value <= INT64_MAX && value >= -INT64_MAX - 1n ? { text: String(value), value: Number(value) } : undefined;
}

function readNumber(source: string): Leaf | 'malformed' {
  const time = timeLeaf(source);
  if (time !== undefined) return time;
  const digits = source.replaceAll('_', '');
  const whole = readWhole(digits);
  const leaf = whole === undefined ? undefined : intLeaf(whole);
  if (leaf !== undefined) return leaf;
  if (whole !== undefined && /^\d/.test(digits) && whole <= UINT64_MAX) return 'malformed'; // Go's uint64
  const isFloat = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(digits);
  return isFloat ? readFloat(digits, source) : stringLeaf(source);
}

function readWhole(digits: string): bigint | undefined {
  if (digits.length > WHOLE_MAX_LENGTH || !WHOLE.test(digits)) return undefined;
  const value = BigInt(digits.replace(/^[+-]/, '').replace(/^0(?=[0-7])/, '0o'));
  return digits.startsWith('-') ? -value : value;
}

function readFloat(digits: string, source: string): Leaf {
  const value = Number(digits);
  return Number.isFinite(value) ? floatLeaf(value) : stringLeaf(source);
}

/** A number as Go's FormatFloat(x, 'f', -1, 64) prints it: the fewest digits, never an exponent. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const [mantissa = '', exponent] = String(Math.abs(value)).split('e');
  if (exponent === undefined) return `${sign}${mantissa}`;
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = `${whole}${fraction}`;
  const point = whole.length + Number(exponent);
  return `${sign}${point > 0 ? digits.padEnd(point, '0') : `0.${'0'.repeat(-point)}${digits}`}`;
}

/**
 * Decodes decrypted bytes by their type (aes/cipher.go, Decrypt). Undefined: a comment, which is not in the MAC. `malformed`: bytes that
 * do not fit the type, or an unknown type.
 */
export function decodePlain({ type, bytes }: Plain): Leaf | undefined | 'malformed' {
  if (!isUtf8(bytes)) return 'malformed';
  const text = bytes.toString('utf8');
  switch (type) {
    case 'str':
      return stringLeaf(text);
    case 'int':
      return (/^[-+]?\d{1,20}$/.test(text) && intLeaf(BigInt(text.replace('+', '')))) || 'malformed';
    case 'float':
      return decodeFloat(text);
    case 'bool':
      return decodeBool(text);
    case 'time':
      return (RFC_3339.test(text) && timeLeaf(text)) || 'malformed';
    case 'comment':
      return undefined;
    default:
      return 'malformed';
  }
}

function decodeFloat(text: string): Leaf | 'malformed' {
  if (/^[-+]Inf$/.test(text)) return floatLeaf(text === '-Inf' ? -Infinity : Infinity);
  if (text === 'NaN') return floatLeaf(NaN);
  const isFloat = /^[-+]?\d+(?:\.\d+)?(?:e[-+]\d+)?$/.test(text) && Number.isFinite(Number(text));
  return isFloat ? floatLeaf(Number(text)) : 'malformed';
}

function decodeBool(text: string): Leaf | 'malformed' {
  const isTrue = /^(?:[1tT]|TRUE|true|True)$/.test(text);
  return isTrue || /^(?:[0fF]|FALSE|false|False)$/.test(text) ? boolLeaf(isTrue) : 'malformed';
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[-+](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** A time of RFC 3339 as Go prints it again, in whole seconds; undefined for text that Go does not parse as one. */
export function wholeSecondsOf(source: string): string | undefined {
  return RFC_3339.test(source) ? timestampText(source)?.replace(/\.\d+/, '') : undefined;
}

/** Times of go-yaml 3 (resolve.go, allowedTimestampFormats): a date; a date and time with `T` and a zone, or with a space and none. */
const TIMESTAMP =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:[Tt](\d\d?):(\d\d?):(\d\d?)(?:[.,](\d+))?(Z|[-+]\d\d:\d\d)| (\d\d?):(\d\d?):(\d\d?)(?:[.,](\d+))?)?$/;

/** An unquoted time as it is in sops' MAC, RFC 3339; undefined for text that is no time. */
function timestampText(source: string): string | undefined {
  const match = TIMESTAMP.exec(source);
  if (match === null) return undefined;
  const [, year = '', month = '', day = ''] = match;
  const [hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] =
    match[4] === undefined ? match.slice(9, 13) : match.slice(4, 9);
  const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  if (!isTime || !isDate(Number(year), Number(month), Number(day))) return undefined;
  const clock = [hour, minute, second].map(twoDigits).join(':');
  const digits = fraction.slice(0, 9).replace(/0+$/, '');
  const offset = /^[-+]00:00$/.test(zone) ? 'Z' : zone;
  return `${year}-${twoDigits(month)}-${twoDigits(day)}T${clock}${digits === '' ? '' : `.${digits}`}${offset}`;
}

function twoDigits(number: string): string {
  return number.padStart(2, '0');
}

function isDate(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day); // Date.UTC would read years below 100 as 19xx
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
