import { RECIPIENTS_MAX } from './read-metadata.ts';
import { SOPS_VERSION } from './seal-secret.ts';

/** Bech32: 32 bytes and a checksum. */
const X25519 = /^age1[02-9ac-hj-np-z]{58}$/;

/** What else may stand there; the first that fits says what is wrong. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [
    /age-secret-key-|age-plugin-/i,
    'is an identity: whoever reads it can open what is sealed. Make a new one and give its recipient, "age1…"',
  ],
  [/^ssh-/, 'is an SSH key; make a key with age-keygen and give its recipient, "age1…"'],
  [/^age1(?:pq|tagpq)1/, `is a post-quantum recipient, for which sops ${SOPS_VERSION} needs a plugin`],
  [/^age1[a-z0-9+._-]+1[a-z0-9]+$/, 'is the recipient of an age plugin, which only sops can run'],
];

/** One recipient that cannot be used: the end of a sentence about its field, which does not quote it. */
export interface RecipientFault {
  /** Of the recipient; absent when it is about the list. */
  readonly index?: number;
  readonly text: string;
}

/**
 * Checks that each recipient is one that sops {@link SOPS_VERSION} can encrypt for by itself: an age recipient with an X25519
 * key. That version runs a plugin for every other one that begins with `age1` (age/keysource.go, parseRecipient), also for
 * post-quantum ones. A recipient is never quoted: what stands there may be the secret key.
 */
export async function checkRecipients(recipients: readonly unknown[]): Promise<RecipientFault[]> {
  if (recipients.length === 0) return [{ text: 'must name at least one recipient' }];
  if (recipients.length > RECIPIENTS_MAX) return [{ text: `must name at most ${RECIPIENTS_MAX} recipients` }];
  const texts = await Promise.all(recipients.map(explain));
  return texts.flatMap((text, index) => (text === undefined ? [] : [{ index, text }]));
}

async function explain(recipient: unknown): Promise<string | undefined> {
  if (typeof recipient !== 'string') return 'must be a string';
  const other = OTHERS.find(([form]) => form.test(recipient));
  if (other !== undefined) return other[1];
  if (!X25519.test(recipient)) return 'must be an age recipient: "age1" and 58 more characters, in lower case';
  const { wrapKey } = await import('./age.ts');
  try {
    await wrapKey(new Uint8Array(1), recipient);
    return undefined;
  } catch {
    return 'is not a valid age recipient: its checksum does not fit, or its key is a weak one. Copy it again';
  }
}
