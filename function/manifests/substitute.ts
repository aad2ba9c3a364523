import { sizeOf } from '../model/run-limits.ts';

/** Values of variables, by name. */
export type Values = Pick<ReadonlyMap<string, string>, 'get'>;

/** `${name}`, or `$${` for a literal `${`. */
const REFERENCE = /\$(\$\{)|\$\{([^{}]*)\}/g;

/** Most names that nobody defined, in one value: each is a fault of its own. */
const MOST_UNKNOWN = 10;

/**
 * Replaces the variables in every string of `value`; keys of objects stay. `unknown`: the names that nobody defined, the first of
 * them where there are many. `copied` gets the size of what is made, a string at a time.
 */
export function substitute<T>(
  value: T,
  values: Values,
  copied: (values: number) => void = () => {},
): { value: T; unknown: readonly string[] } {
  const unknown = new Set<string>();
  const replaceIn = (node: unknown): unknown => {
    if (typeof node === 'string') {
      const { text, references } = replace(node, values, unknown);
      copied(sizeOf(node) + sizeOf(text) + references);
      return text;
    }
    if (Array.isArray(node)) return node.map(replaceIn);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, inner]) => [key, replaceIn(inner)]));
  };
  return { value: replaceIn(value) as T, unknown: [...unknown] }; // strings stay strings, and nothing else changes
}

function replace(
  written: string,
  values: Values,
  unknown: Set<string>,
): { readonly text: string; readonly references: number } {
  let references = 0;
  const text = written.replaceAll(REFERENCE, (reference, literal: string | undefined, name: string | undefined) => {
    references += 1;
    if (literal !== undefined) return literal;
    const value = values.get(name ?? '');
    if (value === undefined && unknown.size < MOST_UNKNOWN) unknown.add(name ?? '');
    return value ?? reference;
  });
  return { text, references };
}
