/** A number's digits without zeros around them: it is `0.<digits>` times ten to the power of `point`. Zero has none. */
export interface FloatDigits {
  readonly digits: string;
  readonly point: number;
}

/** The fewest digits that name this number, which JavaScript's own text has too. */
export function shortestDigits(value: number): FloatDigits {
  const [mantissa = '', exponent = '0'] = Math.abs(value).toExponential().split('e');
  return trimmed(mantissa.replace('.', ''), Number(exponent) + 1);
}

/** All digits of the number that the 64 bits are: up to 767 of them. */
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
 * So many digits, counted from the first one or, with `isAfterPoint`, from the point. Exactly half goes to the even neighbour, as
 * in Go; JavaScript's toFixed and toPrecision go up.
 */
export function roundedDigits(value: number, count: number, isAfterPoint: boolean): FloatDigits {
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
