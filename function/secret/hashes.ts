import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { DATA_HASH_ANNOTATION, MERGED_ANNOTATION } from '../model/annotations.ts';
import type { SecretManifest } from '../model/flow.ts';
import type { Hop } from '../model/hop.ts';
import type { Job, SecretPart, WantedSecret } from '../model/job.ts';
import type { KnownObject } from '../model/known.ts';
import { addedKeys } from './format-secret.ts';

/** The parts of a job that decide which keys it adds to a Secret of others. */
type Adding = Pick<Job, 'parts' | 'form'>;

/**
 * The Secret with the digest of its data as they are now: encrypted ones are not decrypted for it, so that nobody needs a key to compare.
 * The MAC of SOPS may be there before, since it covers the values alone.
 */
export function withDataHash(secret: SecretManifest, job: Adding): SecretManifest {
  const { metadata, data } = secret;
  const hash = digestOfData(data, metadata, job);
  const annotations = { ...metadata.annotations, ...(hash !== undefined && { [DATA_HASH_ANNOTATION]: hash }) };
  return { ...secret, metadata: { ...metadata, annotations } };
}

/**
 * True while a Secret holds what was written into it: every key and every text, as its annotation says. Whoever can write both can
 * make them fit. Of a Secret that was only added to, the `job` says which keys those are; without one all of its data count.
 */
export function isIntact(secret: Pick<KnownObject, 'annotations' | 'data' | 'stringData'>, job?: Adding): boolean {
  const { annotations, data = {}, stringData = {} } = secret;
  const hash = digestOfData(data, secret, job);
  if (hash === undefined || hash !== annotations[DATA_HASH_ANNOTATION]) return false;
  return digestOfData(stringData, secret, job) === digestOf({}); // an API server lets it win over data, so it must have none of them
}

/**
 * The digest of all data, or of what the job adds to a Secret of others: of all again, where a template names those keys itself.
 * Undefined where a value is no text.
 */
function digestOfData(
  data: Readonly<Record<string, unknown>>,
  { annotations }: Pick<KnownObject, 'annotations'>,
  job: Adding | undefined,
): string | undefined {
  const isAdded = job?.form.merge !== undefined && annotations[MERGED_ANNOTATION] === 'true';
  const added = isAdded ? addedKeys(job) : undefined;
  const keys = added && new Set(added); // either may be thousands
  const covered = Object.entries(data).filter(([key]) => keys === undefined || keys.has(key));
  if (!covered.every(([, value]) => typeof value === 'string')) return undefined;
  // canonical JSON has no lone surrogates, and what somebody wrote may
  return digestOf(
    Object.fromEntries(covered.map(([key, value]) => [key.toWellFormed(), String(value).toWellFormed()])),
  );
}

const HASH_VERSION = 'v1';
const HEX_DIGITS = 32;

/** `v1-` and 32 hex digits of SHA-256 over canonical JSON (RFC 8785), which sorts keys and has nothing that is undefined. */
function digestOf(value: object): string {
  const digest = createHash('sha256')
    .update(canonicalize(value) ?? '')
    .digest('hex');
  return `${HASH_VERSION}-${digest.slice(0, HEX_DIGITS)}`;
}

/**
 * Digest of everything that decides what STS is asked, where the answer goes and what the Secret looks like. What is read from an
 * object counts by its reference, so that nothing has to be looked up to compare. What is undefined does not count.
 */
export function specHash(
  parts: readonly Pick<SecretPart, 'chain' | 'keys'>[],
  { target, form }: Pick<WantedSecret, 'target' | 'form'>,
): string {
  const all: object[] = [];
  for (const { chain, keys } of parts)
    all.push({ identity: chain.identity.hashed, hops: chain.hops.map(hashedHop), keys });
  const { template } = form;
  const templates = template?.parts.map((part) => ({ ...part, field: undefined })); // not where they are written
  return digestOf({
    ...(all.length === 1 ? all[0] : { parts: all }), // a single part stands for itself
    target,
    ...form,
    template: template && { ...template, parts: templates },
  });
}

function hashedHop({ request, ...hop }: Hop): object {
  if ('externalIDFrom' in request && request.externalIDFrom !== undefined) {
    const { field: _, ...externalIDFrom } = request.externalIDFrom; // not where it is written
    return { ...hop, request: { ...request, externalIDFrom } };
  }
  if (!('tokenCode' in request)) return { ...hop, request };
  return { ...hop, request: { ...request, tokenCode: undefined } }; // used up when the Secret is there: another is no reason to ask again
}
