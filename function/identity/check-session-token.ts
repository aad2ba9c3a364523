import { type Finding, finding } from '../api/finding.ts';
import type { Identity } from '../api/job.ts';
import { describeObject, type ObjectRef, secretObject } from '../api/kinds.ts';
import { isTemporary, type Keys } from '../api/session.ts';
import type { Environment } from '../api/world.ts';

/** Temporary keys without their session token: AWS would refuse them. */
export function checkSessionToken(
  generator: ObjectRef,
  { accessKeyId }: Extract<Identity, { source: 'secretRef' }>,
  keys: Keys,
): Finding[] {
  if (keys.sessionToken !== undefined || !isTemporary(keys.accessKeyId.reveal())) return [];
  const field = 'spec.auth.secretRef.sessionTokenSecretRef';
  const secret = describeObject(secretObject(accessKeyId));
  const cure = `Name it in \`${field}\`, or use long-term keys`;
  return [lacking(generator, `the keys in ${secret} are of a session, and need its session token. ${cure}`, field)];
}

/** The same for keys of the environment, as far as they are what the SDK's default chain takes; the rest is seen when it is asked. */
export function checkEnvironmentKeys(generator: ObjectRef, environment: Environment): Finding[] {
  const { AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  if (AWS_PROFILE || AWS_SESSION_TOKEN || !AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) return [];
  if (!isTemporary(AWS_ACCESS_KEY_ID)) return [];
  const cause = 'AWS_ACCESS_KEY_ID is of a session, and needs its session token';
  return [lacking(generator, `${cause}. Set AWS_SESSION_TOKEN too, or use long-term keys`)];
}

function lacking(object: ObjectRef, text: string, field?: string): Finding {
  const message = `cannot use ${describeObject(object)}: ${text}.`;
  return finding('CREDENTIAL_MALFORMED', message, { object, ...(field && { field }) });
}
