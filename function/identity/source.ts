import * as z from 'zod';
import { type Finding, finding } from '../findings/finding.ts';
import { type ObjectRef, type Sayable, say, theObject } from '../findings/say.ts';
import type { Identity } from '../model/identity.ts';
import { once } from '../model/plain-data.ts';
import { nonEmpty, objectName, optional, ownNamespace, secretKeySelector } from '../model/schema-parts.ts';

/** One source of an identity: what the value of its field stands for. */
export interface Source<Value> {
  readonly identity: (value: Value, generator: ObjectRef) => Identity;
}

/** `spec.auth` of every generator, as External Secrets has it. */
export const awsAuth = once(() =>
  optional(
    z.strictObject({
      secretRef: optional(
        z.strictObject({
          accessKeyIDSecretRef: secretKeySelector.meta({ description: 'Where the access key ID is.' }),
          secretAccessKeySecretRef: secretKeySelector.meta({ description: 'Where the secret access key is.' }),
          sessionTokenSecretRef: optional(
            secretKeySelector,
            'Where the session token is: required when the keys are temporary.',
          ),
        }),
        'Keys in a Secret.',
      ),
      jwt: optional(
        z.strictObject({
          serviceAccountRef: z
            .strictObject({
              name: objectName.meta({ description: 'Name of the ServiceAccount.' }),
              namespace: ownNamespace,
              audiences: optional(z.array(nonEmpty), 'Audiences that are added.'),
            })
            .meta({ description: 'The ServiceAccount whose IAM role is taken first.' }),
        }),
        "A ServiceAccount's token, from a cluster's API server.",
      ),
    }),
    "Who asks. Absent: the AWS SDK's default credential chain.",
  ),
);

export type AwsAuth = z.infer<ReturnType<typeof awsAuth>>;

/** One field of `spec.auth`. */
export type AuthField<Name extends keyof NonNullable<AwsAuth>> = NonNullable<NonNullable<AwsAuth>[Name]>;

/** A source that an Input's entry may have. It needs a grant that lists it in `identities`. */
export interface GrantedSource<Value> extends Source<Value> {
  readonly field: () => z.ZodOptional<z.ZodType<Value>>;
  readonly granted: {
    readonly pattern: RegExp;
    readonly means: string;
    readonly example: string;
  };
}

const CAUSE = "AWS gives a session token to a user's long-term keys only";
const CURE = 'Use STSAssumeRoleToken, or long-term keys';

/** The fault of a field that makes a session ask for a session token: AWS denies that. */
export function mustBeAbsent(where = ''): Sayable {
  return say`must be absent${where}: ${CAUSE}. ${CURE}`;
}

/** The same for keys whose values were read. */
export function areTemporary(object: ObjectRef, what: Sayable): Finding {
  return finding('KEYS_TEMPORARY', say`cannot use ${theObject(object)}: ${what}, and ${CAUSE}. ${CURE}.`, { object });
}

/** Temporary keys without their session token: AWS would refuse them. */
export function lackSessionToken(object: ObjectRef, text: Sayable, field?: string): Finding {
  const message = say`cannot use ${theObject(object)}: ${text}, or use long-term keys.`;
  return finding('CREDENTIAL_MALFORMED', message, { object, ...(field && { field }) });
}
