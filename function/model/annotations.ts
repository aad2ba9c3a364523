import { distance } from 'fastest-levenshtein';
import { valueAt } from './plain-data.ts';

const PREFIX = 'sts.fn.crossplane.io';

/** KIND/NAMESPACE/NAME of the generator that a Secret belongs to. This and all up to MERGED_ANNOTATION stand on Secrets. */
export const GENERATOR_ANNOTATION = `${PREFIX}/generator`;
/** When the session ends, RFC 3339 in whole seconds. */
export const EXPIRATION_ANNOTATION = `${PREFIX}/expiration`;
/** The time from which a run renews the Secret, RFC 3339 in whole seconds. */
export const RENEW_AFTER_ANNOTATION = `${PREFIX}/renew-after`;
/** A digest of what AWS is asked, and of the Secret's form. */
export const SPEC_HASH_ANNOTATION = 'sts.fn.crossplane.io/spec-hash'; // in one piece: `install` looks for this text in a program
/** A digest of the Secret's data as written, so that later changes are noticed (docs/decisions/028-data-hash.md). */
export const DATA_HASH_ANNOTATION = `${PREFIX}/data-hash`;
/** What the annotations `force-sync` said when the Secret was made (docs/decisions/063-renew-now.md). */
export const FORCE_SYNC_ANNOTATION = `${PREFIX}/force-sync`;
/** `"true"` says that the Secret holds no credentials. */
export const PLACEHOLDER_ANNOTATION = `${PREFIX}/placeholder`;
/** `"true"` says that an ExternalSecret only adds to this Secret of another owner. It is never taken for one of ours. */
export const MERGED_ANNOTATION = `${PREFIX}/merged`;
/**
 * On a composite, an ExternalSecret or a generator: another value renews now. External Secrets' users know this key
 * (external-secrets/external-secrets, v2.9.0, pkg/controllers/util/util.go, HashMeta: there any annotation that changes refreshes).
 */
export const FORCE_SYNC_REQUEST = 'force-sync';
/** `"true"` on a generator makes us ignore it. */
export const IGNORE_ANNOTATION = `${PREFIX}/ignore`;

/** Says that an object is for tools only, and is never applied. kustomize drops objects with it. */
export const LOCAL_CONFIG_ANNOTATION = 'config.kubernetes.io/local-config';
/** True: kustomize adds a hash to the name of a generated Secret. */
export const NEEDS_HASH_ANNOTATION = 'kustomize.config.k8s.io/needs-hash';
/** Merge or replace: kustomize's option for a generated Secret that changes one that is there. */
export const BEHAVIOR_ANNOTATION = 'kustomize.config.k8s.io/behavior';
/** Says that an object is the configuration of a function, and how that one is started: the second is the older name. */
export const FUNCTION_ANNOTATIONS = ['config.kubernetes.io/function', 'config.k8s.io/function'] as const;

/** What is read of a manifest, by this function and by its hosts. */
const READ = [
  ...[IGNORE_ANNOTATION, FORCE_SYNC_REQUEST, ...FUNCTION_ANNOTATIONS],
  ...[LOCAL_CONFIG_ANNOTATION, NEEDS_HASH_ANNOTATION, BEHAVIOR_ANNOTATION],
];

/** Annotations of an emitted Secret: each renewal writes or removes all of them. */
export const OWN_ANNOTATIONS: readonly string[] = [
  GENERATOR_ANNOTATION,
  EXPIRATION_ANNOTATION,
  RENEW_AFTER_ANNOTATION,
  SPEC_HASH_ANNOTATION,
  DATA_HASH_ANNOTATION,
  FORCE_SYNC_ANNOTATION,
  PLACEHOLDER_ANNOTATION,
  MERGED_ANNOTATION,
];

/** Of annotations by which kustomize remembers former names, among others. */
export const INTERNAL = 'internal.config.kubernetes.io/';

/** True for what kustomize and kpt reserve: by a path annotation from an Input they would put a Secret into another file. */
export function isOfHosts(name: string): boolean {
  return /^(?:[^/]*\.)?config\.(?:kubernetes|k8s)\.io\//.test(name);
}

/** The labels or annotations that belong neither to us nor to an orchestrator nor to Crossplane. */
export function othersIn(record: Readonly<Record<string, string>>): Record<string, string> {
  const isOther = (name: string) => !isReserved(name) && !/^(?:[^/]*\.)?crossplane\.io\//.test(name);
  return Object.fromEntries(Object.entries(record).filter(([name]) => isOther(name)));
}

/** What is said of a label or annotation for which `isReserved` is true. */
export const RESERVED = 'is reserved for this function and its hosts; remove it';

/** True for an annotation that an Input may not set: ours, and those by which orchestrators find and place objects. */
export function isReserved(name: string): boolean {
  return isOfHosts(name) || [`${PREFIX}/`, 'internal.kpt.dev/'].some((prefix) => name.startsWith(prefix));
}

/** So many letters of an annotation's name may be wrong. */
const WRONG_IN_NAME = 2;

/**
 * What is wrong with an annotation, or with a label that is one, which nobody would read: a slip of the pen, or none of this object. What kpt
 * writes is not looked at: each item has it.
 */
export function annotationSlip(
  [name, text]: readonly [name: string, text: string],
  isLabel: boolean,
): string | undefined {
  if (/^internal\.|\/(?:path|index)$/.test(name)) return undefined;
  if (READ.includes(name)) {
    if (isLabel) return 'is an annotation; move it to `metadata.annotations`';
    if (name !== IGNORE_ANNOTATION || text === 'false') return undefined;
    return text === 'true' ? 'has no effect on this object; remove it' : 'must be "true", or be left out';
  }
  const partOf = (whole: string) => (isReserved(name) ? whole.slice(whole.lastIndexOf('/')) : whole);
  const part = partOf(name);
  const meant = READ.find((annotation) => isNearly(part, partOf(annotation)));
  if (meant !== undefined) return `is not read by anybody; did you mean \`${meant}\`? Correct it`;
  return name.startsWith(`${PREFIX}/`) ? 'is not read on this object; remove it' : undefined;
}

/** Each label of each generator is compared, and few have such a length. */
function isNearly(word: string, other: string): boolean {
  return Math.abs(word.length - other.length) <= WRONG_IN_NAME && distance(word, other) <= WRONG_IN_NAME;
}

/** True for a manifest that its owner told us to leave alone. */
export function isIgnored(manifest: unknown): boolean {
  return valueAt(manifest, ['metadata', 'annotations', IGNORE_ANNOTATION]) === 'true';
}
