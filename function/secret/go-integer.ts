const FORM = /^[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)$/;
/** No number of 64 bits is longer, but for zeros in front of it. */
const MAX_LENGTH = 200;
const INT64_MAX = 2n ** 63n - 1n;

/** A whole number of any size in Go's notation (strconv.ParseInt with base 0): `0x1f`, `017`, `1_000`; undefined for others. */
export function readGoInteger(text: string): bigint | undefined {
  if (text.length > MAX_LENGTH || !FORM.test(text)) return undefined;
  const digits = text.replaceAll('_', '').replace(/^[+-]/, '');
  const value = BigInt(digits.replace(/^0(?=[0-7])/, '0o'));
  return text.startsWith('-') ? -value : value;
}

export function isInt64(value: bigint): boolean {
  return value <= INT64_MAX && value >= -INT64_MAX - 1n;
}
