import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { operationOf } from '../chain/operations/operations.ts';
import { DATA_HASH_ANNOTATION } from '../model/annotations.ts';
import type { KnownObject } from '../model/answers.ts';
import { hopsOf } from '../model/hop.ts';
import type { Job, SecretPart, WantedSecret } from '../model/job.ts';
import type { SecretManifest } from '../model/outcome.ts';
import { attempt } from '../model/plain-data.ts';
import type { TemplateOrigin } from '../model/secret-spec.ts';
import { addedKeys } from './format-secret.ts';

/** What decides which keys a job adds to a Secret that others made. */
type Adding = Pick<Job, 'parts' | 'form'>;

/**
 * Adds the digest of the data as they stand: encrypted values are hashed encrypted, so that nobody needs a key to compare. SOPS's MAC
 * stays right, since it covers only the values. `addedTo`: the Secret that keys are added to, as it was before.
 */
export function withDataHash(secret: SecretManifest, job: Adding, addedTo?: KnownObject): SecretManifest {
  const { metadata, data } = secret;
  const { data: theirs, stringData: texts = {} } = addedTo ?? {};
  const stringData = Object.fromEntries(Object.entries(texts).filter(([key]) => !Object.hasOwn(data, key)));
  const digest = digestOfData({ ...secret, data: { ...theirs, ...data }, stringData }, job);
  const annotations = { ...metadata.annotations, ...(digest !== undefined && { [DATA_HASH_ANNOTATION]: digest }) };
  return { ...secret, metadata: { ...metadata, annotations } };
}

/**
 * True while a Secret's data match the digest in its annotation. It is no protection: an attacker who writes one can write both.
 * Where `job` adds to what others have, only the keys that it adds count; without `job` all data do.
 */
export function isIntact(secret: DataParts & Pick<KnownObject, 'annotations'>, job?: Adding): boolean {
  const digest = digestOfData(secret, job);
  return digest !== undefined && digest === secret.annotations[DATA_HASH_ANNOTATION];
}

type DataParts = Pick<KnownObject, 'data' | 'stringData' | 'sops'>;

/**
 * The digest of `data`, with sorted keys. Of a Secret that SOPS encrypted: of its entries in their order, with SOPS's metadata. If the job
 * adds to what others have: of strings alone, under the keys that it adds, or under all keys if a template names its keys when it is
 * rendered. Undefined for data that this function never writes.
 */
function digestOfData({ data = {}, stringData = {}, sops }: DataParts, job: Adding | undefined): string | undefined {
  // an API server lets stringData win over data
  const winning = Object.entries(data).filter(([key]) => !Object.hasOwn(stringData, key));
  let covered = winning;
  if (job?.form.merge !== undefined) {
    const added = addedKeys(job);
    const keys = added && new Set(added); // both may have thousands
    covered = winning.filter(([key, value]) => typeof value === 'string' && (keys === undefined || keys.has(key)));
  } else if (Object.keys(stringData).length > 0 || !winning.every(([, value]) => typeof value === 'string'))
    return undefined;
  // canonical JSON has neither half characters nor NaN
  return attempt(() => digestOf(sops === undefined ? Object.fromEntries(covered) : [covered, sops]));
}

const HASH_VERSION = 'v1';
const HEX_DIGITS = 32;

/** `v1-` and 32 hex digits of SHA-256 over canonical JSON (RFC 8785), which sorts keys and leaves out undefined. */
export function digestOf(value: object): string {
  return `${HASH_VERSION}-${hash('sha256', canonicalize(value) ?? '').slice(0, HEX_DIGITS)}`;
}

/** What a Secret's annotation may repeat; a longer or stranger text counts by its digest. */
const SHORT = /^[ -~]{0,63}$/;

/** What annotations `force-sync` say together: one as it stands, several as a digest. Undefined where nobody has set one. */
export function forceSyncOf(values: readonly (string | undefined)[]): string | undefined {
  const all = values.filter((value) => value !== undefined);
  const [first] = all;
  return first === undefined || (all.length === 1 && SHORT.test(first))
    ? first
    : digestOf(all.map((text) => text.toWellFormed())); // half of a character is a fault of its own
}

interface HashInput extends Pick<WantedSecret, 'target' | 'form'> {
  readonly parts: readonly Pick<SecretPart, 'chain' | 'after' | 'dataKeys'>[];
}

/**
 * Digest of everything that decides what STS is asked, where the answer goes and what the Secret looks like. A value that is
 * read from an object counts by its reference, so that comparing needs no look-up. Undefined fields do not count. A field that gets
 * another name here would renew every Secret: in the digest a part's `dataKeys` are called `keys`, and a template's `templates` `parts`.
 */
export function specHash({ parts, target, form }: HashInput): string {
  const all = parts.map(({ dataKeys: keys, ...part }) => {
    const hops = hopsOf(part).map((hop) => ({ ...hop, request: operationOf(hop).hashed(hop.request) }));
    return { identity: part.chain.identity.hashed, hops, keys };
  });
  const { templates, ...template } = form.template ?? {};
  const templatesToHash = templates
    ?.map((each) => ({ ...each, field: undefined }))
    .toSorted((a, b) => ((a.key ?? '') < (b.key ?? '') ? -1 : Number((a.key ?? '') > (b.key ?? '')))); // not where they are written
  return digestOf({
    ...(all.length === 1 ? all[0] : { parts: all }), // a single part stands for itself
    target,
    ...form,
    template: templatesToHash && { ...template, parts: templatesToHash },
  });
}

/**
 * Digest of what decides a Secret and a plan does not show: that of the spec-hash but for roles, regions, session names, lifetimes, format
 * and recipients, and what the spec-hash leaves out. A text of a template that stands in a ConfigMap counts as `textOf` gives it; of a
 * Secret only the reference counts.
 */
export function hiddenHash({ parts, form }: Job, cluster: unknown, textOf: (from: TemplateOrigin) => unknown): string {
  const all = parts.map(({ dataKeys, renewal, expectAccount, ...part }) => {
    const requests = hopsOf(part).map((hop) => {
      const hashed = Object(operationOf(hop).hashed(hop.request));
      return { ...hashed, roleArn: undefined, sessionName: undefined, durationSeconds: undefined };
    });
    const hidden = requests.flatMap((request, index) =>
      Object.values(request).every((value) => value === undefined) ? [] : [[index, request]],
    );
    return { identity: part.chain.identity.hashed, hidden, dataKeys, renewal, expectAccount };
  });
  const { format: _, recipients: __, template, ...look } = form;
  const templates = template?.templates.map((each) => ({
    ...each,
    field: undefined,
    read: 'from' in each ? textOf(each.from) : undefined,
  }));
  return digestOf({ all, look, template: template && { ...template, templates }, cluster });
}
