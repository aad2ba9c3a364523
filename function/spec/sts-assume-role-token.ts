import * as z from 'zod';
import { nonEmpty } from '../api/names.ts';
import { once } from '../api/once.ts';
import { optional } from '../api/optional.ts';
import { awsAuth } from '../identity/sources.ts';

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
