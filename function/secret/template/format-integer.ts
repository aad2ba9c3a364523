import type { Budget, Writer } from './budget.ts';
import { encodeRune } from './byte-string.ts';
import { type FormatFlags, pad, signOf } from './format-flags.ts';
import { quoteRune } from './quote.ts';
import { isPrintable } from './unicode.ts';

const BASES: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };
const RUNE_MAX = 0x10ffffn;

/** A whole number by a verb; false when the verb is none for them. */
export function formatInteger(writer: Writer, value: bigint, verb: string, flags: FormatFlags): boolean {
  const { budget } = writer;
  const base = BASES[verb];
  const filledWithSpaces = { ...flags, zero: false };
  if (base !== undefined) pad(writer, textInBase(value, base, verb, flags, budget), filledWithSpaces);
  else if (verb === 'c') pad(writer, encodeRune(runeOf(value)), flags);
  else if (verb === 'q') pad(writer, quoteRune(runeOf(value), flags.plus), flags);
  else if (verb === 'U') pad(writer, unicodeText(value, flags, budget), filledWithSpaces);
  else return false;
  return true;
}

function textInBase(value: bigint, base: number, verb: string, flags: FormatFlags, budget: Budget): string {
  const { width = 0, precision, zero } = flags;
  if (precision === 0 && value === 0n) return '';
  const sign = signOf(value < 0n, flags);
  // zeros up to the width are digits, unless a precision says how many there are
  const wanted = precision ?? (zero ? Math.max(0, width - sign.length) : 0);
  budget.write(wanted);
  const digits = (value < 0n ? -value : value).toString(base).padStart(wanted, '0');
  return `${sign}${prefix(digits, base, verb, flags)}${verb === 'X' ? digits.toUpperCase() : digits}`;
}

function prefix(digits: string, base: number, verb: string, { sharp }: FormatFlags): string {
  const octal = verb === 'O' ? '0o' : '';
  if (!sharp) return octal;
  if (base === 2) return '0b';
  if (base === 8) return digits.startsWith('0') ? octal : `${octal}0`;
  return base === 16 ? `0${verb}` : '';
}

function unicodeText(value: bigint, { precision = 4, sharp }: FormatFlags, budget: Budget): string {
  budget.write(precision);
  const code = BigInt.asUintN(64, value);
  const digits = code.toString(16).toUpperCase().padStart(Math.max(4, precision), '0');
  const isShown = sharp && code <= RUNE_MAX && isPrintable(Number(code));
  return `U+${digits}${isShown ? ` '${encodeRune(Number(code))}'` : ''}`;
}

/** Negative numbers are none of Unicode's, as they are no uint64 of its range. */
function runeOf(value: bigint): number {
  const code = BigInt.asUintN(64, value);
  return code > RUNE_MAX || (code >= 0xd800n && code <= 0xdfffn) ? 0xfffd : Number(code);
}
