import { createHash } from 'node:crypto';
import { type Budget, checkNesting, Writer } from '../budget.ts';
import { type ByteString, runesOf, toByteString, toBytes, toLossyText } from '../byte-string.ts';
import { isPlain } from '../format-scalar.ts';
import { isInteger, isList, isNothing, sortedEntries, type Value } from '../value.ts';
import { MAP_VALUES } from './collections.ts';
import { define, type Functions } from './define.ts';

export const encoding: Functions = {
  b64enc: define(['string'], ([bytes]) => toBytes(bytes).toString('base64')),
  b64dec: define(['string'], ([bytes]) => decodeBase64(bytes)),
  toJson: define(['any'], ([value], budget) => writeJson(value, budget)),
  fromJson: define(['string'], ([bytes], budget) => readJson(bytes, budget)),
  sha256sum: define(['string'], ([bytes]) => createHash('sha256').update(toBytes(bytes)).digest('hex')),
};

/**
 * The result of `b64dec`: the bytes; for invalid base64 the text of Go's error, which sprig returns as the result. Line breaks are skipped
 * (Go, encoding/base64, decodeQuantum).
 */
function decodeBase64(bytes: ByteString): ByteString {
  const fault = faultAt(bytes);
  return fault === undefined
    ? Buffer.from(bytes, 'base64').toString('latin1')
    : `illegal base64 data at input byte ${fault}`;
}

/** The offset in Go's error; undefined for valid base64. */
function faultAt(bytes: ByteString): number | undefined {
  const [body = ''] = /^[A-Za-z0-9+/\r\n]*/.exec(bytes) ?? [];
  const at = body.length;
  const digits = body.replaceAll(/[\r\n]/g, '').length % 4; // of the last group
  if (at === bytes.length) return digits === 0 ? undefined : at - digits;
  return bytes[at] === '=' && digits >= 2 ? faultInPadding(bytes, at + 1, digits) : at;
}

/** Checks the text from the first `=` on: a second `=` if two digits precede it, and nothing else. */
function faultInPadding(bytes: ByteString, start: number, digits: number): number | undefined {
  let at = skipLineEnds(bytes, start);
  if (digits === 2) {
    if (at === bytes.length) return at;
    if (bytes[at] !== '=') return at - 1;
    at = skipLineEnds(bytes, at + 1);
  }
  return at < bytes.length ? at : undefined;
}

function skipLineEnds(bytes: ByteString, start: number): number {
  let at = start;
  while (bytes[at] === '\n' || bytes[at] === '\r') at += 1;
  return at;
}

/** The result of `fromJson`: every number is a float64; invalid JSON gives nil without an error. */
function readJson(bytes: ByteString, budget: Budget): Value {
  budget.values(valuesIn(bytes));
  const text = toLossyText(bytes, budget);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  return toValue(parsed, 0);
}

/**
 * What the values of a text of JSON take at most, as numbers of entries: each stands behind one of these marks, those in strings counted
 * too. For a moment each is there twice.
 */
function valuesIn(json: ByteString): number {
  let values = 2;
  for (let at = 0; at < json.length; at += 1) {
    const mark = json[at];
    if (mark === '{') values += 2 * (1 + MAP_VALUES);
    else if (mark === ',' || mark === '[' || mark === ':') values += 2;
  }
  return values;
}

function toValue(parsed: unknown, depth: number): Value {
  checkNesting(depth);
  if (typeof parsed === 'string') return toByteString(parsed);
  if (typeof parsed === 'number') return Number.isFinite(parsed) ? parsed : null; // 1e999
  if (typeof parsed === 'boolean') return parsed;
  if (Array.isArray(parsed))
    return { kind: 'list', of: 'any', items: parsed.map((item: unknown) => toValue(item, depth + 1)) };
  if (typeof parsed !== 'object' || parsed === null) return null;
  const entries = Object.entries(parsed).map(([key, value]) => [toByteString(key), toValue(value, depth + 1)] as const);
  return { kind: 'map', of: 'any', entries: new Map(entries) };
}

/** JSON as Go's encoding/json writes it: keys sorted, `<`, `>` and `&` escaped, bytes that are no UTF-8 as `\ufffd`. */
function writeJson(value: Value, budget: Budget): ByteString {
  const writer = new Writer(budget);
  write(writer, value, 0);
  return writer.toString();
}

function write(writer: Writer, value: Value, depth: number): void {
  checkNesting(depth);
  writer.budget.values(0.5);
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
  const inner = isPlain(text)
    ? text
    : Array.from(runesOf(text, writer.budget), ({ code, bytes, isValid }) =>
        isValid ? escaped(bytes, code) : '\\ufffd',
      ).join('');
  writer.write(`"${inner}"`);
}

function escaped(character: ByteString, code: number): string {
  if ('<>&'.includes(character) || code === 0x2028 || code === 0x2029)
    return `\\u${code.toString(16).padStart(4, '0')}`;
  return code < 0x20 || character === '"' || character === '\\' ? JSON.stringify(character).slice(1, -1) : character;
}
