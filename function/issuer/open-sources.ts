import { finding } from '../api/finding.ts';
import { describeObject } from '../api/kinds.ts';
import type { KnownObject, Unread } from '../api/known.ts';
import { type OwnIdentities, openEncrypted, type ReadBy } from '../secret/encryption.ts';

export { type OwnIdentities, ownIdentities } from '../secret/encryption.ts';

/**
 * A source that sops encrypted, opened in memory. Without an identity it stays as it is, and who reads a value says that it is
 * encrypted.
 */
export async function openSource(
  found: KnownObject,
  { object, by }: ReadBy,
  identities: OwnIdentities['identities'],
  signal: AbortSignal,
): Promise<KnownObject | Unread> {
  if (identities.length === 0) return found;
  if (!signal.aborted) return openEncrypted(found, { object, by }, identities);
  const cause = 'STS_FUNCTION_TIMEOUT was over before. Check the network and proxy settings, or raise it';
  const message = `cannot open ${describeObject(object)} for ${describeObject(by)}: ${cause}.`;
  return { unread: finding('DEADLINE_PASSED', message, { object: by }) };
}
