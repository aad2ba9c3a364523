import { createHash } from 'node:crypto';

/** What a MAC over the encrypted values alone begins with: SHA-256 of "sops" (sops.go, MACOnlyEncryptedInitialization). */
const ONLY_ENCRYPTED = createHash('sha256').update('sops').digest();

/** The MAC that sops encrypts: upper-case hex of SHA-512 over the values in the order of the document, without their keys. */
export function macOf(values: Iterable<string | Uint8Array>, onlyEncrypted: boolean): string {
  const hash = createHash('sha512');
  if (onlyEncrypted) hash.update(ONLY_ENCRYPTED);
  for (const value of values) hash.update(value);
  return hash.digest('hex').toUpperCase();
}
