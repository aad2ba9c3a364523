import * as z from 'zod';
import type { ObjectRef } from '../findings/say.ts';
import type { Requests, SessionTokenRequest } from './hop.ts';
import { once } from './plain-data.ts';
import { nonEmpty, optional, seconds, secretKeySelector } from './schema-parts.ts';

const fields = () => ({
  sessionName: optional(z.string(), 'RoleSessionName, 2 to 64 characters.'),
  sessionDuration: optional(seconds, 'Seconds; default 3600. At most 3600 after the first hop.'),
  externalID: optional(z.string(), "External ID, where the role's trust policy asks for one."),
  externalIDFrom: optional(
    secretKeySelector,
    "The external ID in a Secret of the generator's namespace, instead of `externalID`.",
  ),
  tags: optional(z.record(z.string(), z.string()), 'Session tags.'),
  transitiveTagKeys: optional(z.array(z.string()), 'Keys of `tags` that all later hops inherit.'),
  sourceIdentity: optional(z.string(), 'Source identity; it stays for all later hops.'),
  policyARNs: optional(z.array(z.string()), 'ARNs of managed policies that narrow the session.'),
  policy: optional(z.record(z.string(), z.unknown()), 'A policy document, as an object, that narrows the session.'),
});

/** Parameters of the last hop, whose role is the generator's. */
export const lastHop = once(() => z.strictObject(fields()));

/** A hop before the generator's role. A string is the role alone. */
export const viaHop = once(() => hopWith(fields()));

/** A hop that a Policy supplies. It has no external ID from a Secret, which would be one of the package. */
export const suppliedHop = once(() => {
  const { externalIDFrom: _, ...suppliedFields } = fields();
  return hopWith(suppliedFields);
});

function hopWith<Fields extends z.ZodRawShape>(moreFields: Fields) {
  return z.preprocess(
    (value) => (typeof value === 'string' ? { role: value } : value),
    z.strictObject({
      role: nonEmpty.meta({ description: 'ARN of the role.' }),
      region: optional(z.string(), "AWS region whose STS is asked; default: the generator's."),
      ...moreFields,
    }),
  );
}

/** The parameters of a hop to a role, as somebody wrote them. */
export interface HopSpec extends z.infer<ReturnType<typeof lastHop>> {
  readonly role?: string;
  readonly region?: string | undefined;
}

/** What manifests say of a hop of each operation, under the names of their fields; what could not be read is absent. */
export interface WrittenParameters {
  AssumeRole: HopSpec;
  AssumeRoleWithWebIdentity: HopSpec;
  GetSessionToken: Pick<HopSpec, 'region' | 'sessionDuration'> & Omit<SessionTokenRequest, 'durationSeconds'>;
  GetAuthorizationToken: Pick<HopSpec, 'region'> & Partial<Requests['GetAuthorizationToken']>;
}

/** Where a value was written: in a field of an object, or of the functionConfig where no object is named. */
export interface WrittenAt {
  readonly object?: ObjectRef;
  readonly field: string;
  /** True for a value of a hop that a Policy supplies. `object` is then the generator, since findings are not for the Policy's author. */
  readonly isSupplied?: true;
}

/** A hop as it was written, and where each of its values stands. */
export type WrittenHop = {
  [Operation in keyof Requests]: {
    readonly operation: Operation;
    readonly parameters: WrittenParameters[Operation];
    at(name: string): WrittenAt;
  };
}[keyof Requests];
