import { configFinding, type Finding, finding, specFinding } from '../api/finding.ts';
import type { Identity } from '../api/job.ts';
import { describeObject, type ObjectRef } from '../api/kinds.ts';
import { isTemporary, type Keys } from '../api/session.ts';
import type { Environment } from '../api/world.ts';

const CAUSE = "AWS gives a session token to a user's long-term keys only";
const CURE = 'Use STSAssumeRoleToken, or long-term keys';

/** What GetSessionToken is denied to, as the manifests alone say: whoever is a session already. `entry`: path of the Input's entry. */
export function checkLongTerm(object: ObjectRef, identity: Identity, entry: string | undefined): Finding[] {
  const refuse = (field: string) => [specFinding(object, field, `must be absent: ${CAUSE}. ${CURE}`)];
  switch (identity.source) {
    case 'default':
      return [];
    case 'secretRef':
      return identity.sessionToken === undefined ? [] : refuse(identity.sessionToken.field);
    case 'serviceAccount':
      return refuse('spec.auth.jwt');
    default: {
      const text = `must be absent for an STSSessionToken: ${CAUSE}. ${CURE}`;
      return [configFinding(`${entry}.identity`, text)];
    }
  }
}

/** The same once the identity is known; the rest of what the SDK's default chain may find is seen when it is asked. */
export function checkKeys(object: ObjectRef, keys: Keys | undefined, environment: Environment): Finding[] {
  const { AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  if (keys !== undefined)
    return isOfSession(keys) ? [temporary(object, 'the keys in its Secret are of a session')] : [];
  const isFromEnvironment = !AWS_PROFILE && Boolean(AWS_ACCESS_KEY_ID) && Boolean(AWS_SECRET_ACCESS_KEY);
  if (!isFromEnvironment || !AWS_SESSION_TOKEN) return [];
  return [temporary(object, 'the keys of the environment are of a session (AWS_SESSION_TOKEN is set)')];
}

function isOfSession({ accessKeyId, sessionToken }: Keys): boolean {
  return sessionToken !== undefined || isTemporary(accessKeyId.reveal());
}

function temporary(object: ObjectRef, what: string): Finding {
  return finding('KEYS_TEMPORARY', `cannot use ${describeObject(object)}: ${what}, and ${CAUSE}. ${CURE}.`, { object });
}
