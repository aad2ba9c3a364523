import { buffer } from 'node:stream/consumers';
import { armor, Decrypter, Encrypter, identityToRecipient } from 'age-encryption';

// The only file that loads the age library: import it when a key has to be used, not before. The library gets streams, since
// from bytes it makes a fetch `Response`, for which Node loads its HTTP client.

/**
 * The armored text of `key`, for whoever has the identity of `recipient`.
 * @throws Error when `recipient` is none: its checksum is wrong, or it is a point that would give everyone the same secret.
 */
export async function wrapKey(key: Uint8Array, recipient: string): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return armor.encode(await buffer(await encrypter.encrypt(ReadableStream.from([key]))));
}

/** The first key of `wrapped`, armored texts, that one of `identities` opens; undefined when none does. */
export async function unwrapKey(
  wrapped: readonly string[],
  identities: readonly string[],
): Promise<Uint8Array | undefined> {
  const decrypter = new Decrypter();
  for (const identity of identities) {
    try {
      decrypter.addIdentity(identity);
    } catch {
      // no identity; the library's error would quote it
    }
  }
  for (const text of wrapped) {
    try {
      return await buffer(await decrypter.decrypt(ReadableStream.from([armor.decode(text)])));
    } catch {
      // for somebody else, or damaged: another may fit
    }
  }
  return undefined;
}

/** The recipient of an identity; undefined when it is none. */
export async function recipientOf(identity: string): Promise<string | undefined> {
  try {
    return await identityToRecipient(identity);
  } catch {
    return undefined;
  }
}
