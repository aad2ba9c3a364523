import type { SecretRef } from '../api/kinds.ts';
import type { Identity, SecretKeyRef } from '../api/plan.ts';
import type { AssumeRoleSpec } from '../api/sts-assume-role-token.ts';

/** A spec asks for an identity that cannot be taken. */
export interface IdentityRefusal {
  readonly reason: 'bothGiven' | 'jwt';
}

/**
 * Who asks, in order of precedence:
 * 1. `jwt` and `secretRef` together are refused: External Secrets silently takes one of them.
 * 2. `jwt` is not in this version.
 * 3. `secretRef`: keys from a Secret.
 * 4. Neither: the SDK's default chain.
 */
export function chooseIdentity(auth: AssumeRoleSpec['auth'], generator: SecretRef): Identity | IdentityRefusal {
  const { jwt, secretRef } = auth ?? {};
  if (jwt !== undefined && secretRef !== undefined) return { reason: 'bothGiven' };
  if (jwt !== undefined) return { reason: 'jwt' };
  if (secretRef === undefined) return { source: 'default' };
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

/** References resolve in the generator's namespace, whatever they say (external-secrets.md fact 4). */
function resolve({ name, key }: { name: string; key: string }, generator: SecretRef, field: string): SecretKeyRef {
  const namespace = generator.namespace === undefined ? {} : { namespace: generator.namespace };
  return { name, key, ...namespace, field: `spec.auth.secretRef.${field}` };
}
