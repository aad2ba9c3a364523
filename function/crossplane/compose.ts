import { Ready, type RunFunctionResponse } from '@crossplane-org/function-sdk-typescript';
import { EXPIRATION_ANNOTATION, GENERATOR_ANNOTATION, othersIn, SPEC_HASH_ANNOTATION } from '../model/annotations.ts';
import { keyOfSecret, type NamedRef, objectKey } from '../model/kinds.ts';
import type { SecretManifest } from '../model/outcome.ts';
import { defined, listAt, unlessEmpty, valueAt } from '../model/plain-data.ts';
import type { Plan } from '../planner/plan.ts';
import { keepSecret } from '../secret/render-secret.ts';
import { isUsable } from '../secret/renewal.ts';
import { type Call, type Composite, refOf } from './read-request.ts';

/** A Secret among the composed resources. */
export interface ComposedSecret {
  readonly secret: SecretManifest;
  /** True for one that the call leaves as it is. */
  readonly isKept: boolean;
  /** True when the Secret is observed and usable. */
  readonly isReady: boolean;
  /** True when the Secret as it is desired is usable: only these go into connection details. */
  readonly isUsableAsDesired: () => boolean;
}

/** Each job's Secret: the newly issued one, or the existing one. A Secret that is kept keeps its type: Kubernetes cannot change it. */
export function compose(
  { observedSecrets, now }: Call,
  { decisions, draft: { purpose } }: Plan,
  made: readonly SecretManifest[],
) {
  const fresh = new Map(made.map((secret) => [keyOfSecret(secret.metadata), secret]));
  return decisions.flatMap(({ job, existing, verdict }): ComposedSecret[] => {
    const key = keyOfSecret(job.target);
    const form = { ...job.form, ...defined({ type: existing?.type }) };
    const secret =
      fresh.get(key) ?? (existing === null ? undefined : keepSecret({ target: job.target, form }, existing));
    if (secret === undefined || !isOurSecret(secret)) return [];
    const observed = observedSecrets.get(key);
    const { annotations } = secret.metadata;
    // the very data that findTarget gave: `keep` was decided from it, so it is not hashed again
    const isKnownUsable = purpose.mints && verdict?.do === 'keep' && existing?.data === observed?.data;
    const isReady = observed !== undefined && (isKnownUsable || isUsable(job, observed, now));
    const isUsableAsDesired = () => isUsable(job, { data: secret.data, annotations }, now);
    return [{ secret, isKept: !fresh.has(key), isReady, isUsableAsDesired }];
  });
}

/**
 * All observed Secrets of ours that are not `composed`, for a call that does not know all wanted Secrets yet: Crossplane deletes what a
 * response leaves out. Left out: Secrets under another key than ours, and those that an earlier step still composes. Labels and annotations
 * are kept without Crossplane's own.
 */
export function keepObserved(
  { request, composite, observedSecrets, now }: Call,
  composed: readonly ComposedSecret[],
  replacedKeys: readonly string[],
): ComposedSecret[] {
  const taken = new Set(composed.map(({ secret }) => keyOfSecret(secret.metadata)));
  const replaced = new Set(replacedKeys);
  const resources = Object.entries(request.desired?.resources ?? {}).filter(([key]) => !replaced.has(key));
  const desiredKeys = new Set(resources.map(([key]) => key));
  const desiredObjects = new Set(resources.map(([, { resource }]) => desiredObject(resource, composite)));
  return [...observedSecrets].flatMap(([key, observed]) => {
    const { resourceKey } = observed;
    const { name, namespace } = refOf(observed.manifest);
    const target = { name, ...defined({ namespace }) };
    const isOther =
      resourceKey !== composedKey(target, composite) || desiredKeys.has(resourceKey) || desiredObjects.has(key);
    if (isOther || taken.has(key) || !isOurSecret(observed.manifest)) return [];
    const finalizers = listAt(observed.manifest, ['metadata', 'finalizers']).map(String);
    const form = defined({
      finalizers: unlessEmpty(finalizers),
      labels: unlessEmpty(othersIn(observed.labels)),
      annotations: othersIn(observed.annotations),
      type: observed.type,
    });
    const isGood = isUsable(undefined, observed, now);
    const secret = keepSecret({ target, form }, observed);
    return [{ secret, isKept: true, isReady: isGood, isUsableAsDesired: () => isGood }];
  });
}

