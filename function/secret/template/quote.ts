import { type ByteString, encodeRune, runesOf, toText } from './byte-string.ts';
import { isPrintable } from './unicode.ts';

const SHORT: Readonly<Record<number, string>> = { 7: 'a', 8: 'b', 9: 't', 10: 'n', 11: 'v', 12: 'f', 13: 'r' };

/** Text in double quotes, as a constant of Go (strconv.Quote): not the same as JSON. */
export function quote(text: ByteString, isAscii = false): ByteString {
  let quoted = '"';
  for (const { code, bytes, isValid } of runesOf(text))
    quoted += isValid ? (escapeOf(code, '"', isAscii) ?? bytes) : `\\x${hex(bytes.charCodeAt(0), 2)}`;
  return `${quoted}"`;
}

/** One character in single quotes. */
export function quoteRune(code: number, isAscii: boolean): ByteString {
  return `'${escapeOf(code, "'", isAscii) ?? encodeRune(code)}'`;
}

/** Whether text can stand in back-quotes as it is. */
export function canBackquote(bytes: ByteString): boolean {
  const text = toText(bytes);
  return text !== undefined && !/(?![\t\x80-\x9f])\p{Cc}|[`\ufeff]/u.test(text);
}

/** Undefined for a character that stands for itself. */
function escapeOf(code: number, mark: string, isAscii: boolean): ByteString | undefined {
  const character = code < 0x80 ? String.fromCharCode(code) : '';
  if (character === mark || character === '\\') return `\\${character}`;
  if (isPrintable(code) && (!isAscii || code < 0x80)) return undefined;
  if (SHORT[code] !== undefined) return `\\${SHORT[code]}`;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
