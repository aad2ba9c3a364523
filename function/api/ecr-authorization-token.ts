import * as z from 'zod';
import { awsAuth } from './aws-auth.ts';
import { generatorMetadata } from './generator-metadata.ts';

/** `spec` of ECRAuthorizationToken, as External Secrets has it (apis/generators/v1alpha1/types_ecr.go). */
export const registryTokenSpec = z.strictObject({
  region: z.string().meta({
    description:
      'AWS region whose STS and registry are asked. `""`: AWS_REGION, then the selected profile. Public registries are asked in us-east-1, the only region that has them.',
  }),
  role: z.string().min(1, 'must not be empty').optional().meta({
    description: 'ARN of a role to assume before the registry is asked. Absent: whoever asks, asks by itself.',
  }),
  auth: awsAuth,
  scope: z
    .enum(['private', 'public'])
    .optional()
    .meta({ description: "`private`, the default: the registry of the caller's account; `public`: public.ecr.aws." }),
});

/** A whole ECRAuthorizationToken manifest. */
export const registryToken = z.strictObject({
  apiVersion: z.literal('generators.external-secrets.io/v1alpha1'),
  kind: z.literal('ECRAuthorizationToken'),
  metadata: generatorMetadata,
  spec: registryTokenSpec,
  status: z.unknown().optional(),
});
