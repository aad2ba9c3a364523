import type { Writer } from './budget.ts';
import { type ByteString, charactersOf, toBytes } from './byte-string.ts';
import { type FormatFlags, pad } from './format-flags.ts';
import { canBackquote, quote } from './quote.ts';

/** A string by a verb; false when the verb is none for them. */
export function formatString(writer: Writer, bytes: ByteString, verb: string, flags: FormatFlags): boolean {
  writer.budget.read(bytes.length);
  if (verb === 'v' || verb === 's') pad(writer, truncated(bytes, flags), flags);
  else if (verb === 'q') pad(writer, quoted(truncated(bytes, flags), flags), flags);
  else if (verb === 'x') pad(writer, hexOf(bytes, flags), flags);
  else if (verb === 'X') pad(writer, hexOf(bytes, flags).toUpperCase(), flags);
  else return false;
  return true;
}

/** At most as many characters as the precision says. */
function truncated(bytes: ByteString, { precision }: FormatFlags): ByteString {
  return precision === undefined ? bytes : charactersOf(bytes, precision).join('');
}

function quoted(bytes: ByteString, { sharp, plus }: FormatFlags): ByteString {
  return sharp && canBackquote(bytes) ? `\`${bytes}\`` : quote(bytes, plus);
}

/** Each byte in base 16; here the precision counts bytes. */
function hexOf(bytes: ByteString, { precision, sharp, space }: FormatFlags): string {
  const pairs = toBytes(bytes.slice(0, precision)).toString('hex').match(/../g);
  if (pairs === null) return '';
  const prefix = sharp ? '0x' : '';
  return `${prefix}${pairs.join(space ? ` ${prefix}` : '')}`;
}
