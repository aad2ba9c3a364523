import canonicalize from 'canonicalize';
import type { Hop } from '../api/hop.ts';
import type { Chain } from '../api/job.ts';

/**
 * What makes two hops the same call: identity, endpoint, and every parameter of every hop so far. A shorter key lets one
 * chain take another's session (external-secrets #4455).
 */
export type HopKey = string & { readonly isHopKey: true };

/** The key of whoever signs the first hop. */
export function identityKey({ identity }: Pick<Chain, 'identity'>, endpoint: string | undefined): HopKey {
  return canonicalize({ identity: identity.hashed, endpoint: endpoint ?? null }) as HopKey;
}

/** The key of a hop behind `before`, and of whoever signs the next. Each part is one line: canonical JSON has no line break. */
export function hopKey(before: HopKey, hop: Hop): HopKey {
  return `${before}\n${canonicalize(hop)}` as HopKey;
}
