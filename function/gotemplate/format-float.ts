import type { Writer } from './budget.ts';
import { type FormatFlags, pad, signOf } from './format-scalar.ts';
import { Refusal } from './template-error.ts';

/** No float64 has more significant digits. */
const DIGITS_MAX = 1100;
/** Bytes of work that exact digits count for. */
const EXACT_COST = 1024;
const DEFAULT_PRECISION = 6;

/** Writes a float64 by a verb; false if the verb does not apply. It is finite, since constants and JSON have no others. */
export function formatFloat(writer: Writer, value: number, verb: string, flags: FormatFlags): boolean {
  if (['x', 'X', 'b'].includes(verb))
    throw new Refusal('verbs `%x`, `%X` and `%b` for a float64 are not supported', 'unsupported');
  if (!/^[vgGfFeE]$/.test(verb)) return false;
  if (flags.sharp) throw new Refusal('flag `#` for a float64 is not supported', 'unsupported');
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
