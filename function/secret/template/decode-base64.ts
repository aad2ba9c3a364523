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
  const [body = ''] = /^[A-Za-z0-9+/\r\n]*/.exec(bytes) ?? [];
  const at = body.length;
  const digits = body.replaceAll(/[\r\n]/g, '').length % 4; // of the last group
  if (at === bytes.length) return digits === 0 ? undefined : at - digits;
  return bytes[at] === '=' && digits >= 2 ? faultInPadding(bytes, at + 1, digits) : at;
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
