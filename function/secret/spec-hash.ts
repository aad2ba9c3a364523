import { type Hop, isRoleHop } from '../api/hop.ts';
import type { SecretForm, SecretPart, WantedSecret } from '../api/job.ts';
import type { SecretKeyRef } from '../api/secret-key-ref.ts';
import { digestOf } from './data-hash.ts';

/**
 * Digest of everything that decides what STS is asked, where the answer goes and what the Secret looks like; one part stands for
 * itself. What is read from an object counts by reference, so that no look-up is needed to compare.
 */
export function specHash(
  parts: readonly Pick<SecretPart, 'chain' | 'keys'>[],
  { target, form }: Pick<WantedSecret, 'target' | 'form'>,
): string {
  const all = parts.map(hashedPart);
  return digestOf({ ...(all.length === 1 ? all[0] : { parts: all }), target, ...hashedForm(form) });
}

function hashedPart({ chain, keys }: Pick<SecretPart, 'chain' | 'keys'>): object {
  const hops = chain.hops.map((hop) => ({ ...hop, request: hashedRequest(hop) }));
  return { identity: chain.identity.hashed, hops, keys };
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

function byReference({ name, namespace, key }: SecretKeyRef): object {
  return { name, namespace, key };
}

/** Templates without the places where they are written. */
function hashedForm({ template, ...form }: SecretForm): object {
  if (template === undefined) return form;
  return { ...form, template: { ...template, parts: template.parts.map(({ field: _, ...part }) => part) } };
}
