import type { Writer } from './budget.ts';
import { encodeRune } from './byte-string.ts';
import { type FormatFlags, fill, pad } from './format-flags.ts';
import { quoteRune } from './quote.ts';
import { isPrintable } from './unicode.ts';

const BASES: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };
const RUNE_MAX = 0x10ffffn;

/** A whole number by a verb; false when the verb is none for them. */
export function formatInteger(writer: Writer, value: bigint, verb: string, flags: FormatFlags): boolean {
  const base = BASES[verb];
  if (base !== undefined) formatInBase(writer, value, base, verb, flags);
  else if (verb === 'c') pad(writer, encodeRune(runeOf(value)), flags);
  else if (verb === 'q') pad(writer, quoteRune(runeOf(value), flags.plus === true), flags);
  else if (verb === 'U') formatUnicode(writer, value, flags);
  else return false;
  return true;
}

function formatInBase(writer: Writer, value: bigint, base: number, verb: string, flags: FormatFlags): void {
  const { width = 0, precision } = flags;
  const spaces = { ...flags, zero: false };
  if (precision === 0 && value === 0n) {
    fill(writer, width, spaces);
    return;
  }
  const sign = value < 0n ? '-' : flags.plus === true ? '+' : flags.space === true ? ' ' : '';
  // zeros up to the width are digits, unless a precision says how many there are
  const fillsWithZeros = flags.zero === true && flags.minus !== true && flags.width !== undefined;
  const wanted = precision ?? (fillsWithZeros ? width - sign.length : 0);
  writer.budget.write(wanted);
  const digits = (value < 0n ? -value : value).toString(base).padStart(wanted, '0');
  const number = `${sign}${prefix(digits, base, verb, flags)}${verb === 'X' ? digits.toUpperCase() : digits}`;
  pad(writer, number, spaces);
}

function prefix(digits: string, base: number, verb: string, { sharp }: FormatFlags): string {
  const octal = verb === 'O' ? '0o' : '';
  if (sharp !== true) return octal;
  if (base === 2) return '0b';
  if (base === 8) return digits.startsWith('0') ? octal : `${octal}0`;
  return base === 16 ? `0${verb}` : '';
}

function formatUnicode(writer: Writer, value: bigint, flags: FormatFlags): void {
  const { precision = 4, sharp } = flags;
  writer.budget.write(precision);
  const code = BigInt.asUintN(64, value);
  const digits = code.toString(16).toUpperCase().padStart(Math.max(4, precision), '0');
  const isShown = sharp === true && code <= RUNE_MAX && isPrintable(Number(code));
  pad(writer, `U+${digits}${isShown ? ` '${encodeRune(Number(code))}'` : ''}`, { ...flags, zero: false });
}

/** Negative numbers are none of Unicode's, as they are no uint64 of its range. */
function runeOf(value: bigint): number {
  const code = BigInt.asUintN(64, value);
  return code > RUNE_MAX || (code >= 0xd800n && code <= 0xdfffn) ? 0xfffd : Number(code);
}
