import * as z from 'zod';
import { secretKeySelector } from './aws-auth.ts';

const region = z.string().optional().meta({ description: "AWS region whose STS is asked; default: the generator's." });

const fields = {
  sessionName: z.string().optional().meta({ description: 'RoleSessionName, 2 to 64 characters.' }),
  sessionDuration: z
    .int32('must be an integer without quotes')
    .optional()
    .meta({ description: 'Seconds; default 3600. At most 3600 after the first hop.' }),
  externalID: z.string().optional().meta({ description: "External ID, where the role's trust policy asks for one." }),
  externalIDFrom: secretKeySelector
    .optional()
    .meta({ description: "The external ID in a Secret of the generator's namespace, instead of `externalID`." }),
  tags: z.record(z.string(), z.string('must be a string')).optional().meta({ description: 'Session tags.' }),
  transitiveTagKeys: z
    .array(z.string())
    .optional()
    .meta({ description: 'Keys of `tags` that all later hops inherit.' }),
  sourceIdentity: z.string().optional().meta({ description: 'Source identity; it stays for all later hops.' }),
  policyARNs: z.array(z.string()).optional().meta({ description: 'ARNs of managed policies that narrow the session.' }),
  policy: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'A policy document, as an object, that narrows the session.' }),
};

/** Parameters of the last hop, whose role is the generator's. */
export const lastHop = z.strictObject(fields);

/** A hop before the generator's role. A string is the role alone. */
export const viaHop = z.preprocess(
  (value) => (typeof value === 'string' ? { role: value } : value),
  z.strictObject({
    role: z.string().min(1, 'must not be empty').meta({ description: 'ARN of the role.' }),
    region,
    ...fields,
  }),
);

/** One hop as somebody wrote it. */
export interface HopSpec extends z.infer<typeof lastHop> {
  readonly role?: string;
  readonly region?: string | undefined;
}

/** The scalars of a generator's spec that AWS has limits for: those whose own type is right. */
export interface SpecScalars extends Pick<HopSpec, 'region' | 'role' | 'sessionDuration' | 'externalID'> {
  readonly serialNumber?: string;
  readonly tokenCode?: string;
  readonly scope?: 'private' | 'public';
}
