import { createHash } from 'node:crypto';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** `length` bytes that depend on the seed only: the same story gives the same keys, ids and tokens. */
function bytesOf(seed: readonly (string | number)[], length: number): Buffer {
  return createHash('shake256', { outputLength: length }).update(JSON.stringify(seed)).digest();
}

/** An AWS-like unique id, such as `ASIA…`, `AROA…` or `AIDA…`. */
export function uniqueId(prefix: string, characters: number, ...seed: (string | number)[]): string {
  return prefix + Array.from(bytesOf([prefix, ...seed], characters), (byte) => BASE32[byte % 32]).join('');
}

export function base64Text(bytes: number, ...seed: (string | number)[]): string {
  return bytesOf(seed, bytes).toString('base64');
}

export function uuid(...seed: (string | number)[]): string {
  const hex = bytesOf(seed, 16).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
