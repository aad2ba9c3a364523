import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { type Hop, isRoleHop } from '../api/hop.ts';
import type { Identity, Plan, WantedSecret } from '../api/plan.ts';
import type { SecretKeyRef } from '../api/secret-key-ref.ts';

const HASH_VERSION = 'v1';
const HEX_DIGITS = 32;

/**
 * Digest of everything that decides what STS is asked, where the answer goes and what the Secret looks like: `v1-` and 32 hex digits of SHA-256 over
 * canonical JSON (RFC 8785). What is read from a Secret counts by reference, so that no look-up is needed to compare.
 */
export function specHash(plan: Plan, { target, form }: Pick<WantedSecret, 'target' | 'form'>): string {
  const hops = plan.hops.map((hop) => ({ ...hop, request: hashedRequest(hop) }));
  const hashed = { identity: hashedIdentity(plan.identity), hops, target, ...form };
  const digest = createHash('sha256')
    .update(canonicalize(hashed) ?? '')
    .digest('hex');
  return `${HASH_VERSION}-${digest.slice(0, HEX_DIGITS)}`;
}

function hashedIdentity(identity: Identity): unknown {
  if (identity.source === 'default') return 'default';
  if (identity.source !== 'secretRef') return identity;
  const { accessKeyId, secretAccessKey, sessionToken } = identity;
  return [accessKeyId, secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken])].map(byReference);
}

function hashedRequest(hop: Hop): unknown {
  if (hop.operation === 'GetSessionToken') {
    const { tokenCode: _, ...request } = hop.request; // used up when the Secret is there: another one is no reason to ask again
    return request;
  }
  if (!isRoleHop(hop)) return hop.request;
  const { externalIDFrom, ...request } = hop.request;
  return externalIDFrom === undefined ? request : { ...request, externalIDFrom: byReference(externalIDFrom) };
}

function byReference({ name, namespace, key }: SecretKeyRef): unknown {
  return { name, key, ...(namespace === undefined ? {} : { namespace }) };
}
