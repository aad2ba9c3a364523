import { Refusal } from '../template-fault.ts';
import { toInteger } from '../to-integer.ts';
import { int, int64 } from '../value.ts';
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
