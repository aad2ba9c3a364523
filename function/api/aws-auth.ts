import * as z from 'zod';
import { dataKey, namespaceName, nonEmpty, objectName } from './names.ts';
import { once } from './once.ts';
import { optional } from './optional.ts';

const ownNamespace = optional(namespaceName, "The generator's own namespace or absent; any other is refused.");

/** One key of a Secret in the generator's namespace. */
export const secretKeySelector = z
  .strictObject({
    name: objectName.meta({ description: 'Name of the Secret.' }),
    key: dataKey.meta({ description: 'Key in the Secret.' }),
    namespace: ownNamespace,
  })
  .meta({ description: 'One key of a Secret.' });

const secretRef = () =>
  z.strictObject({
    accessKeyIDSecretRef: secretKeySelector.meta({ description: 'Where the access key ID is.' }),
    secretAccessKeySecretRef: secretKeySelector.meta({ description: 'Where the secret access key is.' }),
    sessionTokenSecretRef: optional(
      secretKeySelector,
      'Where the session token is: required when the keys are temporary.',
    ),
  });

const jwt = () =>
  z.strictObject({
    serviceAccountRef: z
      .strictObject({
        name: objectName.meta({ description: 'Name of the ServiceAccount.' }),
        namespace: ownNamespace,
        audiences: optional(z.array(nonEmpty), 'Audiences that are added.'),
      })
      .meta({ description: 'The ServiceAccount whose IAM role is taken first.' }),
  });

/** `spec.auth` of every generator. */
export const awsAuth = once(() =>
  optional(
    z.strictObject({
      secretRef: optional(secretRef(), 'Keys in a Secret.'),
      jwt: optional(jwt(), "A ServiceAccount's token, from a cluster's API server."),
    }),
    "Who asks. Absent: the AWS SDK's default credential chain.",
  ),
);

export type AwsAuth = z.infer<ReturnType<typeof awsAuth>>;
