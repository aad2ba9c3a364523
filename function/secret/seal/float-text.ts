/** A number as Go's FormatFloat(x, 'f', -1, 64) writes it: the shortest digits, never an exponent. */
export function floatText(value: number): string {
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
