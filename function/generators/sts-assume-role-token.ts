import * as z from 'zod';
import { once } from '../model/plain-data.ts';
import { awsAuth, nonEmpty, optional, seconds, stsRegion } from '../model/schema-parts.ts';
import { declareRoles } from './declare-roles.ts';
import type { Kind } from './kind.ts';

/**
 * `spec` of STSAssumeRoleToken, as in external-secrets PR #6404
 * (apis/generators/v1alpha1/types_stsassumerole.go). Unknown fields are refused, since API servers drop them silently.
 */
export const assumeRoleSpec = once(() =>
  z.strictObject({
    region: stsRegion,
    role: nonEmpty.meta({ description: 'ARN of the role to assume.' }),
    auth: awsAuth(),
    requestParameters: optional(
      z.strictObject({
        sessionDuration: optional(
          seconds,
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

/** A role, behind the hops of its entry. */
export const stsAssumeRoleToken: Kind<z.infer<ReturnType<typeof assumeRoleSpec>>> = {
  gives: 'session',
  inCluster: 'stsAssumeRoleTokenSpec',
  spec: assumeRoleSpec,
  declare: ({ role, requestParameters }, context) => declareRoles(context, { role, ...requestParameters }),
};
