import { type Budget, checkNesting, Writer } from './budget.ts';
import { type ByteString, encodeRune, runeAt } from './byte-string.ts';
import { type Format, formatFloat, formatInteger, formatString, PLAIN, pad } from './format-scalar.ts';
import { Refusal } from './template-error.ts';
import { isDict, isInteger, isList, isNothing, sortedEntries, typeName, type Value } from './value.ts';

/** A larger width or precision would exceed the limit on any text. */
const NUMBER_MAX_DIGITS = 6;

/** Literal text, or a verb with its flags, which is undefined if the format ends before it. */
type Piece = { readonly text: ByteString } | { readonly format: Format | undefined };

/**
 * The pieces of a format, one after the other.
 * @throws Refusal for a format that is not supported.
 */
export function* readFormat(format: ByteString): Generator<Piece> {
  for (let at = 0; at < format.length; ) {
    const percent = format.indexOf('%', at);
    const end = percent < 0 ? format.length : percent;
    if (end > at) yield { text: format.slice(at, end) };
    if (percent < 0) return;
    const { flags, next } = readFlags(format, percent + 1);
    if (next >= format.length) {
      yield { format: undefined };
      return;
    }
    const { code, bytes } = runeAt(format, next);
    const verb = encodeRune(code);
    yield { format: { ...flags, verb, plus: flags.plus && verb !== 'v' } }; // `%+v` is about names of fields, which no value has
    at = next + bytes.length;
  }
}

function readFlags(format: ByteString, start: number): { flags: Omit<Format, 'verb'>; next: number } {
  const [matched = '', signs = '', width = '', precision] =
    /^([-+# 0]*)([0-9]*)(?:\.(?=.)([0-9]*))?/s.exec(format.slice(start, start + 64)) ?? [];
  const next = start + matched.length;
  const character = format[next] ?? '';
  // messages do not depend on the format, which may come from the data
  if (character === '*' || character === '[')
    throw new Refusal('`*` and `[` in a format of `printf` are not supported', 'unsupported');
  if (character === 'p' || character === 'w' || (character === 'v' && signs.includes('#')))
    throw new Refusal('verbs `%p`, `%w` and `%#v` of `printf` are not supported', 'unsupported');
  if (width.length > NUMBER_MAX_DIGITS || (precision ?? '').length > NUMBER_MAX_DIGITS || matched.length >= 64)
    throw new Refusal(`a number in a format of \`printf\` has more than ${NUMBER_MAX_DIGITS} digits`, 'tooMuch');
  const flags = {
    minus: signs.includes('-'),
    plus: signs.includes('+'),
    sharp: signs.includes('#'),
    space: signs.includes(' '),
    zero: signs.includes('0') && !signs.includes('-'),
    ...(width === '' ? {} : { width: Number(width) }),
    ...(precision === undefined ? {} : { precision: Number(precision) }),
  };
  return { flags, next };
}

/** `printf`. Missing and extra values are reported in the result, as in Go. */
export function printf(format: ByteString, values: readonly Value[], budget: Budget): ByteString {
  const writer = new Writer(budget);
  let next = 0;
  for (const piece of readFormat(format)) {
    budget.step();
    budget.values(2);
    if ('text' in piece) writer.write(piece.text);
    else if (piece.format === undefined) writer.write('%!(NOVERB)');
    else if (piece.format.verb === '%') writer.write('%');
    else if (next >= values.length) writer.write(`%!${piece.format.verb}(MISSING)`);
    else {
      formatValue(writer, values[next], piece.format);
      next += 1;
    }
  }
  if (next < values.length) writeExtra(writer, values.slice(next));
  return writer.toString();
}

function writeExtra(writer: Writer, values: readonly Value[]): void {
  writer.write('%!(EXTRA ');
  writer.list(values, ', ', (value) => {
    if (!isNothing(value)) writer.write(`${typeName(value)}=`);
    formatValue(writer, value);
  });
  writer.write(')');
}

/** Writes a value by a verb as Go's fmt does. A verb that does not apply to its type prints `%!d(string=x)`. */
export function formatValue(writer: Writer, value: Value, format = PLAIN): void {
  if (format.verb === 'T') formatString(writer, typeName(value), { ...format, verb: 's' });
  else if (!isNothing(value)) formatPart(writer, value, format, 0);
  else if (format.verb === 'v') pad(writer, '<nil>', format);
  else writer.write(`%!${format.verb}(<nil>)`);
}

function formatPart(writer: Writer, value: Value, format: Format, depth: number): void {
  checkNesting(depth);
  writer.budget.values(0.5);
  const formatInside = (inside: Value) => formatPart(writer, inside, format, depth + 1);
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
  } else if (!formatScalar(writer, value, format)) {
    writer.write(`%!${format.verb}(${typeName(value)}=`);
    formatScalar(writer, value, { ...format, verb: 'v' });
    writer.write(')');
  }
}

function formatScalar(writer: Writer, value: Value, format: Format): boolean {
  if (typeof value === 'string') return formatString(writer, value, format);
  if (typeof value === 'number') return formatFloat(writer, value, format);
  if (isInteger(value)) return formatInteger(writer, value.value, format);
  if (format.verb !== 'v' && format.verb !== 't') return false;
  pad(writer, String(value), format);
  return true;
}

/** A value as text: a string itself, any other value as `%v`. */
export function textOf(value: Value, budget: Budget): ByteString {
  return typeof value === 'string' ? value : print([value], budget);
}

/** `print`: adds a space between two values if neither is a string. */
export function print(values: readonly Value[], budget: Budget): ByteString {
  const writer = new Writer(budget);
  for (const [index, value] of values.entries()) {
    if (index > 0 && typeof value !== 'string' && typeof values[index - 1] !== 'string') writer.write(' ');
    formatValue(writer, value);
  }
  return writer.toString();
}

/** `println`: adds a space between all values, and a line feed. */
export function printLine(values: readonly Value[], budget: Budget): ByteString {
  const writer = new Writer(budget);
  writer.list(values, ' ', (value) => formatValue(writer, value));
  writer.write('\n');
  return writer.toString();
}
