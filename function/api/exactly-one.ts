import * as z from 'zod';

/** Checks that exactly one of some optional fields of an object is there. */
export function exactlyOne(...names: readonly string[]) {
  const quoted = names.map((name) => `\`${name}\``);
  return z.refine<object>((value) => names.filter((name) => Reflect.get(value, name) !== undefined).length === 1, {
    error: `must have exactly one of ${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`,
  });
}
