import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { DATA_HASH_ANNOTATION, MERGED_ANNOTATION } from '../model/annotations.ts';
import type { SecretManifest } from '../model/flow.ts';
import { type Hop, isRoleHop } from '../model/hop.ts';
import type { Job, SecretForm, SecretPart, WantedSecret } from '../model/job.ts';
import type { KnownObject } from '../model/known.ts';
import type { SecretKeyRef } from '../model/schema-parts.ts';
import { addedKeys } from './format-secret.ts';

/** What decides which keys a job adds to a Secret of others. */
type Adding = Pick<Job, 'parts' | 'form'>;

/**
 * The Secret with the digest of its data as they stand: once they are encrypted, so that nobody needs a key to compare. The MAC
 * of SOPS may be there before: it covers the values alone.
 */
export function withDataHash(secret: SecretManifest, job: Adding): SecretManifest {
  const { metadata, data } = secret;
  const hash = digestOfTexts(coveredBy(job, metadata, data));
  return {
    ...secret,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [DATA_HASH_ANNOTATION]: hash } },
  };
}

/**
 * True while a Secret holds what was written into it: every key and every text, as its annotation says. Who can write both can
 * make them fit. Of a Secret that was only added to, the `job` says which keys those are; without one all of its data count.
 */
export function isIntact({ annotations, data = {}, stringData = {} }: Kept, job?: Adding): boolean {
  const covered = coveredBy(job, { annotations }, data);
  const overriding = coveredBy(job, { annotations }, stringData); // an API server lets it win over data
  const isText = Object.values(covered).every((value) => typeof value === 'string');
  return isText && Object.keys(overriding).length === 0 && annotations[DATA_HASH_ANNOTATION] === digestOfTexts(covered);
}

type Kept = Pick<KnownObject, 'annotations' | 'data' | 'stringData'>;

/** All of the data, or of a Secret of others what the job adds to it: where a template names those keys itself, all again. */
function coveredBy<T>(
  job: Adding | undefined,
  { annotations }: Pick<KnownObject, 'annotations'>,
  data: Readonly<Record<string, T>>,
): Readonly<Record<string, T>> {
  const isAdded = job?.form.merge !== undefined && annotations[MERGED_ANNOTATION] === 'true';
  const added = isAdded ? addedKeys(job) : undefined;
  if (added === undefined) return data;
  const keys = new Set(added); // either may be thousands
  return Object.fromEntries(Object.entries(data).filter(([key]) => keys.has(key)));
}

/** Canonical JSON has no lone surrogates, and what somebody wrote may. */
function digestOfTexts(data: Readonly<Record<string, unknown>>): string {
  const texts = Object.entries(data).map(([key, value]) => [key.toWellFormed(), String(value).toWellFormed()]);
  return digestOf(Object.fromEntries(texts));
}

const HASH_VERSION = 'v1';
const HEX_DIGITS = 32;

/** `v1-` and 32 hex digits of SHA-256 over canonical JSON (RFC 8785), which sorts keys and leaves out what is undefined. */
function digestOf(value: object): string {
  const digest = createHash('sha256')
    .update(canonicalize(value) ?? '')
    .digest('hex');
  return `${HASH_VERSION}-${digest.slice(0, HEX_DIGITS)}`;
}

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
