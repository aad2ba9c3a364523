import { floatText } from './float-text.ts';
import { timestampText } from './timestamp-text.ts';

/** A value of a document: its text as it counts for the MAC (sops.go, ToBytes), and what a reader of YAML makes of it. */
export interface Leaf {
  readonly text: string;
  readonly value: string | number | boolean | Date;
}

const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;
/** No number of 64 bits is longer, in any base. */
const INTEGER_MAX_LENGTH = 67;

/**
 * An unquoted scalar as sops reads it. Its parser, go-yaml 3 (resolve.go), has rules of YAML 1.1 and 1.2: `0777` is octal,
 * `2026-01-02` a time and `yes` text. Undefined: null, which sops passes over. `unknown`: a number that sops does not take.
 */
export function readPlainScalar(source: string): Leaf | undefined | 'unknown' {
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

/** A time, of which `text` is the RFC 3339 form. */
export function timeLeaf(text: string): Leaf {
  return { text, value: new Date(text) };
}

/** A whole number of 64 bits; undefined when it is none. */
export function intLeaf(value: bigint): Leaf | undefined {
  return value <= INT64_MAX && value >= -INT64_MAX - 1n ? { text: String(value), value: Number(value) } : undefined;
}

function readNumber(source: string): Leaf | 'unknown' {
  const time = timestampText(source);
  if (time !== undefined) return timeLeaf(time);
  const digits = source.replaceAll('_', '');
  const whole = digits.length > INTEGER_MAX_LENGTH ? undefined : readInteger(digits);
  const leaf = whole === undefined ? undefined : intLeaf(whole);
  if (leaf !== undefined) return leaf;
  if (whole !== undefined && /^\d/.test(digits) && whole <= UINT64_MAX) return 'unknown'; // Go's uint64
  const isFloat = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(digits);
  return isFloat ? readFloat(digits, source) : stringLeaf(source);
}

function readFloat(digits: string, source: string): Leaf {
  const value = Number(digits);
  return Number.isFinite(value) ? floatLeaf(value) : stringLeaf(source);
}

/** Go's base 0: the prefix says which, and a leading 0 is octal. */
function readInteger(digits: string): bigint | undefined {
  const [, sign = '', unsigned = ''] =
    /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9]\d*)$/.exec(digits) ?? [];
  if (unsigned === '') return undefined;
  const value = BigInt(unsigned.replace(/^0(?=[0-7])/, '0o'));
  return sign === '-' ? -value : value;
}
