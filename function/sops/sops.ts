/**
 * Secrets encrypted with SOPS for age: written and read as sops itself does. README.md beside this file says what there is of it, and
 * how it differs. Nothing else of this folder is for others. Files named in its comments are those of github.com/getsops/sops, v3.11.0.
 */

import { randomBytes } from 'node:crypto';
import type { AgeIdentity } from './age-keys.ts';
import { DATA_KEY_BYTES, decryptValue, encryptString, macOf, placeOf } from './encrypted-value.ts';
import { readMetadata, SOPS_VERSION, type SopsMetadata } from './metadata.ts';
import { type EncryptedDocument, type Parse, type PlacedLeaf, parseFailsafe, readDocument } from './read-document.ts';
import { decodePlain } from './scalar.ts';
import { SopsError } from './sops-error.ts';

export { type AgeIdentity, checkRecipients, readIdentities } from './age-keys.ts';
export { SopsError, type SopsErrorCode } from './sops-error.ts';

/**
 * Encrypts the `data` of a Secret for every recipient, and adds `sops`. The MAC covers only these values, so that labels, annotations and
 * layout may change later. It covers their order too, so keys are sorted as tools sort them.
 * @param now time of the encryption, written to `sops.lastmodified` in whole seconds
 * @throws Error for a recipient that `checkRecipients` refuses.
 */
export async function encryptSecret<T extends { readonly data: Readonly<Record<string, string>> }>(
  secret: T,
  { recipients, now }: { readonly recipients: readonly string[]; readonly now: Date },
) {
  if (recipients.length === 0) throw new Error('nothing can be encrypted for no recipient');
  const key = randomBytes(DATA_KEY_BYTES);
  const lastmodified = `${now.toISOString().slice(0, 19)}Z`;
  const plain = Object.fromEntries(Object.entries(secret.data).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  // the order of the object's own keys: JavaScript puts keys such as "2" first, and so does a printer
  const entries = Object.entries(plain);
  const mac = macOf(Object.values(plain), true);
  const { wrapKey } = await import('./age.ts');
  const age = recipients.map(async (recipient) => ({ recipient, enc: await wrapKey(key, recipient) }));
  return {
    ...secret,
    data: Object.fromEntries(
      entries.map(([name, value]) => [name, encryptString(value, key, placeOf(['data', name]))]),
    ),
    // the fields that sops needs for decryption, by its own names (stores/stores.go, Metadata)
    sops: {
      age: await Promise.all(age),
      lastmodified,
      mac: encryptString(mac, key, lastmodified),
      encrypted_regex: '^(data|stringData)$',
      mac_only_encrypted: true,
      version: SOPS_VERSION,
    },
  };
}

/** What was encrypted of a Secret, as in the plain one. */
export interface DecryptedText {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly stringData?: Readonly<Record<string, unknown>>;
}

/**
 * Decrypts a Secret that sops encrypted for age, and verifies its MAC. What stands in it as plain text is not given: the rule for what is
 * encrypted is not under the MAC, so anybody may have added it.
 * @param text One YAML or JSON document. Text, because sops' default MAC depends on order and quotes, which plain data does not have. For
 * an item of a list: its lines, the first with the same margin as the others.
 * @param identities From `readIdentities`.
 * @param parse For untrusted text a parser that is fast on any text; by default the library's own.
 * @throws SopsError
 */
export async function decryptSecret(
  text: string,
  identities: readonly AgeIdentity[],
  parse: Parse = parseFailsafe,
): Promise<DecryptedText> {
  const document = readDocument(text, parse);
  const metadata = readMetadata(document.sops);
  return open(document, metadata, await openDataKey(metadata, identities));
}

async function openDataKey({ wrapped }: SopsMetadata, identities: readonly AgeIdentity[]): Promise<Uint8Array> {
  const { unwrapKey } = await import('./age.ts');
  const revealed = identities.map((identity) => identity.reveal());
  const key = await unwrapKey(wrapped, revealed);
  if (key === undefined) throw new SopsError('noIdentity', ['sops', 'age']);
  if (key.length !== DATA_KEY_BYTES) throw new SopsError('malformed', ['sops', 'age']);
  return key;
}

function open({ leaves }: EncryptedDocument, metadata: SopsMetadata, key: Uint8Array): DecryptedText {
  const opened = leaves.flatMap((leaf) => {
    const isEncrypted = metadata.isEncrypted(leaf.path);
    const plain = isEncrypted ? decrypt(leaf, key) : leaf;
    return plain === undefined ? [] : [{ ...plain, isEncrypted }];
  });
  const covered = opened.filter(({ isEncrypted }) => isEncrypted || !metadata.macOnlyEncrypted);
  verifyMac(covered, metadata, key);
  const sealed = opened.filter(({ isEncrypted }) => isEncrypted);
  return { ...valuesOf(sealed, 'data'), ...valuesOf(sealed, 'stringData') };
}

function decrypt(leaf: PlacedLeaf, key: Uint8Array): PlacedLeaf | undefined {
  const plain = typeof leaf.value === 'string' ? decryptValue(leaf.value, key, placeOf(leaf.path)) : 'malformed';
  if (typeof plain === 'string') throw new SopsError(plain, leaf.path);
  const decoded = decodePlain(plain);
  if (decoded === 'malformed') throw new SopsError(decoded, leaf.path);
  return decoded === undefined ? undefined : { ...leaf, ...decoded };
}

/** @throws SopsError when neither the document nor the document without kpt's annotations has its MAC. */
function verifyMac(leaves: readonly PlacedLeaf[], metadata: SopsMetadata, key: Uint8Array): void {
  const { mac, lastModified, macOnlyEncrypted } = metadata;
  const storedMac = mac === '' ? 'wrongMac' : decryptValue(mac, key, lastModified);
  if (typeof storedMac === 'string') throw new SopsError(storedMac, ['sops', 'mac']);
  const hasMac = (covered: readonly PlacedLeaf[]) => {
    const texts = covered.map(({ text }) => text);
    return macOf(texts, macOnlyEncrypted) === storedMac.bytes.toString('latin1');
  };
  const isUnchanged = hasMac(leaves) || hasMac(leaves.filter((leaf) => !isKptAnnotation(leaf)));
  if (storedMac.type !== 'str' || !isUnchanged) throw new SopsError('wrongMac', ['sops', 'mac']);
}

/**
 * Annotations that kpt adds to what it sends to a function, and removes again: a MAC over the whole document does not cover them.
 * (kustomize sorts all keys as well, after which sops itself computes another MAC.) krm/file-positions.ts has names of them too.
 */
const HOST_ANNOTATION =
  /^(?:internal\.config\.kubernetes\.io\/.+|config\.kubernetes\.io\/(?:index|path)|config\.k8s\.io\/id)$/;

function isKptAnnotation({ path: [first, second, name = ''] }: PlacedLeaf): boolean {
  return first === 'metadata' && second === 'annotations' && HOST_ANNOTATION.test(name);
}

/** The values directly in `data` or `stringData`; empty without that field. */
function valuesOf(leaves: readonly PlacedLeaf[], name: 'data' | 'stringData'): DecryptedText {
  const directLeaves = leaves.filter(({ path, isListed }) => path.length === 2 && path[0] === name && !isListed);
  if (directLeaves.length === 0) return {};
  return { [name]: Object.fromEntries(directLeaves.map(({ path: [, key = ''], value }) => [key, value])) };
}
