import canonicalize from 'canonicalize';
import type { Plan } from '../api/plan.ts';

/**
 * What makes two hops the same call: identity, every parameter of every hop so far, and the endpoint. A shorter key lets
 * one chain take another's session (external-secrets #4455).
 */
export function hopKey({ identity, hops }: Plan, index: number, endpoint: string | undefined): string {
  return canonicalize({ identity, hops: hops.slice(0, index + 1), endpoint: endpoint ?? null }) ?? '';
}
