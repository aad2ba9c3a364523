import type { AwsAuth } from '../api/aws-auth.ts';
import { defined } from '../api/defined.ts';
import { type Finding, finding } from '../api/finding.ts';
import type { IdentitySpec } from '../api/identity-spec.ts';
import type { Identity } from '../api/job.ts';
import { describeObject, type NamedRef, type ObjectRef } from '../api/kinds.ts';
import type { SecretKeyRef } from '../api/secret-key-ref.ts';
import { DEFAULT_AUDIENCE } from './audience.ts';

/**
 * Who asks, in order of precedence:
 * 1. `jwt` and `secretRef` together are refused: External Secrets silently takes one of them.
 * 2. `spec.auth` beside an entry's `identity` is refused: what the manifest says must stay true where it is read.
 * 3. `jwt`: a ServiceAccount's token.
 * 4. `secretRef`: keys from a Secret.
 * 5. The entry's `identity`: a token.
 * 6. Neither: the SDK's default chain.
 */
export function chooseIdentity(
  auth: AwsAuth,
  generator: ObjectRef,
  identity: IdentitySpec | undefined,
): Identity | Finding {
  const { jwt, secretRef } = auth ?? {};
  if (jwt !== undefined && secretRef !== undefined)
    return refuse(generator, '`spec.auth` has both `secretRef` and `jwt`');
  if (identity !== undefined && (jwt !== undefined || secretRef !== undefined)) {
    return refuse(generator, 'it has `spec.auth`, and its entry of the functionConfig has `identity`');
  }
  if (jwt !== undefined) return toServiceAccount(jwt, generator);
  if (secretRef !== undefined) return toKeys(secretRef, generator);
  return identity === undefined ? { source: 'default' } : toToken(identity);
}

function refuse(object: ObjectRef, cause: string): Finding {
  const message = `cannot use ${describeObject(object)}: ${cause}. Remove one of them.`;
  return finding('SPEC_INVALID', message, { object, field: 'spec.auth' });
}

type Auth = NonNullable<AwsAuth>;

function toServiceAccount({ serviceAccountRef }: NonNullable<Auth['jwt']>, { namespace }: NamedRef): Identity {
  const { name, audiences = [] } = serviceAccountRef;
  return { source: 'serviceAccount', ...defined({ name, namespace }), audiences };
}

/** References resolve in the generator's namespace, whatever they say (external-secrets.md fact 4). */
function toKeys(secretRef: NonNullable<Auth['secretRef']>, { namespace }: NamedRef): Identity {
  const { accessKeyIDSecretRef, secretAccessKeySecretRef, sessionTokenSecretRef } = secretRef;
  const resolve = ({ name, key }: { name: string; key: string }, field: keyof typeof secretRef): SecretKeyRef => ({
    ...defined({ name, key, namespace }),
    field: `spec.auth.secretRef.${field}`,
  });
  return {
    source: 'secretRef',
    accessKeyId: resolve(accessKeyIDSecretRef, 'accessKeyIDSecretRef'),
    secretAccessKey: resolve(secretAccessKeySecretRef, 'secretAccessKeySecretRef'),
    ...(sessionTokenSecretRef && { sessionToken: resolve(sessionTokenSecretRef, 'sessionTokenSecretRef') }),
  };
}

/** The schema lets exactly one source pass. */
function toToken({ tokenFile, tokenEnv, github }: IdentitySpec): Identity {
  if (tokenFile !== undefined) return { source: 'tokenFile', path: tokenFile };
  if (tokenEnv !== undefined) return { source: 'tokenEnv', name: tokenEnv };
  return { source: 'github', audience: github?.audience ?? DEFAULT_AUDIENCE };
}
