import { type Budget, checkNesting, Writer } from './budget.ts';
import { type ByteString, runeAt } from './byte-string.ts';
import { isDict, isInteger, isList, sortedEntries, type Value } from './value.ts';

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** JSON as Go's encoding/json writes it: keys sorted, `<`, `>` and `&` escaped, bytes that are no UTF-8 as `\ufffd`. */
export function writeJson(value: Value, budget: Budget): ByteString {
  const writer = new Writer(budget);
  write(writer, value, 0);
  return writer.toString();
}

function write(writer: Writer, value: Value, depth: number): void {
  checkNesting(depth);
  if (value === undefined || value === null) writer.write('null');
  else if (typeof value === 'string') writeString(writer, value);
  else if (typeof value === 'number')
    writer.write(Object.is(value, -0) ? '-0' : String(value)); // as JavaScript has them
  else if (typeof value === 'boolean') writer.write(String(value));
  else if (isInteger(value)) writer.write(String(value.value));
  else if (isList(value)) writeAll(writer, '[]', value.items, (item) => write(writer, item, depth + 1));
  else if (isDict(value)) {
    writer.budget.read(value.entries.size);
    writeAll(writer, '{}', sortedEntries(value), ([key, entry]) => {
      writeString(writer, key);
      writer.write(':');
      write(writer, entry, depth + 1);
    });
  }
}

function writeAll<T>(writer: Writer, marks: string, items: readonly T[], writeOne: (item: T) => void): void {
  writer.write(marks.slice(0, 1));
  for (const [index, item] of items.entries()) {
    if (index > 0) writer.write(',');
    writeOne(item);
  }
  writer.write(marks.slice(1));
}

function writeString(writer: Writer, bytes: ByteString): void {
  writer.write('"');
  for (let at = 0; at < bytes.length; ) {
    const { code, width, isValid } = runeAt(bytes, at);
    writer.write(isValid ? escaped(bytes.slice(at, at + width), code) : '\\ufffd');
    at += width;
  }
  writer.write('"');
}

function escaped(character: ByteString, code: number): string {
  const isUnsafe = code < 0x20 || '<>&'.includes(character) || code === 0x2028 || code === 0x2029;
  return SHORT[character] ?? (isUnsafe ? `\\u${code.toString(16).padStart(4, '0')}` : character);
}
