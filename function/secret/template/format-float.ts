import type { Writer } from './budget.ts';
import { type FloatDigits, roundedDigits, shortestDigits } from './float-digits.ts';
import { type FormatFlags, pad, signOf } from './format-flags.ts';
import { Refusal } from './template-fault.ts';

/** No number of 64 bits has more digits that are not zero, before and after the point together. */
const DIGITS_MAX = 1100;
/** What exact digits cost, in bytes of work. */
const EXACT_COST = 1024;
const DEFAULT_PRECISION = 6;

/** A float64 by a verb; false when the verb is none for them. It is finite: neither constants nor JSON have others. */
export function formatFloat(writer: Writer, value: number, verb: string, flags: FormatFlags): boolean {
  if (['x', 'X', 'b'].includes(verb)) throw new Refusal('verbs `%x`, `%X` and `%b` for a float64 are not supported');
  if (!/^[vgGfFeE]$/.test(verb)) return false;
  if (flags.sharp) throw new Refusal('flag `#` for a float64 is not supported');
  const style = verb === 'v' ? 'g' : verb === 'F' ? 'f' : verb;
  const precision = flags.precision ?? (style.toLowerCase() === 'g' ? undefined : DEFAULT_PRECISION);
  const number = magnitude(writer, value, style, precision);
  const sign = signOf(value < 0 || Object.is(value, -0), flags);
  if (sign !== '' && flags.zero && flags.width !== undefined) {
    writer.write(sign); // before the zeros
    pad(writer, number, { ...flags, width: flags.width - 1 });
  } else {
    pad(writer, `${sign}${number}`, flags);
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
  const wanted = Math.max(1, precision);
  return general(roundedDigits(value, Math.min(wanted, DIGITS_MAX), false), wanted, style);
}

/** `%g`: an exponent where the point is far away; with the fewest digits, where it is far for six of them. */
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
