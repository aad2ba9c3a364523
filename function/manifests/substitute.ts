import { sizeOf } from '../model/run-limits.ts';

/** Values of variables, by name. */
export interface Values extends Pick<ReadonlyMap<string, string>, 'get'> {
  /** Asked where `get` gives nothing: true where the fault is said elsewhere. */
  isWrong?(name: string): boolean;
}

/** `${name}`, or `$${` for a literal `${`. */
const REFERENCE = /\$(\$\{)|\$\{([^{}]*)\}/g;

/** Most undefined names that are reported of one value, each as a fault. */
const MOST_UNKNOWN = 10;

/**
 * Replaces the variables in every string of `value`; keys of objects stay. `unknown`: the undefined names, of many the first. `isWhole`:
 * false where any variable has no value. `copied` is called with the work of each string: its size, that of what is made of it, and its
 * references.
 */
export function substitute<T>(
  value: T,
  values: Values,
  copied?: (values: number) => void,
): { value: T; unknown: readonly string[]; isWhole: boolean } {
  const unknown = new Set<string>();
  let isWhole = true;
  const replace = (template: string): string => {
    let references = 0;
    const text = template.replaceAll(REFERENCE, (reference, literal: string | undefined, name: string = '') => {
      references += 1;
      if (literal !== undefined) return literal;
      const value = values.get(name);
      if (value !== undefined) return value;
      isWhole = false;
      if (unknown.size < MOST_UNKNOWN && !values.isWrong?.(name)) unknown.add(name);
      return reference;
    });
    copied?.(sizeOf(template) + sizeOf(text) + references);
    return text;
  };
  const replaceIn = (node: unknown): unknown => {
    if (typeof node === 'string') return replace(node);
    if (Array.isArray(node)) return node.map(replaceIn);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, inner]) => [key, replaceIn(inner)]));
  };
  const replaced = replaceIn(value) as T; // strings stay strings, and nothing else changes
  return { value: replaced, unknown: [...unknown], isWhole };
}
