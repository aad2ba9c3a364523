import { Refusal, shown } from './template-fault.ts';
import { unquoteParts } from './unquote.ts';

/** A number as it stands in a template. What it is, is decided where it is used: `1.0` is an int where one is wanted. */
export interface NumberConstant {
  /** Absent when it is no whole number of 64 bits. */
  readonly integer?: bigint;
  readonly float: number;
  /** True for `1.0` and `1e3`, which are floats wherever any value will do. */
  readonly isFloat: boolean;
}

const INTEGER = /^[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)$/;
const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_LIMIT = 2 ** 63;
/** No number of 64 bits is longer, but for zeros in front of it. */
const INTEGER_MAX_LENGTH = 200;

/** A whole number in Go's notation (strconv.ParseInt with base 0: `0x1f`, `017`, `1_000`); undefined outside of int64. */
export function parseInteger(text: string): bigint | undefined {
  const value = readInteger(text);
  return value !== undefined && value <= INT64_MAX && value >= -INT64_MAX - 1n ? value : undefined;
}

function readInteger(text: string): bigint | undefined {
  if (text.length > INTEGER_MAX_LENGTH || !INTEGER.test(text)) return undefined;
  const digits = text.replaceAll('_', '').replace(/^[+-]/, '');
  const value = BigInt(digits.replace(/^0(?=[0-7])/, '0o'));
  return text.startsWith('-') ? -value : value;
}

/** @throws Refusal when it is no number, or one that this does not support. */
export function readNumber(text: string): NumberConstant {
  if (text.startsWith("'")) return readCharacter(text);
  if (text.endsWith('i')) throw new Refusal(`complex number ${shown(text)} is not supported`);
  const whole = readInteger(text);
  if (whole !== undefined) {
    const integer = parseInteger(text);
    if (integer !== undefined) return { integer, float: Number(whole), isFloat: false };
    if (whole > 0n && whole < 2n ** 64n && !text.startsWith('+')) return { float: Number(whole), isFloat: false };
    throw new Refusal(`number ${shown(text)} has more than 64 bits`);
  }
  if (/^[+-]?0[xX].*[.pP]|_/.test(text)) throw new Refusal(`notation of number ${shown(text)} is not supported`);
  const float = DECIMAL.test(text) && /[.eE]/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(float)) throw new Refusal(`${shown(text)} is not a number`);
  const isWhole = Number.isInteger(float) && float >= -INT64_LIMIT && float < INT64_LIMIT;
  return { ...(isWhole ? { integer: BigInt(float) } : {}), float, isFloat: true };
}

/** `'a'` is the number of its character. */
function readCharacter(text: string): NumberConstant {
  const parts = unquoteParts(text.slice(1, -1), "'");
  const [part] = parts ?? [];
  if (part === undefined || parts?.length !== 1) throw new Refusal(`${shown(text)} is not one character`);
  return { integer: BigInt(part.code), float: part.code, isFloat: false };
}
