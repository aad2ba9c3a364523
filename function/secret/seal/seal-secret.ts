import { randomBytes } from 'node:crypto';
import type { SecretManifest } from '../../api/flow.ts';
import { wholeSeconds } from '../../api/whole-seconds.ts';
import { DATA_KEY_BYTES, encryptString, macOf, placeOf } from './encrypted-value.ts';

/** The version of sops whose format is written. */
export const SOPS_VERSION = '3.11.0';

/**
 * Encrypts the values of a Secret as sops does, for every recipient. The MAC covers these values alone, so that labels,
 * annotations and layout may change later; since it covers their order too, keys are put in the order in which tools sort them.
 * @throws Error when a recipient is not one that `checkRecipients` accepts.
 */
export async function sealSecret(
  secret: SecretManifest,
  { recipients, now }: { readonly recipients: readonly string[]; readonly now: Date },
): Promise<SecretManifest> {
  if (recipients.length === 0) throw new Error('nothing can be sealed for no recipient');
  const key = randomBytes(DATA_KEY_BYTES);
  const lastmodified = wholeSeconds(now);
  const plain = Object.fromEntries(Object.entries(secret.data).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  // of the object itself: it puts keys such as "2" first, and so does who prints it
  const entries = Object.entries(plain);
  const mac = macOf(Object.values(plain), true);
  const { wrapKey } = await import('./age.ts');
  const age = recipients.map(async (recipient) => ({ recipient, enc: await wrapKey(key, recipient) }));
  return {
    ...secret,
    data: Object.fromEntries(
      entries.map(([name, value]) => [name, encryptString(value, key, placeOf(['data', name]))]),
    ),
    // what sops needs to open it again, by its own names (stores/stores.go, Metadata)
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
