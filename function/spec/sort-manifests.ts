import { isClusterGenerator, isExternalSecret, isGenerator } from '../api/kinds.ts';
import { identify } from './identify.ts';

/** Manifests of External Secrets by what they are. */
interface Sorted {
  readonly generators: readonly unknown[];
  readonly clusterGenerators: readonly unknown[];
  readonly externalSecrets: readonly unknown[];
}

/** Manifests by what they mean, in their order; others are in none of the lists. */
export function sortManifests(manifests: readonly unknown[]): Sorted {
  return {
    generators: manifests.filter((manifest) => isGenerator(identify(manifest))),
    clusterGenerators: manifests.filter((manifest) => isClusterGenerator(identify(manifest))),
    externalSecrets: manifests.filter((manifest) => isExternalSecret(identify(manifest))),
  };
}
