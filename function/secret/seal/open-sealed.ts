import type { KnownObject } from '../../api/known.ts';
import type { Sensitive } from '../../api/sensitive.ts';
import { decodePlain } from './decode-plain.ts';
import { DATA_KEY_BYTES, decryptValue, macOf, placeOf } from './encrypted-value.ts';
import { type PlacedLeaf, readDocument, type SealedDocument } from './read-document.ts';
import { readMetadata, type SealMetadata } from './read-metadata.ts';
import { SealError, type SealFault } from './seal-fault.ts';

/** What a sealed Secret holds, as a reader of the plain one would see it. */
export type Opened = Pick<KnownObject, 'data' | 'stringData'>;

/**
 * Annotations that kpt puts on what it sends to a function, and takes off again: a MAC over the whole document does not know
 * them. kustomize also sorts all keys, after which sops itself has another MAC.
 */
const HOST_ANNOTATION =
  /^(?:internal\.config\.kubernetes\.io\/.+|config\.kubernetes\.io\/(?:index|path)|config\.k8s\.io\/id)$/;

/**
 * Opens a Secret that sops encrypted for age, and verifies its MAC.
 *
 * @param text One YAML or JSON document. Text, since a MAC over the whole document, which is the default of sops, counts what
 * plain data has lost. Of an item of a list: its lines, the first with the same margin as the others.
 * @param identities As {@link readIdentities} gives them.
 */
export async function openSealed(text: string, identities: readonly Sensitive[]): Promise<Opened | SealFault> {
  try {
    const document = readDocument(text);
    const metadata = readMetadata(document.sops);
    return open(document, metadata, await openDataKey(metadata, identities));
  } catch (error) {
    if (error instanceof SealError) return error.fault;
    throw error;
  }
}

async function openDataKey({ wrapped }: SealMetadata, identities: readonly Sensitive[]): Promise<Uint8Array> {
  const { unwrapKey } = await import('./age.ts');
  const revealed = identities.map((identity) => identity.reveal());
  const key = await unwrapKey(wrapped, revealed);
  if (key === undefined) throw new SealError('noIdentity', ['sops', 'age']);
  if (key.length !== DATA_KEY_BYTES) throw new SealError('malformed', ['sops', 'age']);
  return key;
}

function open({ leaves }: SealedDocument, metadata: SealMetadata, key: Uint8Array): Opened {
  const opened = leaves.flatMap((leaf) => {
    const isEncrypted = metadata.isEncrypted(leaf.path);
    const plain = isEncrypted ? decrypt(leaf, key) : leaf;
    return plain === undefined ? [] : [{ ...plain, isEncrypted }];
  });
  const covered = opened.filter(({ isEncrypted }) => isEncrypted || !metadata.macOnlyEncrypted);
  verifyMac(covered, metadata, key);
  return { ...valuesOf(opened, 'data'), ...valuesOf(opened, 'stringData') };
}

function decrypt(leaf: PlacedLeaf, key: Uint8Array): PlacedLeaf | undefined {
  const plain = typeof leaf.value === 'string' ? decryptValue(leaf.value, key, placeOf(leaf.path)) : 'malformed';
  if (typeof plain === 'string') throw new SealError(plain, leaf.path);
  const decoded = decodePlain(plain);
  if (decoded === 'malformed') throw new SealError(decoded, leaf.path);
  return decoded === undefined ? undefined : { ...leaf, ...decoded };
}

/** @throws SealError when neither the document nor the document without its host's annotations has that MAC. */
function verifyMac(leaves: readonly PlacedLeaf[], metadata: SealMetadata, key: Uint8Array): void {
  const { mac, lastModified, macOnlyEncrypted } = metadata;
  const sealed = mac === '' ? 'wrongMac' : decryptValue(mac, key, lastModified);
  if (typeof sealed === 'string') throw new SealError(sealed, ['sops', 'mac']);
  const hasMac = (covered: readonly PlacedLeaf[]) => {
    const texts = covered.map(({ text }) => text);
    return macOf(texts, macOnlyEncrypted) === sealed.bytes.toString('latin1');
  };
  const isUnchanged = hasMac(leaves) || hasMac(leaves.filter((leaf) => !isOfHost(leaf)));
  if (sealed.type !== 'str' || !isUnchanged) throw new SealError('wrongMac', ['sops', 'mac']);
}

function isOfHost({ path: [first, second, name = ''] }: PlacedLeaf): boolean {
  return first === 'metadata' && second === 'annotations' && HOST_ANNOTATION.test(name);
}

/** The values directly in `data` or `stringData`; none: no such field. */
function valuesOf(leaves: readonly PlacedLeaf[], name: 'data' | 'stringData'): Opened {
  const own = leaves.filter(({ path, isListed }) => path.length === 2 && path[0] === name && !isListed);
  if (own.length === 0) return {};
  return { [name]: Object.fromEntries(own.map(({ path: [, key = ''], value }) => [key, value])) };
}
