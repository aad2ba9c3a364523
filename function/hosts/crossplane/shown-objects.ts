import { randomUUID } from 'node:crypto';
import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { type ObjectRef, objectKey } from '../../api/kinds.ts';
import type { KnownObject } from '../../api/known.ts';
import { stringsIn } from '../../api/strings-in.ts';
import { listAt, textAt, valueAt } from '../../api/value-at.ts';

/** An object that Crossplane has shown us. */
export interface Shown extends KnownObject {
  readonly labels: Readonly<Record<string, string>>;
  /** UID of the object that controls it. */
  readonly controller: string | undefined;
}

/** A Secret that the composite has. */
export interface Observed extends Shown {
  /** Of the composed resource. */
  readonly key: string;
}

/**
 * The observed Secrets that this composite controls, by `secretKey`. The engine also shows a Secret that nobody controls, and
 * which one that is can be written into a composite: it may be anybody's.
 */
export function readObserved({ observed }: RunFunctionRequest, { uid }: Composite): ReadonlyMap<string, Observed> {
  const secrets = Object.entries(observed?.resources ?? {}).filter(([, { resource }]) => resource?.kind === 'Secret');
  const shown = secrets.map(([key, { resource }]) => ({ ...toShown(resource), key }));
  const controlled = shown.filter(({ controller }) => controller === uid);
  return new Map(controlled.map((one) => [objectKey(refOf(one.manifest)), one]));
}

/** What Crossplane found for a requirement: null when there is no such object, undefined when it has not looked yet. */
export type FindRequired = (object: ObjectRef) => Shown | null | undefined;

/** Looks once through all that Crossplane has found. */
export function requiredIn({ requiredResources }: RunFunctionRequest): FindRequired {
  const all = Object.values(requiredResources).flatMap(({ items }) => items);
  const found = new Map(all.toReversed().map(({ resource }) => [objectKey(refOf(resource)), resource])); // the first of several
  return (object) => {
    const resource = found.get(objectKey(object));
    if (resource !== undefined) return toShown(resource);
    return Object.hasOwn(requiredResources, requirementName(object)) ? null : undefined;
  };
}

/** What Crossplane has found, as an answer to a need. */
export function answerOf(found: Shown | null | undefined): Shown | null | 'asked' {
  return found === undefined ? 'asked' : found;
}

/** The step's credentials of that name, as the Secret that they come from: the Composition's author gave them to this step. */
export function findCredentials({ credentials }: RunFunctionRequest, { kind, name }: ObjectRef): Shown | undefined {
  if (kind !== 'Secret' || !Object.hasOwn(credentials, name)) return undefined;
  const data = Object.entries(credentials[name]?.credentialData?.data ?? {});
  return {
    annotations: {},
    labels: {},
    controller: undefined,
    data: Object.fromEntries(data.map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
  };
}

/** The name under which an object is asked for: the same in each call, since the engine asks until nothing changes. */
export function requirementName({ kind, namespace, name }: ObjectRef): string {
  return namespace === undefined ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}

function toShown(resource: unknown): Shown {
  const controller = listAt(resource, ['metadata', 'ownerReferences']).find(
    (owner) => valueAt(owner, ['controller']) === true,
  );
  const data = valueAt(resource, ['data']);
  const type = textAt(resource, ['type']);
  return {
    annotations: stringsIn(valueAt(resource, ['metadata', 'annotations'])),
    labels: stringsIn(valueAt(resource, ['metadata', 'labels'])),
    controller: textAt(controller, ['uid']),
    manifest: resource,
    ...(type === undefined ? {} : { type }),
    ...(typeof data === 'object' && data !== null ? { data: { ...data } } : {}),
  };
}

/** The observed composite resource, as far as this function looks at it. Without a namespace it is cluster-scoped. */
export interface Composite extends ObjectRef {
  readonly manifest: unknown;
  /** What is made for a composite is remembered by it: one without a uid, as a render may have it, gets one for this call alone. */
  readonly uid: string;
  /** Of an API of Crossplane 1: it publishes connection details. */
  readonly isLegacy: boolean;
}

/** Reads the composite resource of a request. */
export function readComposite({ observed }: RunFunctionRequest): Composite {
  const manifest = observed?.composite?.resource;
  const ref = refOf(manifest);
  const isLegacy = ref.namespace === undefined && valueAt(manifest, ['spec', 'crossplane']) === undefined;
  return { ...ref, manifest, uid: textAt(manifest, ['metadata', 'uid']) || randomUUID(), isLegacy };
}

/** What an object says it is; empty where it does not say. */
export function refOf(manifest: unknown): ObjectRef {
  const text = (...path: string[]) => textAt(manifest, path) ?? '';
  const namespace = text('metadata', 'namespace');
  return {
    apiVersion: text('apiVersion'),
    kind: text('kind'),
    name: text('metadata', 'name'),
    ...(namespace === '' ? {} : { namespace }),
  };
}
