import { type Budget, checkNesting, Writer } from './budget.ts';
import { type ByteString, runesOf } from './byte-string.ts';
import { isInteger, isList, isNothing, sortedEntries, type Value } from './value.ts';

/** JSON as Go's encoding/json writes it: keys sorted, `<`, `>` and `&` escaped, bytes that are no UTF-8 as `\ufffd`. */
export function writeJson(value: Value, budget: Budget): ByteString {
  const writer = new Writer(budget);
  write(writer, value, 0);
  return writer.toString();
}

function write(writer: Writer, value: Value, depth: number): void {
  checkNesting(depth);
  if (isNothing(value)) writer.write('null');
  else if (typeof value === 'string') writeString(writer, value);
  else if (typeof value === 'number')
    writer.write(Object.is(value, -0) ? '-0' : String(value)); // as JavaScript has them
  else if (typeof value === 'boolean') writer.write(String(value));
  else if (isInteger(value)) writer.write(String(value.value));
  else if (isList(value)) {
    writer.write('[');
    writer.list(value.items, ',', (item) => write(writer, item, depth + 1));
    writer.write(']');
  } else {
    writer.write('{');
    writer.list(sortedEntries(value, writer.budget), ',', ([key, entry]) => {
      writeString(writer, key);
      writer.write(':');
      write(writer, entry, depth + 1);
    });
    writer.write('}');
  }
}

function writeString(writer: Writer, text: ByteString): void {
  writer.write('"');
  for (const { code, bytes, isValid } of runesOf(text)) writer.write(isValid ? escaped(bytes, code) : '\\ufffd');
  writer.write('"');
}

function escaped(character: ByteString, code: number): string {
  if ('<>&'.includes(character) || code === 0x2028 || code === 0x2029)
    return `\\u${code.toString(16).padStart(4, '0')}`;
  return code < 0x20 || character === '"' || character === '\\' ? JSON.stringify(character).slice(1, -1) : character;
}
