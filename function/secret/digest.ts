import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

const HASH_VERSION = 'v1';
const HEX_DIGITS = 32;

/** `v1-` and 32 hex digits of SHA-256 over canonical JSON (RFC 8785), which sorts keys and leaves out what is undefined. */
export function digestOf(value: object): string {
  const digest = createHash('sha256')
    .update(canonicalize(value) ?? '')
    .digest('hex');
  return `${HASH_VERSION}-${digest.slice(0, HEX_DIGITS)}`;
}
