import { type Budget, Writer } from '../budget.ts';
import { type ByteString, charactersOf } from '../byte-string.ts';
import { textOf } from '../printf.ts';
import { Refusal } from '../template-error.ts';
import {
  type Dict,
  int,
  isDict,
  isInteger,
  isList,
  isNothing,
  type List,
  lengthOf,
  typeName,
  type Value,
} from '../value.ts';
import { define, defineWithMore, type Functions } from './define.ts';
import { toInteger } from './numbers.ts';
import { split } from './text.ts';

/** An empty map takes as much as so many entries. */
export const MAP_VALUES = 5;

export const collections: Functions = {
  len: define(['any'], ([value]) => {
    const length = lengthOf(value);
    if (length === undefined) throw new Refusal(`${typeName(value)} has no length`);
    return int(length);
  }),
  index: defineWithMore(['any'], ([value], indexes) => {
    if (isNothing(value)) throw new Refusal('`index` of nothing');
    return indexes.reduce<Value>(elementOf, value);
  }),
  slice: defineWithMore(['any'], ([value], indexes, budget) => sliceOf(value, indexes, budget)),
  dict: defineWithMore([], (_, values, budget): Dict => {
    budget.values(MAP_VALUES + values.length);
    const entries = new Map<ByteString, Value>();
    for (let index = 0; index < values.length; index += 2)
      // nothing is nil, once it is in a map
      entries.set(textOf(values[index], budget), index + 1 < values.length ? (values[index + 1] ?? null) : '');
    return { kind: 'map', of: 'any', entries };
  }),
  get: define(['dict', 'string'], ([{ entries }, key]) => (entries.has(key) ? entries.get(key) : '')),
  hasKey: define(['dict', 'string'], ([{ entries }, key]) => entries.has(key)),
  splitList: define(['string', 'string'], ([separator, bytes], budget): List => {
    if (separator === '') budget.values(bytes.length);
    const items = separator === '' ? charactersOf(bytes, budget) : split(bytes, separator, budget);
    return { kind: 'list', of: 'string', items };
  }),
  join: define(['string', 'any'], ([separator, value], budget) => {
    const writer = new Writer(budget);
    const items = isList(value) ? value.items : [value];
    budget.values(items.length);
    const there = items.filter((item) => !isNothing(item));
    writer.list(there, separator, (item) => writer.write(textOf(item, budget)));
    return writer.toString();
  }),
};

function elementOf(value: Value, index: Value): Value {
  if (isDict(value)) {
    if (typeof index !== 'string') throw new Refusal(`${typeName(value)} has no keys of type ${typeName(index)}`);
    return value.entries.has(index) ? value.entries.get(index) : value.of === 'string' ? '' : null;
  }
  const length = isList(value) || typeof value === 'string' ? lengthOf(value) : undefined;
  if (length === undefined) throw new Refusal(`${typeName(value)} has no elements`);
  if (!isInteger(index)) throw new Refusal(`${typeName(value)} has no index of type ${typeName(index)}`);
  if (index.value < 0n || index.value >= length) throw new Refusal('`index` out of range');
  const at = Number(index.value);
  return isList(value) ? value.items[at] : { kind: 'uint8', value: BigInt((value as ByteString).charCodeAt(at)) }; // a string: the only other value with a length
}

/** sprig's `slice`, which replaces Go's: for lists alone, and an empty list gives nil. */
function sliceOf(value: Value, indexes: readonly Value[], budget: Budget): Value {
  if (!isList(value)) throw new Refusal(`\`slice\` takes a list, got ${typeName(value)}`);
  const { length } = value.items;
  if (length === 0) return null;
  const start = indexes.length > 0 ? toInteger(indexes[0]) : 0n;
  const end = indexes.length > 1 ? toInteger(indexes[1]) : BigInt(length);
  if (start < 0n || end < start || end > length) throw new Refusal('`slice` out of range');
  budget.values(Number(end - start));
  return { ...value, items: value.items.slice(Number(start), Number(end)) };
}
