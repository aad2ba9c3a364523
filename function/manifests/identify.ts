import type { ObjectRef } from '../findings/say.ts';
import { IGNORE_ANNOTATION } from '../model/annotations.ts';
import { GENERATOR_API_VERSION, isClusterGenerator, isExternalSecret, isGenerator, isInput } from '../model/kinds.ts';
import { defined, stringsIn, textAt, valueAt } from '../model/plain-data.ts';

/** What a manifest says it is: only what it says as strings. */
export function identify(manifest: unknown): Partial<ObjectRef> {
  return defined({
    apiVersion: textAt(manifest, ['apiVersion']),
    kind: textAt(manifest, ['kind']),
    name: textAt(manifest, ['metadata', 'name']),
    namespace: textAt(manifest, ['metadata', 'namespace']),
  });
}

/** The object that a manifest of External Secrets is; a part that it does not say is empty. */
export function objectOf(manifest: unknown): ObjectRef {
  return { apiVersion: GENERATOR_API_VERSION, kind: '', name: '', ...identify(manifest) };
}

/** Labels and annotations of a manifest, as far as they are strings. */
export function metadataOf(manifest: unknown): Record<'labels' | 'annotations', Readonly<Record<string, string>>> {
  return {
    labels: stringsIn(valueAt(manifest, ['metadata', 'labels'])),
    annotations: stringsIn(valueAt(manifest, ['metadata', 'annotations'])),
  };
}

/** True for a manifest that its owner told us to leave alone. */
export function isIgnored(manifest: unknown): boolean {
  return valueAt(manifest, ['metadata', 'annotations', IGNORE_ANNOTATION]) === 'true';
}

/** Manifests by what they mean, in their order; others are in none of the lists. */
export function sortManifests(manifests: readonly unknown[]) {
  const sorted = Map.groupBy(manifests, meaningOf);
  const of = (meaning: ReturnType<typeof meaningOf>) => sorted.get(meaning) ?? [];
  return {
    generators: of('generator'),
    clusterGenerators: of('clusterGenerator'),
    externalSecrets: of('externalSecret'),
    inputs: of('input'),
  };
}

function meaningOf(manifest: unknown) {
  const type = identify(manifest);
  if (isGenerator(type)) return 'generator';
  if (isClusterGenerator(type)) return 'clusterGenerator';
  if (isExternalSecret(type)) return 'externalSecret';
  return isInput(type) ? 'input' : undefined;
}
