import { isInt64, readGoInteger } from '../go-integer.ts';
import { Refusal } from './template-fault.ts';
import { isInteger, type Value } from './value.ts';

/** A value as int64 (github.com/spf13/cast, which sprig uses): text in Go's notation, decimals cut off, and 0 for the rest. */
export function toInteger(value: Value): bigint {
  if (isInteger(value)) return value.value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'string') return integerIn(value);
  if (typeof value !== 'number') return 0n;
  const whole = BigInt(Math.trunc(value));
  if (isInt64(whole)) return whole;
  throw new Refusal('a float64 is too large for an int64'); // what Go makes of it depends on the processor
}

/** `+.5` and the like have no digits before the point, and count as 0 like all that is no number of 64 bits. */
function integerIn(text: string): bigint {
  const whole = readGoInteger(/^([-+]?[0-9]*)\.[0-9]*$/.exec(text)?.[1] ?? text);
  return whole !== undefined && isInt64(whole) ? whole : 0n;
}
