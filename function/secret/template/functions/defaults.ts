import { isTrue, type Value } from '../value.ts';
import { define, defineWithMore, type Functions } from './define.ts';

export const defaults: Functions = {
  default: defineWithMore(['any'], ([fallback], [value]) => (isTrue(value) ? value : orNil(fallback))),
  empty: define(['any'], ([value]) => !isTrue(value)),
  coalesce: defineWithMore([], (_, values) => orNil(values.find(isTrue))),
  ternary: define(['any', 'any', 'bool'], ([whenTrue, whenFalse, condition]) =>
    orNil(condition ? whenTrue : whenFalse),
  ),
};

/** What a function for values of any type gives for nothing. */
function orNil(value: Value): Value {
  return value ?? null;
}
