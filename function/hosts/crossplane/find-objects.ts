import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { type NamedRef, type ObjectRef, objectKey, secretObject } from '../../api/kinds.ts';
import { stringsIn } from '../../api/strings-in.ts';
import type { SuppliedObject } from '../../api/supplied.ts';
import { valueAt } from '../../api/value-at.ts';
import type { Composite } from './composite.ts';

/** An object that Crossplane has shown us. */
export interface Shown extends SuppliedObject {
  readonly labels: Readonly<Record<string, string>>;
  /** UID of the object that controls it. */
  readonly controller: string | undefined;
}

/**
 * The observed Secret of that name which this composite controls; undefined when it has none yet. The engine also shows a Secret
 * that nobody controls, and which one that is can be written into a composite: it may be anybody's.
 */
export function findObserved(
  { observed }: RunFunctionRequest,
  target: NamedRef,
  { uid }: Composite,
): (Shown & { readonly key: string }) | undefined {
  const object = secretObject(target);
  const [found] = Object.entries(observed?.resources ?? {}).filter(([, { resource }]) => isObject(resource, object));
  if (found === undefined) return undefined;
  const [key, { resource }] = found;
  const shown = toShown(resource);
  return shown.controller === uid ? { ...shown, key } : undefined;
}

/** What Crossplane found for a requirement: null when there is no such object, undefined when it has not looked yet. */
export function findRequired({ requiredResources }: RunFunctionRequest, object: ObjectRef): Shown | null | undefined {
  for (const { items } of Object.values(requiredResources)) {
    const found = items.find(({ resource }) => isObject(resource, object));
    if (found !== undefined) return toShown(found.resource);
  }
  return Object.hasOwn(requiredResources, requirementName(object)) ? null : undefined;
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

function isObject(resource: unknown, object: ObjectRef): boolean {
  const text = (...path: string[]) => valueAt(resource, path);
  const [apiVersion, kind, name] = [text('apiVersion'), text('kind'), text('metadata', 'name')];
  const namespace = text('metadata', 'namespace');
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof name !== 'string') return false;
  const found = { apiVersion, kind, name, ...(typeof namespace === 'string' ? { namespace } : {}) };
  return objectKey(found) === objectKey(object);
}

function toShown(resource: unknown): Shown {
  const references = valueAt(resource, ['metadata', 'ownerReferences']);
  const owners: unknown[] = Array.isArray(references) ? references : [];
  const controller = valueAt(
    owners.find((owner) => valueAt(owner, ['controller']) === true),
    ['uid'],
  );
  const data = valueAt(resource, ['data']);
  const type = valueAt(resource, ['type']);
  return {
    annotations: stringsIn(valueAt(resource, ['metadata', 'annotations'])),
    labels: stringsIn(valueAt(resource, ['metadata', 'labels'])),
    controller: typeof controller === 'string' ? controller : undefined,
    manifest: resource,
    ...(typeof type === 'string' ? { type } : {}),
    ...(typeof data === 'object' && data !== null ? { data: { ...data } } : {}),
  };
}
