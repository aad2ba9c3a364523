import { sizeOf } from '../model/run-limits.ts';

/** Values of variables, by name. */
export interface Values extends Pick<ReadonlyMap<string, string>, 'get'> {
  /** True for a variable that cannot be used, which is said elsewhere. */
  isWrong?(name: string): boolean;
}

/** `${name}`, or `$${` for a literal `${`. */
const REFERENCE = /\$(\$\{)|\$\{([^{}]*)\}/g;

/** Most undefined names that are reported of one value, each as a fault. */
const MOST_UNKNOWN = 10;

/**
 * Replaces the variables in every string of `value`; keys of objects stay. `unknown`: the undefined names, of many the first.
 * `isWhole`: false where any variable has no value. `copied` is called with the size of each string that is made.
 */
export function substitute<T>(
  value: T,
  values: Values,
  copied: (values: number) => void = () => {},
): { value: T; unknown: readonly string[]; isWhole: boolean } {
  const unknown = new Set<string>();
  let isWhole = true;
  const replaceIn = (node: unknown): unknown => {
    if (typeof node === 'string') {
      const { text, references, isReplaced } = replace(node, values, unknown);
      isWhole &&= isReplaced;
      copied(sizeOf(node) + sizeOf(text) + references);
      return text;
    }
    if (Array.isArray(node)) return node.map(replaceIn);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, inner]) => [key, replaceIn(inner)]));
  };
  const replaced = replaceIn(value) as T; // strings stay strings, and nothing else changes
  return { value: replaced, unknown: [...unknown], isWhole };
}

function replace(
  written: string,
  values: Values,
  unknown: Set<string>,
): { readonly text: string; readonly references: number; readonly isReplaced: boolean } {
  let references = 0;
  let isReplaced = true;
  const text = written.replaceAll(REFERENCE, (reference, literal: string | undefined, name: string | undefined) => {
    references += 1;
    if (literal !== undefined) return literal;
    const value = values.get(name ?? '');
    if (value !== undefined) return value;
    isReplaced = false;
    if (unknown.size < MOST_UNKNOWN && !values.isWrong?.(name ?? '')) unknown.add(name ?? '');
    return reference;
  });
  return { text, references, isReplaced };
}
