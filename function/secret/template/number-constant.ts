import { isInt64, readGoInteger } from '../go-integer.ts';
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

const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/** @throws Refusal when it is no number, or one that this does not support. */
export function readNumber(text: string): NumberConstant {
  if (text.startsWith("'")) return readCharacter(text);
  if (text.endsWith('i')) throw new Refusal(`complex number ${shown(text)} is not supported`);
  const whole = readGoInteger(text);
  if (whole !== undefined) {
    if (isInt64(whole)) return { integer: whole, float: Number(whole), isFloat: false };
    if (whole > 0n && whole < 2n ** 64n && !text.startsWith('+')) return { float: Number(whole), isFloat: false };
    throw new Refusal(`number ${shown(text)} has more than 64 bits`);
  }
  if (/^[+-]?0[xX].*[.pP]|_/.test(text)) throw new Refusal(`notation of number ${shown(text)} is not supported`);
  const float = DECIMAL.test(text) && /[.eE]/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(float)) throw new Refusal(`${shown(text)} is not a number`);
  const isWhole = Number.isInteger(float) && isInt64(BigInt(float));
  return { ...(isWhole ? { integer: BigInt(float) } : {}), float, isFloat: true };
}

/** `'a'` is the number of its character. */
function readCharacter(text: string): NumberConstant {
  const parts = unquoteParts(text.slice(1, -1), "'");
  const [part] = parts ?? [];
  if (part === undefined || parts?.length !== 1) throw new Refusal(`${shown(text)} is not one character`);
  return { integer: BigInt(part.code), float: part.code, isFloat: false };
}
