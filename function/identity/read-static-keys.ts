import type { Identity } from '../api/plan.ts';
import type { SecretKeyRef } from '../api/secret-key-ref.ts';
import { Sensitive } from '../api/sensitive.ts';
import type { Keys } from '../api/session.ts';
import type { Supplied } from '../api/supplied.ts';
import { readSecretValue, type ValueFault } from './read-secret-value.ts';

/** Reads the keys that a `secretRef` names. Every fault of every reference is returned, never the first alone. */
export function readStaticKeys(
  identity: Extract<Identity, { source: 'secretRef' }>,
  supplied: Supplied,
): Keys | readonly ValueFault[] {
  const faults: ValueFault[] = [];
  const read = (reference: SecretKeyRef): Sensitive | undefined => {
    const key = readSecretValue(reference, supplied);
    if (key instanceof Sensitive) return key;
    faults.push(key);
    return undefined;
  };
  const accessKeyId = read(identity.accessKeyId);
  const secretAccessKey = read(identity.secretAccessKey);
  const sessionToken = identity.sessionToken && read(identity.sessionToken);
  if (faults.length > 0 || accessKeyId === undefined || secretAccessKey === undefined) return faults;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
