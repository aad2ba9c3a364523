import { buffer } from 'node:stream/consumers';
import { armor, Decrypter, Encrypter, identityToRecipient } from 'age-encryption';

// The only file that imports the age library: import this file on demand. The library gets streams, since for bytes it makes a fetch
// `Response`, for which Node loads its HTTP client.

/**
 * Encrypts `key` for `recipient`, as armored text.
 * @throws Error when `recipient` is invalid: its checksum is wrong, or it is a point that gives everyone the same secret.
 */
export async function wrapKey(key: Uint8Array, recipient: string): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return armor.encode(await buffer(await encrypter.encrypt(ReadableStream.from([key]))));
}

/** Decrypts the first of the armored texts `wrapped` that one of `identities` can decrypt; undefined if there is none. */
export async function unwrapKey(
  wrapped: readonly string[],
  identities: readonly string[],
): Promise<Uint8Array | undefined> {
  const decrypter = new Decrypter();
  for (const identity of identities) {
    try {
      decrypter.addIdentity(identity);
    } catch {
      // an invalid identity; the library's error would quote it
    }
  }
  for (const text of wrapped) {
    try {
      return await buffer(await decrypter.decrypt(ReadableStream.from([armor.decode(text)])));
    } catch {
      // encrypted for another identity, or damaged: try the next
    }
  }
  return undefined;
}

/** The recipient of an identity; undefined if the identity is invalid. */
export async function recipientOf(identity: string): Promise<string | undefined> {
  try {
    return await identityToRecipient(identity);
  } catch {
    return undefined;
  }
}