/** The `objectKey` of what Crossplane makes of a desired resource. */
export function desiredObject(resource: unknown, { namespace }: Composite): string {
  const ref = refOf(resource);
  return objectKey({ ...ref, namespace: namespace ?? ref.namespace ?? '' });
}

/**
 * The desired state: that of earlier steps without `replacedKeys`, and the Secrets. `lacksSecrets`: some are missing,
 * and without them in `desired` Crossplane would set the composite Ready.
 */
export function desiredState(
  { request: { desired }, composite }: Call,
  { secrets, wantedCount, replacedKeys }: DesiredSecrets,
  lacksSecrets: boolean,
): RunFunctionResponse['desired'] {
  const resources = new Map(Object.entries(desired?.resources ?? {}));
  for (const key of replacedKeys) resources.delete(key);
  for (const { secret, isReady } of secrets) {
    const ready = isReady ? Ready.READY_TRUE : Ready.READY_FALSE;
    const key = composedKey(secret.metadata, composite);
    resources.set(key, { resource: { ...secret }, connectionDetails: {}, ready });
  }
  const desiredComposite = desired?.composite;
  const details = composite.isLegacy ? connectionDetails(secrets, wantedCount) : {};
  const isUnchanged = !lacksSecrets && Object.keys(details).length === 0;
  const changed = {
    resource: desiredComposite?.resource,
    connectionDetails: { ...desiredComposite?.connectionDetails, ...details },
    ready: lacksSecrets ? Ready.READY_FALSE : (desiredComposite?.ready ?? Ready.READY_UNSPECIFIED),
  };
  return { composite: isUnchanged ? desiredComposite : changed, resources: Object.fromEntries(resources) };
}

/** What a response adds to the desired state, and takes from it. */
export interface DesiredSecrets {
  readonly secrets: readonly ComposedSecret[];
  /** How many Secrets the step wants, there or waiting; 0 where none are composed. For the prefix of connection details alone. */
  readonly wantedCount: number;
  /** Keys of desired resources that Secrets replace. */
  readonly replacedKeys: readonly string[];
}

/** Connection details: the keys of all usable Secrets, prefixed with the Secret's name if several are wanted, also while some wait. */
function connectionDetails(composed: readonly ComposedSecret[], wantedCount: number): Record<string, Buffer> {
  const entries = composed.flatMap(({ secret: { metadata, data }, isUsableAsDesired }) => {
    if (!isUsableAsDesired()) return [];
    const prefix = Math.max(composed.length, wantedCount) === 1 ? '' : `${metadata.name}.`;
    return Object.entries(data).map(([key, value]) => [`${prefix}${key}`, Buffer.from(value, 'base64')] as const);
  });
  return Object.fromEntries(entries);
}

/**
 * Contains the Secret's name. Under a fixed key Crossplane would keep the first name, and a renamed Secret would be issued in each call.
 */
export function composedKey(target: NamedRef, { namespace }: Composite): string {
  return namespace === undefined ? `${target.namespace}/${target.name}` : target.name;
}

/** Annotations of our Secrets. One of them is enough, since others may have been removed. */
const OUR_ANNOTATIONS = [GENERATOR_ANNOTATION, SPEC_HASH_ANNOTATION, EXPIRATION_ANNOTATION];

/** True for a Secret that this function issued, in this step or an earlier one. */
export function isOurSecret(resource: unknown): boolean {
  const isOurs = OUR_ANNOTATIONS.some((name) => valueAt(resource, ['metadata', 'annotations', name]) !== undefined);
  return valueAt(resource, ['kind']) === 'Secret' && isOurs;
}
