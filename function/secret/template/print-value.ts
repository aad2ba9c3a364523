import { type Budget, checkNesting, Writer } from './budget.ts';
import type { ByteString } from './byte-string.ts';
import { type FormatFlags, pad } from './format-flags.ts';
import { formatFloat } from './format-float.ts';
import { formatInteger } from './format-integer.ts';
import { formatString } from './format-string.ts';
import { type Dict, isDict, isInteger, isList, type List, sortedEntries, typeName, type Value } from './value.ts';

/** Any value by a verb of `printf`, as Go's fmt does: also a verb that is none for this type, which prints `%!d(string=x)`. */
export function formatValue(writer: Writer, value: Value, verb: string, flags: FormatFlags = {}): void {
  if (value === undefined || value === null) {
    if (verb === 'v' || verb === 'T') pad(writer, '<nil>', flags);
    else writer.write(`%!${verb}(<nil>)`);
  } else if (verb === 'T') {
    formatString(writer, typeName(value), 's', flags);
  } else {
    formatPart(writer, value, verb, flags, 0);
  }
}

function formatPart(writer: Writer, value: Value, verb: string, flags: FormatFlags, depth: number): void {
  checkNesting(depth);
  if (value === undefined || value === null) writer.write('<nil>');
  else if (isList(value)) formatList(writer, value, verb, flags, depth);
  else if (isDict(value)) formatDict(writer, value, verb, flags, depth);
  else if (!formatScalar(writer, value, verb, flags)) {
    writer.write(`%!${verb}(${typeName(value)}=`);
    formatScalar(writer, value, 'v', flags);
    writer.write(')');
  }
}

function formatScalar(writer: Writer, value: Value, verb: string, flags: FormatFlags): boolean {
  if (typeof value === 'string') return formatString(writer, value, verb, flags);
  if (typeof value === 'number') return formatFloat(writer, value, verb, flags);
  if (isInteger(value)) return formatInteger(writer, value.value, verb, flags);
  if (verb !== 'v' && verb !== 't') return false;
  pad(writer, String(value), flags);
  return true;
}

function formatList(writer: Writer, { items }: List, verb: string, flags: FormatFlags, depth: number): void {
  writer.write('[');
  for (const [index, item] of items.entries()) {
    if (index > 0) writer.write(' ');
    formatPart(writer, item, verb, flags, depth + 1);
  }
  writer.write(']');
}

function formatDict(writer: Writer, dict: Dict, verb: string, flags: FormatFlags, depth: number): void {
  writer.budget.read(dict.entries.size);
  writer.write('map[');
  for (const [index, [key, value]] of sortedEntries(dict).entries()) {
    if (index > 0) writer.write(' ');
    formatPart(writer, key, verb, flags, depth + 1);
    writer.write(':');
    formatPart(writer, value, verb, flags, depth + 1);
  }
  writer.write(']');
}

/** A value as `%v` prints it. */
export function printed(value: Value, budget: Budget): ByteString {
  const writer = new Writer(budget);
  formatValue(writer, value, 'v');
  return writer.toString();
}

/** `print`: a space between two values of which neither is a string. */
export function print(values: readonly Value[], budget: Budget): ByteString {
  const writer = new Writer(budget);
  for (const [index, value] of values.entries()) {
    if (index > 0 && typeof value !== 'string' && typeof values[index - 1] !== 'string') writer.write(' ');
    formatValue(writer, value, 'v');
  }
  return writer.toString();
}

/** `println`: a space between all values, and a line feed. */
export function printLine(values: readonly Value[], budget: Budget): ByteString {
  const writer = new Writer(budget);
  for (const [index, value] of values.entries()) {
    if (index > 0) writer.write(' ');
    formatValue(writer, value, 'v');
  }
  writer.write('\n');
  return writer.toString();
}
