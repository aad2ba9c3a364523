import * as z from 'zod';
import { dataKey, namespaceName, objectName } from './names.ts';

/** One key of a Secret in the generator's namespace. */
export const secretKeySelector = z
  .strictObject({
    name: objectName.meta({ description: 'Name of the Secret.' }),
    key: dataKey.meta({ description: 'Key in the Secret.' }),
    namespace: namespaceName
      .optional()
      .meta({ description: "The generator's own namespace or absent; any other is refused." }),
  })
  .meta({ description: 'One key of a Secret.' });

const secretRef = z
  .strictObject({
    accessKeyIDSecretRef: secretKeySelector.meta({ description: 'Where the access key ID is.' }),
    secretAccessKeySecretRef: secretKeySelector.meta({ description: 'Where the secret access key is.' }),
    sessionTokenSecretRef: secretKeySelector
      .optional()
      .meta({ description: 'Where the session token is: required when the keys are temporary.' }),
  })
  .meta({ description: 'Keys in a Secret.' });

const jwt = z
  .strictObject({
    serviceAccountRef: z
      .strictObject({
        name: objectName.meta({ description: 'Name of the ServiceAccount.' }),
        namespace: namespaceName
          .optional()
          .meta({ description: "The generator's own namespace or absent; any other is refused." }),
        audiences: z
          .array(z.string().min(1, 'must not be empty'))
          .optional()
          .meta({ description: 'Audiences that are added.' }),
      })
      .meta({ description: 'The ServiceAccount whose IAM role is taken first.' }),
  })
  .meta({ description: "A ServiceAccount's token, from a cluster's API server." });

/**
 * `spec` of STSAssumeRoleToken, as in external-secrets PR #6404
 * (apis/generators/v1alpha1/types_stsassumerole.go). Unknown fields are refused, since API servers drop them silently.
 * The limits of AWS are checked in chain/, on what will be sent.
 */
export const assumeRoleSpec = z.strictObject({
  region: z
    .string()
    .meta({ description: 'AWS region whose STS is asked. `""`: AWS_REGION, then the selected profile.' }),
  role: z.string().min(1, 'must not be empty').meta({ description: 'ARN of the role to assume.' }),
  auth: z
    .strictObject({ secretRef: secretRef.optional(), jwt: jwt.optional() })
    .optional()
    .meta({ description: "Who asks. Absent: the AWS SDK's default credential chain." }),
  requestParameters: z
    .strictObject({
      sessionDuration: z.int32('must be an integer without quotes').optional().meta({
        description: 'Seconds, 900 to 43200, and at most 3600 when the caller is itself a role session. Default: 3600.',
      }),
      externalID: z
        .string()
        .optional()
        .meta({ description: "External ID, 2 to 1224 characters, where the role's trust policy asks for one." }),
    })
    .optional()
    .meta({ description: 'Parameters of AssumeRole.' }),
});

/** The checked `spec` of a generator. */
export type AssumeRoleSpec = z.infer<typeof assumeRoleSpec>;

/** The parts of `metadata` that this function reads; the others are left alone. */
const generatorMetadata = z.looseObject({
  name: objectName,
  namespace: namespaceName.optional(),
  annotations: z.record(z.string(), z.string('must be a string')).nullish(),
  labels: z.record(z.string(), z.string('must be a string')).nullish(),
});

/** A whole STSAssumeRoleToken manifest. */
export const assumeRoleToken = z.strictObject({
  apiVersion: z.literal('generators.external-secrets.io/v1alpha1'),
  kind: z.literal('STSAssumeRoleToken'),
  metadata: generatorMetadata,
  spec: assumeRoleSpec,
  status: z.unknown().optional(),
});
