import { RECIPIENTS_MAX, SOPS_VERSION } from './metadata.ts';

/** An X25519 key in Bech32: 32 bytes and a checksum. */
const RECIPIENT = /^age1[02-9ac-hj-np-z]{58}$/;

/** Text in the place of a recipient, and what is wrong with it. The first match counts. */
const FAULT_OF_PATTERN: readonly (readonly [RegExp, string])[] = [
  [
    /age-secret-key-|age-plugin-/i,
    'is an identity: anyone who reads it can open the Secrets. Make a new one and give its recipient, "age1…"',
  ],
  [/^ssh-/, 'is an SSH key; make a key with age-keygen and give its recipient, "age1…"'],
  [/^age1(?:pq|tagpq)1/, `is a post-quantum recipient, for which sops ${SOPS_VERSION} needs a plugin`],
  [/^age1[a-z0-9+._-]+1[02-9a-z]+$/, 'is the recipient of an age plugin, which only sops can run'],
];

/** A recipient that cannot be used. */
interface RecipientFault {
  /** Position in the list; absent for a fault of the list itself. */
  readonly index?: number;
  readonly text: string;
}

/**
 * Checks that sops {@link SOPS_VERSION} can encrypt for each recipient without a plugin: that is, for an age recipient with an X25519
 * key. For any other text that begins with `age1`, post-quantum recipients too, that version runs a plugin (age/keysource.go,
 * parseRecipient). Faults never quote a recipient, which may be the secret key by mistake. Each is looked at once: `checks` has those of
 * other lists.
 */
export async function checkRecipients(
  recipients: readonly unknown[],
  checks = new Map<unknown, Promise<string | undefined>>(),
): Promise<RecipientFault[]> {
  if (recipients.length === 0) return [{ text: 'must name at least one recipient' }];
  if (recipients.length > RECIPIENTS_MAX) return [{ text: `must name at most ${RECIPIENTS_MAX} recipients` }];
  for (const recipient of recipients) if (!checks.has(recipient)) checks.set(recipient, explain(recipient));
  const texts = await Promise.all(recipients.map((recipient) => checks.get(recipient)));
  return texts.flatMap((text, index) => (text === undefined ? [] : [{ index, text }]));
}

async function explain(recipient: unknown): Promise<string | undefined> {
  if (typeof recipient !== 'string') return 'must be a string';
  const other = FAULT_OF_PATTERN.find(([form]) => form.test(recipient));
  if (other !== undefined) return other[1];
  if (!RECIPIENT.test(recipient)) return 'must be an age recipient: "age1" and 58 more characters, in lower case';
  const { wrapKey } = await import('./age.ts');
  try {
    await wrapKey(new Uint8Array(1), recipient);
    return undefined;
  } catch {
    return 'is not a valid age recipient: its checksum does not fit, or its key is a weak one. Copy it again';
  }
}

/** Each identity is tried with the key of each recipient, so more would take long. */
const IDENTITIES_MAX = 32;
const IDENTITIES_MAX_LENGTH = 1024 * 1024;
const IDENTITY = /^AGE-SECRET-KEY-1[0-9A-Z]{58}$/;

/** Decrypts documents for its recipient. `reveal` gives `AGE-SECRET-KEY-1…`; printing the object shows nothing of it. */
export interface AgeIdentity {
  reveal(): string;
}

/**
 * Reads age identities, the content of SOPS_AGE_KEY or of the file in SOPS_AGE_KEY_FILE: one `AGE-SECRET-KEY-1…` a line. Empty lines and
 * lines that begin with `#` are skipped (age/keysource.go, parseIdentities). Each fault ends a sentence about the text and quotes nothing
 * of it.
 */
export async function readIdentities(text: string): Promise<{ identities: AgeIdentity[]; faults: string[] }> {
  if (text.length > IDENTITIES_MAX_LENGTH) return { identities: [], faults: ['is too long'] };
  const lines = text.split('\n').map((line, index) => ({ text: line.trim(), number: index + 1 }));
  const candidates = lines.filter((line) => line.text !== '' && !line.text.startsWith('#'));
  if (candidates.length === 0) return { identities: [], faults: ['holds no identity'] };
  if (candidates.length > IDENTITIES_MAX)
    return { identities: [], faults: [`holds more than ${IDENTITIES_MAX} identities`] };
  const { recipientOf } = await import('./age.ts');
  const read = await Promise.all(
    candidates.map(async (line) => {
      const isIdentity = IDENTITY.test(line.text) && (await recipientOf(line.text)) !== undefined;
      return isIdentity ? { reveal: () => line.text } : `has in line ${line.number} ${faultOf(line.text)}`;
    }),
  );
  return {
    identities: read.filter((line) => typeof line !== 'string'),
    faults: read.filter((line) => typeof line === 'string'),
  };
}

function faultOf(line: string): string {
  if (line.startsWith('AGE-PLUGIN-')) return 'an identity of an age plugin, which only sops can run';
  if (line.startsWith('AGE-SECRET-KEY-PQ-1')) return 'a post-quantum identity, which this version cannot use';
  if (line.startsWith('age1')) return 'a recipient, not an identity: "AGE-SECRET-KEY-1…" is what opens';
  return 'no age identity such as "AGE-SECRET-KEY-1…"';
}
