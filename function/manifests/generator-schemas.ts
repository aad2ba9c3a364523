import * as z from 'zod';
import { awsAuth } from '../identity/sources.ts';
import { CLUSTER_GENERATOR_KIND, GENERATOR_API_VERSION, type GeneratorKind } from '../model/kinds.ts';
import { once } from '../model/plain-data.ts';
import { generatorMetadata, nonEmpty, optional } from '../model/schema-parts.ts';

/**
 * `spec` of STSAssumeRoleToken, as in external-secrets PR #6404
 * (apis/generators/v1alpha1/types_stsassumerole.go). Unknown fields are refused, since API servers drop them silently.
 * The limits of AWS are checked in chain/, on what will be sent.
 */
export const assumeRoleSpec = once(() =>
  z.strictObject({
    region: z.string().meta({
      description: 'AWS region whose STS is asked. `""`: AWS_REGION, then the selected profile.',
    }),
    role: nonEmpty.meta({ description: 'ARN of the role to assume.' }),
    auth: awsAuth(),
    requestParameters: optional(
      z.strictObject({
        sessionDuration: optional(
          z.int32('must be an integer without quotes'),
          'Seconds, 900 to 43200, and at most 3600 when the caller is itself a role session. Default: 3600.',
        ),
        externalID: optional(
          z.string(),
          "External ID, 2 to 1224 characters, where the role's trust policy asks for one.",
        ),
      }),
      'Parameters of AssumeRole.',
    ),
  }),
);

/**
 * `spec` of STSSessionToken, as External Secrets has it (apis/generators/v1alpha1/types_sts.go). `role` and `auth.jwt` are in its
 * schema, and AWS refuses what they ask for: chain/ and identity/ say so.
 */
export const sessionTokenSpec = once(() =>
  z.strictObject({
    region: z.string().meta({
      description: 'AWS region whose STS is asked. `""`: AWS_REGION, then the selected profile.',
    }),
    role: optional(nonEmpty, "Refused: AWS denies GetSessionToken to a role's session. Use STSAssumeRoleToken."),
    auth: awsAuth(),
    requestParameters: optional(
      z.strictObject({
        sessionDuration: optional(
          z.int32('must be an integer without quotes'),
          'Seconds, 900 to 129600. Default: 43200. AWS gives a root user one hour at most.',
        ),
        serialNumber: optional(
          z.string(),
          'The MFA device: its serial number or ARN, 9 to 256 characters. Only with `tokenCode`.',
        ),
        tokenCode: optional(
          z.string(),
          'The code that the device shows, 6 digits in quotes. AWS takes each code once.',
        ),
      }),
      'Parameters of GetSessionToken.',
    ),
  }),
);

/** `spec` of ECRAuthorizationToken, as External Secrets has it (apis/generators/v1alpha1/types_ecr.go). */
export const registryTokenSpec = once(() =>
  z.strictObject({
    region: z.string().meta({
      description:
        'AWS region whose STS and registry are asked. `""`: AWS_REGION, then the selected profile. Public registries are asked in us-east-1, the only region that has them.',
    }),
    role: optional(
      nonEmpty,
      'ARN of a role to assume before the registry is asked. Absent: whoever asks, asks by itself.',
    ),
    auth: awsAuth(),
    scope: optional(
      z.enum(['private', 'public']),
      "`private`, the default: the registry of the caller's account; `public`: public.ecr.aws.",
    ),
  }),
);

/** The field of `spec.generator` that has the spec of each kind: a new kind is a row here. */
export const CLUSTER_GENERATOR_SPECS = {
  STSAssumeRoleToken: 'stsAssumeRoleTokenSpec',
  STSSessionToken: 'stsSessionTokenSpec',
  ECRAuthorizationToken: 'ecrAuthorizationTokenSpec',
} satisfies Record<GeneratorKind, string>;

const generator = () =>
  z.strictObject(
    Object.fromEntries(
      Object.entries(CLUSTER_GENERATOR_SPECS).map(([kind, field]) => [
        field,
        optional(z.unknown(), `\`spec\` of ${kind}.`),
      ]),
    ),
  );

/** A whole ClusterGenerator of a kind of ours. What is in the spec of its generator is checked as that of a generator. */
export const clusterGenerator = once(() =>
  z.strictObject({
    apiVersion: z.literal(GENERATOR_API_VERSION),
    kind: z.literal(CLUSTER_GENERATOR_KIND),
    metadata: generatorMetadata.omit({ namespace: true }),
    spec: z.strictObject({
      kind: z
        .enum(Object.keys(CLUSTER_GENERATOR_SPECS))
        .meta({ description: 'Kind of the generator that it is in each namespace.' }),
      generator: generator().meta({ description: 'Exactly one spec, that of `spec.kind`.' }),
    }),
    status: z.unknown().optional(),
  }),
);
