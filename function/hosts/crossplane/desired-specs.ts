import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { IGNORE_ANNOTATION } from '../../api/annotations.ts';
import { type Finding, specFinding } from '../../api/finding.ts';
import { isClusterGenerator, isGenerator, isSpec, type ObjectRef, objectKey } from '../../api/kinds.ts';
import { quote } from '../../api/quote.ts';
import { valueAt } from '../../api/value-at.ts';
import { type Composite, refOf } from './shown-objects.ts';

/** A manifest where the core finds it, and what keeps it from being there. */
interface Placed {
  readonly manifest: unknown;
  readonly faults: readonly Finding[];
}

/** A manifest of External Secrets among the desired resources. */
export interface DesiredSpec extends Placed {
  readonly key: string;
}

/** Every manifest of External Secrets that earlier steps desire, whosever it is. */
export function desiredSpecs({ desired }: RunFunctionRequest, composite: Composite): DesiredSpec[] {
  return Object.entries(desired?.resources ?? {}).flatMap(([key, { resource }]) =>
    isSpec(resource ?? {}) ? [{ key, ...placed(resource, composite, key) }] : [],
  );
}

/** Those that this function acts on: generators that nobody ignores, and what the core has taken up. */
export function takenUp(specs: readonly DesiredSpec[], handled: readonly ObjectRef[]): DesiredSpec[] {
  const keys = new Set(handled.map(objectKey));
  return specs.filter(({ manifest }) => {
    const isIgnored = valueAt(manifest, ['metadata', 'annotations', IGNORE_ANNOTATION]) === 'true';
    return isGenerator(Object(manifest)) ? !isIgnored : keys.has(objectKey(refOf(manifest)));
  });
}

/**
 * A manifest in the composite's namespace, with the resource's key as its name where it has none. A namespace of its own is
 * never followed: Crossplane reads any Secret for us, so that would reach the Secrets of others. A ClusterGenerator is in none.
 */
export function placed(manifest: unknown, composite: Composite, key?: string): Placed {
  const metadata = valueAt(manifest, ['metadata']) ?? {};
  if (typeof manifest !== 'object' || manifest === null || typeof metadata !== 'object')
    return { manifest, faults: [] };
  const { name = key, namespace, ...others } = metadata as Record<string, unknown>; // an object, as was just seen
  const named = { ...others, ...(name === undefined ? {} : { name }) };
  if (isClusterGenerator(manifest)) return { manifest: { ...manifest, metadata: named }, faults: [] };
  const own = composite.namespace ?? namespace;
  const isElsewhere = composite.namespace !== undefined && namespace !== undefined && namespace !== composite.namespace;
  const elsewhere = `must be absent or the composite's, ${quote(composite.namespace ?? '')}, got ${quote(String(namespace))}`;
  const nowhere = 'is required under a cluster-scoped composite: the Secret is made there';
  const texts = [...(isElsewhere ? [elsewhere] : []), ...(own === undefined || own === '' ? [nowhere] : [])];
  const { apiVersion, kind } = refOf(manifest);
  const object = { apiVersion, kind, name: typeof name === 'string' ? name : '' };
  return {
    manifest: { ...manifest, metadata: { ...named, ...(own === undefined ? {} : { namespace: own }) } },
    faults: texts.map((text) => specFinding(object, 'metadata.namespace', text)),
  };
}
