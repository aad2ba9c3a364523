import { type Budget, Writer } from './budget.ts';
import { type ByteString, encodeRune, runeAt } from './byte-string.ts';
import type { FormatFlags } from './format-flags.ts';
import { formatValue } from './print-value.ts';
import { Refusal } from './template-fault.ts';
import { isNothing, typeName, type Value } from './value.ts';

/** A number that is larger could only ask for text that is longer than any may be. */
const NUMBER_MAX_DIGITS = 6;

/** Text as it stands, or a verb; `verb` is undefined where the format ends before there is one. */
type Piece = { readonly text: ByteString } | { readonly verb: string | undefined; readonly flags: FormatFlags };

/**
 * The pieces of a format, one after the other.
 * @throws Refusal for what is not done as Go does it.
 */
export function* readFormat(format: ByteString): Generator<Piece> {
  for (let at = 0; at < format.length; ) {
    const percent = format.indexOf('%', at);
    const end = percent < 0 ? format.length : percent;
    if (end > at) yield { text: format.slice(at, end) };
    if (percent < 0) return;
    const { flags, next } = readFlags(format, percent + 1);
    if (next >= format.length) {
      yield { verb: undefined, flags };
      return;
    }
    const { code, bytes } = runeAt(format, next);
    const verb = encodeRune(code);
    yield { verb, flags: verb === 'v' ? { ...flags, plus: false } : flags }; // there a `+` is about the names of fields
    at = next + bytes.length;
  }
}

function readFlags(format: ByteString, start: number): { flags: FormatFlags; next: number } {
  const [matched = '', signs = '', width = '', precision] =
    /^([-+# 0]*)([0-9]*)(?:\.(?=.)([0-9]*))?/s.exec(format.slice(start, start + 64)) ?? [];
  const next = start + matched.length;
  const character = format[next] ?? '';
  // a format may come from the data: these words are the same for each
  if (character === '*' || character === '[')
    throw new Refusal('`*` and `[` in a format of `printf` are not supported');
  if (character === 'p' || character === 'w' || (character === 'v' && signs.includes('#')))
    throw new Refusal('verbs `%p`, `%w` and `%#v` of `printf` are not supported');
  if (width.length > NUMBER_MAX_DIGITS || (precision ?? '').length > NUMBER_MAX_DIGITS || matched.length >= 64)
    throw new Refusal(`a number in a format of \`printf\` has more than ${NUMBER_MAX_DIGITS} digits`);
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

/** What `printf` gives. Values that are too few, or too many, are text of the result, as in Go. */
export function printf(format: ByteString, values: readonly Value[], budget: Budget): ByteString {
  const writer = new Writer(budget);
  let next = 0;
  for (const piece of readFormat(format)) {
    budget.step();
    if ('text' in piece) writer.write(piece.text);
    else if (piece.verb === undefined) writer.write('%!(NOVERB)');
    else if (piece.verb === '%') writer.write('%');
    else if (next >= values.length) writer.write(`%!${piece.verb}(MISSING)`);
    else {
      formatValue(writer, values[next], piece.verb, piece.flags);
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
    formatValue(writer, value, 'v');
  });
  writer.write(')');
}
