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

/** `spec.auth` of every generator. */
export const awsAuth = z
  .strictObject({ secretRef: secretRef.optional(), jwt: jwt.optional() })
  .optional()
  .meta({ description: "Who asks. Absent: the AWS SDK's default credential chain." });

export type AwsAuth = z.infer<typeof awsAuth>;
