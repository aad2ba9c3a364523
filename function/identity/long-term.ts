import { type Finding, finding } from '../api/finding.ts';
import { describeObject, type ObjectRef } from '../api/kinds.ts';

const CAUSE = "AWS gives a session token to a user's long-term keys only";
const CURE = 'Use STSAssumeRoleToken, or long-term keys';

/** What is wrong with a field that says that a session asks for a session token, which AWS denies. */
export function mustBeAbsent(where = ''): string {
  return `must be absent${where}: ${CAUSE}. ${CURE}`;
}

/** The same of keys that were read. */
export function areTemporary(object: ObjectRef, what: string): Finding {
  return finding('KEYS_TEMPORARY', `cannot use ${describeObject(object)}: ${what}, and ${CAUSE}. ${CURE}.`, { object });
}

/** Temporary keys without their session token: AWS would refuse them. */
export function lackSessionToken(object: ObjectRef, text: string, field?: string): Finding {
  const message = `cannot use ${describeObject(object)}: ${text}, or use long-term keys.`;
  return finding('CREDENTIAL_MALFORMED', message, { object, ...(field && { field }) });
}
