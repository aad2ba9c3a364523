/** Values of variables, by name. */
export type Values = ReadonlyMap<string, string>;

/** `${name}`, or `$${` for a literal `${`. */
const REFERENCE = /\$(\$\{)|\$\{([^{}]*)\}/g;

/** Replaces the variables in every string of `value`; keys of objects stay. `unknown`: the names that nobody defined. */
export function substitute<T>(value: T, values: Values): { value: T; unknown: readonly string[] } {
  const unknown = new Set<string>();
  const walk = (node: unknown): unknown => {
    if (typeof node === 'string') return replace(node, values, unknown);
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, inner]) => [key, walk(inner)]));
  };
  return { value: walk(value) as T, unknown: [...unknown] }; // strings stay strings, and nothing else changes
}

function replace(text: string, values: Values, unknown: Set<string>): string {
  return text.replaceAll(REFERENCE, (reference, literal: string | undefined, name: string | undefined) => {
    if (literal !== undefined) return literal;
    const value = values.get(name ?? '');
    if (value === undefined) unknown.add(name ?? '');
    return value ?? reference;
  });
}
