import * as z from 'zod';
import { nonEmpty } from '../api/names.ts';
import { once } from '../api/once.ts';
import { optional } from '../api/optional.ts';
import { awsAuth } from '../identity/sources.ts';

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
