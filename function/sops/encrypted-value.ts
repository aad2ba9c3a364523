import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
/** Bytes of the key that all values of one document are encrypted with. */
export const DATA_KEY_BYTES = 32;
/** sops takes more than GCM's usual 12 bytes. */
const IV_BYTES = 32;
const TAG_BYTES = 16;
/** base64 as Go decodes it: padded. */
const BASE64 = '(?=[^,])(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?';
const FORM = new RegExp(`^ENC\\[AES256_GCM,data:(${BASE64}),iv:(${BASE64}),tag:(${BASE64}),type:([a-z]+)\\]$`);

/** A decrypted value: its bytes, and its type in sops' notation. */
export interface Plain {
  readonly type: string;
  readonly bytes: Buffer;
}

/**
 * Encrypts a string in sops' form, `ENC[AES256_GCM,data:…,iv:…,tag:…,type:str]` (aes/cipher.go). An empty string stays empty. Decrypting
 * needs the same `place`: see {@link placeOf}.
 */
export function encryptString(value: string, key: Uint8Array, place: string): string {
  if (value === '') return '';
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(place));
  const data = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]).toString('base64');
  return `ENC[AES256_GCM,data:${data},iv:${iv.toString('base64')},tag:${cipher.getAuthTag().toString('base64')},type:str]`;
}

/** Decrypts a value. `malformed`: the text has another form. `wrongMac`: it was encrypted with another key or at another place. */
export function decryptValue(text: string, key: Uint8Array, place: string): Plain | 'malformed' | 'wrongMac' {
  if (text === '') return { type: 'str', bytes: Buffer.alloc(0) };
  const [, data = '', iv = '', tag = '', type = ''] = FORM.exec(text) ?? [];
  const tagBytes = Buffer.from(tag, 'base64');
  if (type === '' || tagBytes.length !== TAG_BYTES) return 'malformed';
  try {
    const cipher = createDecipheriv(CIPHER, key, Buffer.from(iv, 'base64'), { authTagLength: TAG_BYTES });
    cipher.setAuthTag(tagBytes).setAAD(Buffer.from(place));
    return { type, bytes: Buffer.concat([cipher.update(Buffer.from(data, 'base64')), cipher.final()]) };
  } catch {
    return 'wrongMac';
  }
}

/** The place of a value: the keys of its path, each followed by a colon. Lists add no key (sops.go, Encrypt and walkSlice). */
export function placeOf(path: readonly string[]): string {
  return path.map((part) => `${part}:`).join('');
}

/** The first bytes of a MAC over encrypted values alone: SHA-256 of "sops" (sops.go, MACOnlyEncryptedInitialization). */
const ONLY_ENCRYPTED = createHash('sha256').update('sops').digest();

/** sops' MAC before it is encrypted: upper-case hex of SHA-512 over the values in the order of the document, without keys. */
export function macOf(values: Iterable<string | Uint8Array>, onlyEncrypted: boolean): string {
  const hash = createHash('sha512');
  if (onlyEncrypted) hash.update(ONLY_ENCRYPTED);
  for (const value of values) hash.update(value);
  return hash.digest('hex').toUpperCase();
}
