import { isInt64, readGoInteger } from '../go-integer.ts';
import { timestampText } from './timestamp-text.ts';

/** A value of a document: its text as it counts for the MAC (sops.go, ToBytes), and what a reader of YAML makes of it. */
export interface Leaf {
  readonly text: string;
  readonly value: string | number | boolean | Date;
}

const UINT64_MAX = 2n ** 64n - 1n;

/**
 * An unquoted scalar as sops reads it. Its parser, go-yaml 3 (resolve.go), has rules of YAML 1.1 and 1.2: `0777` is octal,
 * `2026-01-02` a time and `yes` text. Undefined: null, which sops passes over. `malformed`: a number that sops does not take.
 */
export function readPlainScalar(source: string): Leaf | undefined | 'malformed' {
  if (/^(?:~|null|Null|NULL|)$/.test(source)) return undefined;
  if (/^(?:true|True|TRUE|false|False|FALSE)$/.test(source)) return boolLeaf(/^t/i.test(source));
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(source)) return floatLeaf(source.startsWith('-') ? -Infinity : Infinity);
  if (/^\.(?:nan|NaN|NAN)$/.test(source)) return floatLeaf(NaN);
  if (/^[-+0-9]/.test(source)) return readNumber(source);
  return /^\.\d+(?:[eE][-+]?\d+)?$/.test(source) ? readFloat(source, source) : stringLeaf(source);
}

/** Text as it is: quoted, a block, or tagged so. */
export function stringLeaf(text: string): Leaf {
  return { text, value: text };
}

/** A truth value, whose text has a capital letter. */
export function boolLeaf(value: boolean): Leaf {
  return { text: value ? 'True' : 'False', value };
}

/** A number with a point, in the shortest digits that name it. */
export function floatLeaf(value: number): Leaf {
  return { text: floatText(value), value };
}

/** A time; undefined when it is none. */
export function timeLeaf(source: string): Leaf | undefined {
  const text = timestampText(source);
  return text === undefined ? undefined : { text, value: new Date(text) };
}

/** A whole number of 64 bits; undefined when it is none. */
export function intLeaf(value: bigint): Leaf | undefined {
  return isInt64(value) ? { text: String(value), value: Number(value) } : undefined;
}

function readNumber(source: string): Leaf | 'malformed' {
  const time = timeLeaf(source);
  if (time !== undefined) return time;
  const digits = source.replaceAll('_', '');
  const whole = readGoInteger(digits);
  const leaf = whole === undefined ? undefined : intLeaf(whole);
  if (leaf !== undefined) return leaf;
  if (whole !== undefined && /^\d/.test(digits) && whole <= UINT64_MAX) return 'malformed'; // Go's uint64
  const isFloat = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(digits);
  return isFloat ? readFloat(digits, source) : stringLeaf(source);
}

function readFloat(digits: string, source: string): Leaf {
  const value = Number(digits);
  return Number.isFinite(value) ? floatLeaf(value) : stringLeaf(source);
}

/** A number as Go's FormatFloat(x, 'f', -1, 64) writes it: the shortest digits, never an exponent. */
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
