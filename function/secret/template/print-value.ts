import { type Budget, checkNesting, Writer } from './budget.ts';
import type { ByteString } from './byte-string.ts';
import { type FormatFlags, NO_FLAGS, pad } from './format-flags.ts';
import { formatFloat } from './format-float.ts';
import { formatInteger } from './format-integer.ts';
import { formatString } from './format-string.ts';
import { isDict, isInteger, isList, isNothing, sortedEntries, typeName, type Value } from './value.ts';

/** Any value by a verb of `printf`, as Go's fmt does: also a verb that is none for this type, which prints `%!d(string=x)`. */
export function formatValue(writer: Writer, value: Value, verb: string, flags = NO_FLAGS): void {
  if (verb === 'T') formatString(writer, typeName(value), 's', flags);
  else if (!isNothing(value)) formatPart(writer, value, verb, flags, 0);
  else if (verb === 'v') pad(writer, '<nil>', flags);
  else writer.write(`%!${verb}(<nil>)`);
}

function formatPart(writer: Writer, value: Value, verb: string, flags: FormatFlags, depth: number): void {
  checkNesting(depth);
  const formatInside = (inside: Value) => formatPart(writer, inside, verb, flags, depth + 1);
  if (isNothing(value)) writer.write('<nil>');
  else if (isList(value)) {
    writer.write('[');
    writer.list(value.items, ' ', formatInside);
    writer.write(']');
  } else if (isDict(value)) {
    writer.write('map[');
    writer.list(sortedEntries(value, writer.budget), ' ', ([key, entry]) => {
      formatInside(key);
      writer.write(':');
      formatInside(entry);
    });
    writer.write(']');
  } else if (!formatScalar(writer, value, verb, flags)) {
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

/** A value as text: a string as it is, any other as `%v` prints it. */
export function textOf(value: Value, budget: Budget): ByteString {
  return typeof value === 'string' ? value : print([value], budget);
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
  writer.list(values, ' ', (value) => formatValue(writer, value, 'v'));
  writer.write('\n');
  return writer.toString();
}
