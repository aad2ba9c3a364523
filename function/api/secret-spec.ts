import * as z from 'zod';
import { dataKey, qualifiedName } from './names.ts';
import { once } from './once.ts';
import { optional } from './optional.ts';

/** What a session is to be read by: variables, a shared credentials file, `credential_process`, or whoever knows our keys. */
export const SESSION_FORMATS = ['keys', 'env', 'credentialsFile', 'credentialProcess'] as const;
/** The same for a login to a registry: `imagePullSecrets`, or whoever knows our keys. */
export const REGISTRY_FORMATS = ['keys', 'dockerConfigJson'] as const;

export type SessionFormat = (typeof SESSION_FORMATS)[number];
export type RegistryFormat = (typeof REGISTRY_FORMATS)[number];
export type SecretFormat = SessionFormat | RegistryFormat;

/** Half of a character cannot be written. */
const text = () =>
  z.string().refine((value) => value.isWellFormed(), 'must not hold half of a character (a lone surrogate)');
const texts = () => z.record(qualifiedName, text());

const sops = () =>
  z.strictObject({
    age: z.array(z.string()).meta({ description: 'Recipients, `age1…`: whoever has the identity of one can read it.' }),
  });

/** One entry of `secrets`: as many Secrets as it has namespaces, with the same session. */
export const secretSpec = once(() =>
  z.strictObject({
    name: optional(z.string(), "Name of the Secret; default: the generator's."),
    namespaces: optional(
      z.array(z.string()).min(1, 'must name at least one namespace'),
      "Namespaces, a Secret in each; default: the generator's.",
    ),
    labels: optional(texts(), 'Labels of the Secret.'),
    annotations: optional(texts(), 'Annotations of the Secret.'),
    format: optional(
      z.enum([...SESSION_FORMATS, 'dockerConfigJson']),
      '`keys`, the default: access_key_id, secret_access_key, session_token, expiration. `env`: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION. `credentialsFile`, `credentialProcess`: one file for the AWS SDKs. Of an ECRAuthorizationToken `keys` are username, password, proxy_endpoint, expires_at; `dockerConfigJson`: for `imagePullSecrets`.',
    ),
    key: optional(
      dataKey,
      'Key of the file in the Secret; default: `credentials`, of a credentialProcess `credentials.json`.',
    ),
    encrypt: optional(
      z.strictObject({ sops: sops() }),
      'The values are encrypted as SOPS does. Absent: base64, which is plain text.',
    ),
  }),
);

export type SecretSpec = z.infer<ReturnType<typeof secretSpec>>;
