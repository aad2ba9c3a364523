import { unreadable } from './parse-yaml.ts';

/**
 * Decodes what a host sent, or a file; a byte order mark stays in the text, so that it goes out again.
 * @throws FindingError when the bytes are not UTF-8: they could not be passed through unchanged.
 */
export function decodeText(bytes: Uint8Array, name?: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw unreadable('it is not UTF-8', name === undefined ? undefined : { name });
  }
}
