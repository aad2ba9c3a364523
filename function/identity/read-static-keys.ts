import type { Identity } from '../api/job.ts';
import type { Known } from '../api/known.ts';
import { Sensitive } from '../api/sensitive.ts';
import type { Keys } from '../api/session.ts';
import { readSecretValue, type ValueFault } from './read-secret-value.ts';

/** Reads the keys that a `secretRef` names. Every fault of every reference is returned, never the first alone. */
export function readStaticKeys(
  identity: Extract<Identity, { source: 'secretRef' }>,
  known: Known,
): Keys | readonly ValueFault[] {
  const { accessKeyId, secretAccessKey, sessionToken } = identity;
  const read = {
    accessKeyId: readSecretValue(accessKeyId, known),
    secretAccessKey: readSecretValue(secretAccessKey, known),
    ...(sessionToken && { sessionToken: readSecretValue(sessionToken, known) }),
  };
  const faults = Object.values(read).filter((value): value is ValueFault => !(value instanceof Sensitive));
  return faults.length > 0 ? faults : (read as Keys); // all of them are Sensitive
}
