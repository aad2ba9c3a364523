import type { ByteString } from './byte-string.ts';

/**
 * What `b64dec` gives: the bytes, or for what is no base64 the words of Go's error, which sprig takes for the result. Line ends
 * count for nothing (encoding/base64, decodeQuantum).
 */
export function decodeBase64(bytes: ByteString): ByteString {
  const fault = faultAt(bytes);
  return fault === undefined
    ? Buffer.from(bytes, 'base64').toString('latin1')
    : `illegal base64 data at input byte ${fault}`;
}

/** The place that Go's error names; undefined when there is none. */
function faultAt(bytes: ByteString): number | undefined {
  let digits = 0; // of the group of four
  let at = 0;
  for (; at < bytes.length; at += 1) {
    const character = bytes[at] ?? '';
    if (/[A-Za-z0-9+/]/.test(character)) digits = (digits + 1) % 4;
    else if (character === '=') return digits < 2 ? at : faultInPadding(bytes, at + 1, digits);
    else if (character !== '\n' && character !== '\r') return at;
  }
  return digits === 0 ? undefined : at - digits;
}

/** After the first `=`: a second one where two digits are before it, and nothing else. */
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
