import { finding } from '../findings/finding.ts';
import { say, theObject } from '../findings/say.ts';
import type { KnownObject, LookupFailure } from '../model/answers.ts';
import { type OwnIdentities, openEncrypted, type ReadBy } from '../secret/encryption.ts';

export { readOwnIdentities } from '../secret/encryption.ts';

/**
 * Decrypts a source that sops encrypted, in memory. Without an age identity the source stays encrypted, which is
 * reported where a value of it is read.
 */
export async function decryptSource(
  found: KnownObject,
  { object, by }: ReadBy,
  identities: OwnIdentities['identities'],
  signal: AbortSignal,
): Promise<KnownObject | LookupFailure> {
  if (identities.length === 0) return found;
  if (!signal.aborted) return openEncrypted(found, { object, by }, identities);
  const cause = 'the time of STS_FUNCTION_TIMEOUT was up before. Check the network and proxy settings, or raise it';
  const message = say`cannot open ${theObject(object)} for ${theObject(by)}: ${cause}.`;
  return { unread: finding('DEADLINE_PASSED', message, { object: by }) };
}
