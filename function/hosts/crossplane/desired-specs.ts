import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { type Finding, specFinding } from '../../findings/finding.ts';
import { type ObjectRef, quoted, say } from '../../findings/say.ts';
import { IGNORE_ANNOTATION } from '../../model/annotations.ts';
import { isClusterGenerator, isGenerator, isSpec, objectKey } from '../../model/kinds.ts';
import { valueAt } from '../../model/plain-data.ts';
import { type Composite, refOf } from './request-objects.ts';

/** A manifest with its name and namespace filled in, and the faults of these. */
interface PlacedManifest {
  readonly manifest: unknown;
  readonly faults: readonly Finding[];
}

/** A manifest of External Secrets among the desired resources. */
export interface DesiredSpec extends PlacedManifest {
  readonly key: string;
}

/** Every manifest of External Secrets among the desired resources. */
export function desiredSpecs({ desired }: RunFunctionRequest, composite: Composite): DesiredSpec[] {
  return Object.entries(desired?.resources ?? {}).flatMap(([key, { resource }]) =>
    isSpec(resource ?? {}) ? [{ key, ...inOwnNamespace(resource, composite, key) }] : [],
  );
}

/** The manifests that Secrets replace: generators without the ignore annotation, and objects in `handled`. */
export function consumedSpecs(specs: readonly DesiredSpec[], handled: readonly ObjectRef[]): DesiredSpec[] {
  const keys = new Set(handled.map(objectKey));
  return specs.filter(({ manifest }) => {
    const isIgnored = valueAt(manifest, ['metadata', 'annotations', IGNORE_ANNOTATION]) === 'true';
    return isGenerator(Object(manifest)) ? !isIgnored : keys.has(objectKey(refOf(manifest)));
  });
}

/**
 * Puts a manifest into the composite's namespace; without a name it gets the resource's key. Another namespace in the manifest is a
 * fault: Crossplane reads any Secret for us, so it would reach the Secrets of others. A ClusterGenerator has no namespace.
 */
export function inOwnNamespace(manifest: unknown, composite: Composite, key?: string): PlacedManifest {
  const metadata = valueAt(manifest, ['metadata']) ?? {};
  if (typeof manifest !== 'object' || manifest === null || typeof metadata !== 'object')
    return { manifest, faults: [] };
  const { name = key, namespace, ...others } = metadata as Record<string, unknown>; // checked above
  const named = { ...others, ...(name === undefined ? {} : { name }) };
  if (isClusterGenerator(manifest)) return { manifest: { ...manifest, metadata: named }, faults: [] };
  const own = composite.namespace ?? namespace;
  const isElsewhere = composite.namespace !== undefined && namespace !== undefined && namespace !== composite.namespace;
  const elsewhere = say`must be absent or the composite's, ${quoted(composite.namespace ?? '')}, got ${quoted(String(namespace))}`;
  const nowhere = 'is required under a cluster-scoped composite: the Secret is made there';
  const texts = [...(isElsewhere ? [elsewhere] : []), ...(own === undefined || own === '' ? [nowhere] : [])];
  const { apiVersion, kind } = refOf(manifest);
  const object = { apiVersion, kind, name: typeof name === 'string' ? name : '' };
  return {
    manifest: { ...manifest, metadata: { ...named, ...(own === undefined ? {} : { namespace: own }) } },
    faults: texts.map((text) => specFinding(object, 'metadata.namespace', text)),
  };
}
