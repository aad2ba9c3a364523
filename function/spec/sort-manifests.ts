import { isClusterGenerator, isExternalSecret, isGenerator } from '../api/kinds.ts';
import { identify } from './identify.ts';

/** Manifests by what they mean, in their order; others are in none of the lists. */
export function sortManifests(manifests: readonly unknown[]) {
  return {
    generators: manifests.filter((manifest) => isGenerator(identify(manifest))),
    clusterGenerators: manifests.filter((manifest) => isClusterGenerator(identify(manifest))),
    externalSecrets: manifests.filter((manifest) => isExternalSecret(identify(manifest))),
  };
}
