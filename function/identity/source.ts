import type * as z from 'zod';
import { type Finding, finding } from '../findings/finding.ts';
import { type ObjectRef, type Sayable, say, theObject } from '../findings/say.ts';
import type { Identity } from '../model/identity.ts';
import { USERS_ONLY, USERS_ONLY_CURE } from '../model/long-term-keys.ts';

/** A source that an Input's entry may have. It needs a grant that lists it in `identities`. */
export interface GrantedSource<Value> {
  /** What the value of its field stands for. */
  readonly identity: (value: Value) => Identity;
  readonly field: () => z.ZodOptional<z.ZodType<Value>>;
  readonly granted: {
    readonly pattern: RegExp;
    readonly means: string;
    readonly example: string;
  };
}

/** The fault of a field that makes a session ask for a session token: AWS denies that. */
export function mustBeAbsent(where = ''): Sayable {
  return say`must be absent${where}: ${USERS_ONLY}. ${USERS_ONLY_CURE}`;
}

/** The finding for keys that are temporary, as their values show, where AWS takes only a user's. */
export function temporaryKeysFinding(object: ObjectRef, what: Sayable): Finding {
  const message = say`cannot use ${theObject(object)}: ${what}, and ${USERS_ONLY}. ${USERS_ONLY_CURE}.`;
  return finding('KEYS_TEMPORARY', message, { object });
}

/** The finding for temporary keys without their session token: AWS would refuse them. */
export function noSessionTokenFinding(object: ObjectRef, text: Sayable, field?: string): Finding {
  const message = say`cannot use ${theObject(object)}: ${text}, or use long-term keys.`;
  return finding('CREDENTIAL_MALFORMED', message, { object, ...(field && { field }) });
}
