import * as z from 'zod';
import { awsAuth } from './aws-auth.ts';
import { generatorMetadata } from './generator-metadata.ts';

/**
 * `spec` of STSSessionToken, as External Secrets has it (apis/generators/v1alpha1/types_sts.go). `role` and `auth.jwt` are in its
 * schema, and AWS refuses what they ask for: chain/ and identity/ say so.
 */
export const sessionTokenSpec = z.strictObject({
  region: z
    .string()
    .meta({ description: 'AWS region whose STS is asked. `""`: AWS_REGION, then the selected profile.' }),
  role: z
    .string()
    .min(1, 'must not be empty')
    .optional()
    .meta({ description: "Refused: AWS denies GetSessionToken to a role's session. Use STSAssumeRoleToken." }),
  auth: awsAuth,
  requestParameters: z
    .strictObject({
      sessionDuration: z
        .int32('must be an integer without quotes')
        .optional()
        .meta({ description: 'Seconds, 900 to 129600. Default: 43200. AWS gives a root user one hour at most.' }),
      serialNumber: z
        .string()
        .optional()
        .meta({ description: 'The MFA device: its serial number or ARN, 9 to 256 characters. Only with `tokenCode`.' }),
      tokenCode: z
        .string()
        .optional()
        .meta({ description: 'The code that the device shows, 6 digits in quotes. AWS takes each code once.' }),
    })
    .optional()
    .meta({ description: 'Parameters of GetSessionToken.' }),
});

/** A whole STSSessionToken manifest. */
export const sessionToken = z.strictObject({
  apiVersion: z.literal('generators.external-secrets.io/v1alpha1'),
  kind: z.literal('STSSessionToken'),
  metadata: generatorMetadata,
  spec: sessionTokenSpec,
  status: z.unknown().optional(),
});
