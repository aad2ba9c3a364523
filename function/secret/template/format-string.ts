import type { Writer } from './budget.ts';
import { type ByteString, runeAt } from './byte-string.ts';
import { type FormatFlags, fill, pad } from './format-flags.ts';
import { canBackquote, quote } from './quote.ts';

/** A string by a verb; false when the verb is none for them. */
export function formatString(writer: Writer, bytes: ByteString, verb: string, flags: FormatFlags): boolean {
  writer.budget.read(bytes.length);
  if (verb === 'v' || verb === 's') pad(writer, truncated(bytes, flags), flags);
  else if (verb === 'q') pad(writer, quoted(truncated(bytes, flags), flags), flags);
  else if (verb === 'x' || verb === 'X') formatHex(writer, bytes, verb, flags);
  else return false;
  return true;
}

/** At most as many characters as the precision says. */
function truncated(bytes: ByteString, { precision }: FormatFlags): ByteString {
  if (precision === undefined) return bytes;
  let at = 0;
  for (let left = precision; left > 0 && at < bytes.length; left -= 1) at += runeAt(bytes, at).width;
  return bytes.slice(0, at);
}

function quoted(bytes: ByteString, { sharp, plus }: FormatFlags): ByteString {
  return sharp === true && canBackquote(bytes) ? `\`${bytes}\`` : quote(bytes, plus === true);
}

/** Each byte in base 16; here the precision counts bytes. */
function formatHex(writer: Writer, bytes: ByteString, verb: 'x' | 'X', flags: FormatFlags): void {
  const { width = 0, precision = bytes.length } = flags;
  const shown = bytes.slice(0, precision);
  if (shown === '') {
    fill(writer, width, flags);
    return;
  }
  const prefix = flags.sharp === true ? `0${verb}` : '';
  const pairs = Buffer.from(shown, 'latin1').toString('hex').match(/../g) ?? [];
  const digits = flags.space === true ? pairs.map((pair) => `${prefix}${upper(pair, verb)}`).join(' ') : undefined;
  pad(writer, digits ?? `${prefix}${upper(pairs.join(''), verb)}`, flags);
}

function upper(digits: string, verb: string): string {
  return verb === 'X' ? digits.toUpperCase() : digits;
}
