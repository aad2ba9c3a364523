import { isInt64, readGoInteger } from '../constants.ts';
import { Refusal } from '../template-error.ts';
import { int, int64, isInteger, type Value } from '../value.ts';
import { define, defineWithMore, type Functions } from './define.ts';

/** All compute with int64 and wrap around. Text with a number counts as that number, other values as 0. */
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

/** Converts a value to int64 as github.com/spf13/cast does, which sprig uses: text in Go's notation, decimals truncated, 0 for others. */
export function toInteger(value: Value): bigint {
  if (isInteger(value)) return value.value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'string') return integerIn(value);
  if (typeof value !== 'number') return 0n;
  const whole = BigInt(Math.trunc(value));
  if (isInt64(whole)) return whole;
  throw new Refusal('a float64 is too large for an int64', 'unsupported'); // Go's result depends on the processor
}

/** Text such as `+.5`, without digits before the point, counts as 0, like any text without a number of 64 bits. */
function integerIn(text: string): bigint {
  const whole = readGoInteger(/^([-+]?[0-9]*)\.[0-9]*$/.exec(text)?.[1] ?? text);
  return whole !== undefined && isInt64(whole) ? whole : 0n;
}
