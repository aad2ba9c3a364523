import { isClusterGenerator, isExternalSecret, isGenerator, isInput } from '../api/kinds.ts';
import { identify } from './identify.ts';

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
