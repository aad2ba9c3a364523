import type { ByteString } from '../byte-string.ts';
import { Refusal } from '../template-error.ts';
import { isInteger, isNothing, isTrue, typeName, type Value } from '../value.ts';
import { define, defineWithMore, type Functions } from './define.ts';

/** Kinds of comparable values: integers of all types are one kind, floats another. */
type Kind = 'bool' | 'whole' | 'float' | 'string';

/** `and` and `or` are evaluated in `evaluate.ts`, since they need not evaluate all arguments. */
export const comparison: Functions = {
  eq: defineWithMore(['any'], ([value], others) => {
    if (others.length === 0) throw new Refusal('`eq` takes two values or more');
    return others.some((other) => isEqual(value, other));
  }),
  ne: define(['any', 'any'], ([a, b]) => !isEqual(a, b)),
  lt: define(['any', 'any'], ([a, b]) => isLess(a, b)),
  le: define(['any', 'any'], ([a, b]) => isLess(a, b) || isEqual(a, b)),
  gt: define(['any', 'any'], ([a, b]) => !(isLess(a, b) || isEqual(a, b))),
  ge: define(['any', 'any'], ([a, b]) => !isLess(a, b)),
  and: defineWithMore(['any'], () => undefined),
  or: defineWithMore(['any'], () => undefined),
  not: define(['any'], ([value]) => !isTrue(value)),
};

function kindOf(value: Value): Kind | undefined {
  if (isInteger(value)) return 'whole';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return 'float';
  return typeof value === 'string' ? 'string' : undefined;
}

function isEqual(a: Value, b: Value): boolean {
  if (isNothing(a) || isNothing(b)) return isNothing(a) && isNothing(b);
  const kind = kindOf(a);
  if (kind === undefined || kind !== kindOf(b)) throw incomparable(a, b);
  return isInteger(a) && isInteger(b) ? a.value === b.value : a === b;
}

function isLess(a: Value, b: Value): boolean {
  const kind = kindOf(a);
  if (kind === undefined || kind === 'bool' || kind !== kindOf(b)) throw incomparable(a, b);
  return isInteger(a) && isInteger(b) ? a.value < b.value : (a as number | ByteString) < (b as number | ByteString); // by kind
}

function incomparable(a: Value, b: Value): Refusal {
  return new Refusal(`${typeName(a)} and ${typeName(b)} cannot be compared so`);
}

export const defaults: Functions = {
  default: defineWithMore(['any'], ([fallback], [value]) => (isTrue(value) ? value : orNil(fallback))),
  empty: define(['any'], ([value]) => !isTrue(value)),
  coalesce: defineWithMore([], (_, values) => orNil(values.find(isTrue))),
  ternary: define(['any', 'any', 'bool'], ([whenTrue, whenFalse, condition]) =>
    orNil(condition ? whenTrue : whenFalse),
  ),
};

/** The result for nil of a function that takes any type. */
function orNil(value: Value): Value {
  return value ?? null;
}
