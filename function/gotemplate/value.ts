import type { Budget } from './budget.ts';
import type { ByteString } from './byte-string.ts';

/** A whole number with its Go type: the types differ in what `printf "%T"`, `date` and typed arguments make of them. */
export interface Integer {
  readonly kind: 'int' | 'int64' | 'uint8';
  readonly value: bigint;
}

/** `[]string`, or `[]interface {}` whose values may be null. */
export interface List {
  readonly kind: 'list';
  readonly of: 'string' | 'any';
  readonly items: readonly Value[];
}

/** `map[string]string`, or `map[string]interface {}`. A Map, in which `__proto__` is a key like any other. */
export interface Dict {
  readonly kind: 'map';
  readonly of: 'string' | 'any';
  readonly entries: ReadonlyMap<ByteString, Value>;
}

/**
 * What a template computes with. `number` is Go's float64. `undefined` is no value at all (Go's zero `reflect.Value`), `null` the
 * nil that a list or map of any values holds: a pipeline makes the first of the second, an operand leaves it as it is.
 */
export type Value = undefined | null | boolean | number | ByteString | Integer | List | Dict;

export function isNothing(value: Value): value is undefined | null {
  return value === undefined || value === null;
}

/** The type's name as Go prints it. */
export function typeName(value: Value): string {
  if (isNothing(value)) return '<nil>';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'string') return 'string';
  const element = isInteger(value) || value.of === 'string' ? 'string' : 'interface {}';
  return isInteger(value) ? value.kind : value.kind === 'list' ? `[]${element}` : `map[string]${element}`;
}

export function isInteger(value: Value): value is Integer {
  return typeof value === 'object' && value !== null && value.kind !== 'list' && value.kind !== 'map';
}

export function isList(value: Value): value is List {
  return typeof value === 'object' && value?.kind === 'list';
}

export function isDict(value: Value): value is Dict {
  return typeof value === 'object' && value?.kind === 'map';
}

/** Go's `int`, cut to 64 bits as its arithmetic is. */
export function int(value: number | bigint): Integer {
  return { kind: 'int', value: BigInt.asIntN(64, BigInt(value)) };
}

export function int64(value: bigint): Integer {
  return { kind: 'int64', value: BigInt.asIntN(64, value) };
}

/** Number of bytes, values or entries; undefined for what has no length. */
export function lengthOf(value: Value): number | undefined {
  if (typeof value === 'string') return value.length;
  if (isList(value)) return value.items.length;
  return isDict(value) ? value.entries.size : undefined;
}

/** Whether a value counts as true: anything but nothing, false, zero and what is empty. */
export function isTrue(value: Value): boolean {
  if (isInteger(value)) return value.value !== 0n;
  const length = lengthOf(value);
  return length === undefined ? !isNothing(value) && value !== false && value !== 0 : length > 0;
}

/** A map's entries in the order of their keys' bytes, which is the only order that Go shows. */
export function sortedEntries({ entries }: Dict, budget: Budget): [ByteString, Value][] {
  budget.values(2 * entries.size); // sorting compares each with some others
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}
