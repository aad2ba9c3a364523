import * as z from 'zod';
import { defined, once } from '../model/plain-data.ts';
import { awsAuth, nonEmpty, optional } from '../model/schema-parts.ts';
import { declareRoles } from './declare-roles.ts';
import type { Kind } from './kind.ts';

/** `spec` of ECRAuthorizationToken, as External Secrets has it (apis/generators/v1alpha1/types_ecr.go). */
export const registryTokenSpec = once(() =>
  z.strictObject({
    region: z.string().meta({
      description:
        'AWS region whose STS and registry are asked. `""`: AWS_REGION, then the selected profile. Public registries are asked in us-east-1, the only region that has them.',
    }),
    role: optional(nonEmpty, 'ARN of a role to assume before the registry is asked. Absent: no role is assumed.'),
    auth: awsAuth(),
    scope: optional(
      z.enum(['private', 'public']),
      "`private`, the default: the registry of the caller's account; `public`: public.ecr.aws.",
    ),
  }),
);

/** The one region that gives logins for public.ecr.aws. */
const PUBLIC_REGISTRY_REGION = 'us-east-1';

/** A login for a registry, behind a role or without one. */
export const ecrAuthorizationToken: Kind<z.infer<ReturnType<typeof registryTokenSpec>>> = {
  gives: 'login',
  inCluster: 'ecrAuthorizationTokenSpec',
  spec: registryTokenSpec,
  declare({ role, scope = 'private' }, context) {
    const { generator: object, region } = context;
    const roles = declareRoles(context, role === undefined ? undefined : { role });
    const operation = 'GetAuthorizationToken';
    const registryRegion = region !== undefined && scope === 'public' ? PUBLIC_REGISTRY_REGION : region;
    const at = (name: string) => ({ object, field: `spec.${name}` });
    return {
      ...roles,
      after: registryRegion === undefined ? [] : [{ operation, region: registryRegion, request: { scope } }],
      writtenHops: [...roles.writtenHops, { operation, parameters: { scope, ...defined({ region }) }, at }],
    };
  },
};
