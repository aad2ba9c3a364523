import * as z from 'zod';
import { nonEmpty } from '../api/names.ts';
import { once } from '../api/once.ts';
import { optional } from '../api/optional.ts';
import { awsAuth } from '../identity/sources.ts';

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
