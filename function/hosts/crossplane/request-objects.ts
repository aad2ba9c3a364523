import { randomUUID } from 'node:crypto';
import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import type { ObjectRef } from '../../findings/say.ts';
import { objectKey } from '../../model/kinds.ts';
import type { KnownObject } from '../../model/known.ts';
import { listAt, stringsIn, textAt, valueAt } from '../../model/plain-data.ts';

/** An object in a request. */
export interface RequestObject extends KnownObject {
  readonly labels: Readonly<Record<string, string>>;
  /** UID of the object that controls it. */
  readonly controller: string | undefined;
}

/** An observed Secret that the composite controls. */
export interface Observed extends RequestObject {
  /** Key of the composed resource. */
  readonly key: string;
}

/**
 * The observed Secrets that this composite controls, by `secretKey`. Crossplane also sends a Secret without a controller if the composite
 * references it: any Secret, which its author may have written into the composite.
 */
export function readObserved({ observed }: RunFunctionRequest, { uid }: Composite): ReadonlyMap<string, Observed> {
  const secrets = Object.entries(observed?.resources ?? {}).filter(([, { resource }]) => resource?.kind === 'Secret');
  const shown = secrets.map(([key, { resource }]) => ({ ...toRequestObject(resource), key }));
  const controlled = shown.filter(({ controller }) => controller === uid);
  return new Map(controlled.map((one) => [objectKey(refOf(one.manifest)), one]));
}

/** Gives the object for a requirement: null when there is none, undefined when Crossplane has not answered yet. */
export type RequiredObjects = (object: ObjectRef) => RequestObject | null | undefined;

/** Indexes the required resources of a request. */
export function requiredIn({ requiredResources }: RunFunctionRequest): RequiredObjects {
  const all = Object.values(requiredResources).flatMap(({ items }) => items);
  const found = new Map(all.toReversed().map(({ resource }) => [objectKey(refOf(resource)), resource])); // of several the first
  return (object) => {
    const resource = found.get(objectKey(object));
    if (resource !== undefined) return toRequestObject(resource);
    return Object.hasOwn(requiredResources, requirementName(object)) ? null : undefined;
  };
}

/** A required object as an answer to a need. */
export function answerOf(found: RequestObject | null | undefined): RequestObject | null | 'asked' {
  return found === undefined ? 'asked' : found;
}

/** The step's credentials of an object's name, in the form of a Secret. The Composition's author gave them to this step. */
export function stepCredentials(
  { credentials }: RunFunctionRequest,
  { kind, name }: ObjectRef,
): RequestObject | undefined {
  if (kind !== 'Secret' || !Object.hasOwn(credentials, name)) return undefined;
  const data = Object.entries(credentials[name]?.credentialData?.data ?? {});
  return {
    annotations: {},
    labels: {},
    controller: undefined,
    data: Object.fromEntries(data.map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
  };
}

/** The name of a requirement: the same in each call, since Crossplane calls until requirements no longer change. */
export function requirementName({ kind, namespace, name }: ObjectRef): string {
  return namespace === undefined ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}

function toRequestObject(resource: unknown): RequestObject {
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

/** The observed composite resource. Without a namespace it is cluster-scoped. */
export interface Composite extends ObjectRef {
  readonly manifest: unknown;
  /** Identifies the composite in state that calls share. A composite without one, as in `crossplane render`, gets a random one for this call. */
  readonly uid: string;
  /** True for an API of Crossplane 1, which has connection details. */
  readonly isLegacy: boolean;
}

/** Reads the composite resource of a request. */
export function readComposite({ observed }: RunFunctionRequest): Composite {
  const manifest = observed?.composite?.resource;
  const ref = refOf(manifest);
  const isLegacy = ref.namespace === undefined && valueAt(manifest, ['spec', 'crossplane']) === undefined;
  return { ...ref, manifest, uid: textAt(manifest, ['metadata', 'uid']) || randomUUID(), isLegacy };
}

/** The reference of an object; parts that it lacks are empty. */
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
