import { FindingError, finding } from '../api/finding.ts';

/**
 * Decodes what a host sent; a byte order mark stays in the text, so that it goes out again.
 * @throws FindingError when the bytes are not UTF-8: they could not be passed through unchanged.
 */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FindingError(finding('INPUT_UNREADABLE', 'cannot read standard input: it is not UTF-8.'));
  }
}
