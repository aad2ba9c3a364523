import { isInt64, readGoInteger } from '../constants.ts';
import { Refusal } from '../template-error.ts';
import { int, int64, isInteger, type Value } from '../value.ts';
import { define, defineWithMore, type Functions } from './define.ts';

/** All of them count with int64 and go round at its ends; what is no number counts as 0, as text that is one counts as it. */
export const numbers: Functions = {
  int: define(['any'], ([value]) => int(toInteger(value))),
  int64: define(['any'], ([value]) => int64(toInteger(value))),
  add: defineWithMore([], (_, values) => int64(values.reduce<bigint>((sum, value) => sum + toInteger(value), 0n))),
  sub: define(['any', 'any'], ([a, b]) => int64(toInteger(a) - toInteger(b))),
  mul: defineWithMore(['any'], ([first], values) =>
    int64(values.reduce<bigint>((product, value) => BigInt.asIntN(64, product * toInteger(value)), toInteger(first))),
  ),
  div: define(['any', 'any'], ([a, b]) => {
    const divisor = toInteger(b);
    if (divisor === 0n) throw new Refusal('`div` by zero');
    return int64(toInteger(a) / divisor);
  }),
};

/** A value as int64 (github.com/spf13/cast, which sprig uses): text in Go's notation, decimals cut off, and 0 for the rest. */
export function toInteger(value: Value): bigint {
  if (isInteger(value)) return value.value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'string') return integerIn(value);
  if (typeof value !== 'number') return 0n;
  const whole = BigInt(Math.trunc(value));
  if (isInt64(whole)) return whole;
  throw new Refusal('a float64 is too large for an int64', 'unsupported'); // what Go makes of it depends on the processor
}

/** `+.5` and the like have no digits before the point, and count as 0 like all that is no number of 64 bits. */
function integerIn(text: string): bigint {
  const whole = readGoInteger(/^([-+]?[0-9]*)\.[0-9]*$/.exec(text)?.[1] ?? text);
  return whole !== undefined && isInt64(whole) ? whole : 0n;
}
