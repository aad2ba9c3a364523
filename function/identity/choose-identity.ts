import type { AwsAuth } from '../api/aws-auth.ts';
import type { IdentitySpec } from '../api/identity-spec.ts';
import type { NamedRef } from '../api/kinds.ts';
import type { Identity } from '../api/plan.ts';
import type { SecretKeyRef } from '../api/secret-key-ref.ts';
import { DEFAULT_AUDIENCE } from './audience.ts';

/** A spec asks for an identity that cannot be taken. */
export interface IdentityRefusal {
  readonly reason: 'bothGiven' | 'authAndIdentity';
}

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
  generator: NamedRef,
  identity: IdentitySpec | undefined,
): Identity | IdentityRefusal {
  const { jwt, secretRef } = auth ?? {};
  if (jwt !== undefined && secretRef !== undefined) return { reason: 'bothGiven' };
  if (identity !== undefined && (jwt !== undefined || secretRef !== undefined)) return { reason: 'authAndIdentity' };
  if (jwt !== undefined) return toServiceAccount(jwt, generator);
  if (secretRef !== undefined) return toKeys(secretRef, generator);
  return identity === undefined ? { source: 'default' } : toToken(identity);
}

function toServiceAccount(
  { serviceAccountRef: { name, audiences = [] } }: NonNullable<NonNullable<AwsAuth>['jwt']>,
  { namespace }: NamedRef,
): Identity {
  return { source: 'serviceAccount', name, ...(namespace === undefined ? {} : { namespace }), audiences };
}

function toKeys(secretRef: NonNullable<NonNullable<AwsAuth>['secretRef']>, generator: NamedRef): Identity {
  const { accessKeyIDSecretRef, secretAccessKeySecretRef, sessionTokenSecretRef } = secretRef;
  return {
    source: 'secretRef',
    accessKeyId: resolve(accessKeyIDSecretRef, generator, 'accessKeyIDSecretRef'),
    secretAccessKey: resolve(secretAccessKeySecretRef, generator, 'secretAccessKeySecretRef'),
    ...(sessionTokenSecretRef === undefined
      ? {}
      : { sessionToken: resolve(sessionTokenSecretRef, generator, 'sessionTokenSecretRef') }),
  };
}

/** The schema lets exactly one source pass. */
function toToken({ tokenFile, tokenEnv, github }: IdentitySpec): Identity {
  if (tokenFile !== undefined) return { source: 'tokenFile', path: tokenFile };
  if (tokenEnv !== undefined) return { source: 'tokenEnv', name: tokenEnv };
  return { source: 'github', audience: github?.audience ?? DEFAULT_AUDIENCE };
}

/** References resolve in the generator's namespace, whatever they say (external-secrets.md fact 4). */
function resolve({ name, key }: { name: string; key: string }, generator: NamedRef, field: string): SecretKeyRef {
  const namespace = generator.namespace === undefined ? {} : { namespace: generator.namespace };
  return { name, key, ...namespace, field: `spec.auth.secretRef.${field}` };
}
