import { Sensitive } from '../../api/sensitive.ts';

/** More would only take time: each is tried on each recipient's key. */
const IDENTITIES_MAX = 32;
const TEXT_MAX_LENGTH = 1024 * 1024;
const X25519 = /^AGE-SECRET-KEY-1[0-9A-Z]{58}$/;

/** Identities, and what is wrong with other lines: the end of a sentence about the text, which quotes nothing of it. */
export interface Identities {
  readonly identities: readonly Sensitive[];
  readonly faults: readonly string[];
}

/**
 * Reads the age identities of SOPS_AGE_KEY, or of the file that SOPS_AGE_KEY_FILE names: one a line, `AGE-SECRET-KEY-1…`; empty
 * lines, and those that begin with `#`, are passed over (sops age/keysource.go, parseIdentities).
 */
export async function readIdentities(text: string): Promise<Identities> {
  if (text.length > TEXT_MAX_LENGTH) return { identities: [], faults: ['is too long'] };
  const lines = text.split('\n').map((line, index) => ({ text: line.trim(), number: index + 1 }));
  const given = lines.filter((line) => line.text !== '' && !line.text.startsWith('#'));
  if (given.length === 0) return { identities: [], faults: ['holds no identity'] };
  if (given.length > IDENTITIES_MAX)
    return { identities: [], faults: [`holds more than ${IDENTITIES_MAX} identities`] };
  const { recipientOf } = await import('./age.ts');
  const read = await Promise.all(
    given.map(async (line) => {
      const isIdentity = X25519.test(line.text) && (await recipientOf(line.text)) !== undefined;
      return isIdentity ? new Sensitive(line.text) : `has in line ${line.number} ${describe(line.text)}`;
    }),
  );
  return {
    identities: read.filter((line) => line instanceof Sensitive),
    faults: read.filter((line) => typeof line === 'string'),
  };
}

function describe(line: string): string {
  if (line.startsWith('AGE-PLUGIN-')) return 'an identity of an age plugin, which only sops can run';
  if (line.startsWith('AGE-SECRET-KEY-PQ-1')) return 'a post-quantum identity, which this version cannot use';
  if (line.startsWith('age1')) return 'a recipient, not an identity: "AGE-SECRET-KEY-1…" is what opens';
  return 'no age identity such as "AGE-SECRET-KEY-1…"';
}
