import type { SecretManifest } from '../api/flow.ts';
import {
  GENERATOR_OPTION_ANNOTATIONS,
  INDEX_ANNOTATION,
  indexOf,
  type Orchestrator,
  PACKAGE_PATH_ANNOTATION,
  PATH_ANNOTATION,
  pathOf,
} from './orchestrator.ts';
import type { Item } from './resource-list.ts';

/**
 * A new Secret with the annotations that its host needs: under kpt a file of its own in the generator's package, and only
 * where the generator has a file itself; under kustomize's generators the generator's own options.
 */
export function placeSecret(
  secret: SecretManifest,
  generator: Pick<Item, 'annotations'> | undefined,
  host: Orchestrator,
  others: readonly Pick<Item, 'annotations'>[],
): SecretManifest {
  if (generator === undefined || host === 'kustomizeTransformer') return secret;
  const added =
    host === 'kpt' ? fileOf(secret, generator, others) : pick(generator.annotations, GENERATOR_OPTION_ANNOTATIONS);
  return { ...secret, metadata: { ...secret.metadata, annotations: { ...secret.metadata.annotations, ...added } } };
}

/** kpt refuses two items at one path and index, so a file that exists already gets a further document. */
function fileOf(
  { metadata: { name, namespace } }: SecretManifest,
  generator: Pick<Item, 'annotations'>,
  others: readonly Pick<Item, 'annotations'>[],
): Record<string, string> {
  if (pathOf(generator) === undefined) return {};
  const path = `${namespace === undefined ? '' : `${namespace}/`}secret_${name}.yaml`;
  const packagePath = pick(generator.annotations, [PACKAGE_PATH_ANNOTATION]);
  const inFile = others.filter(
    (item) =>
      pathOf(item) === path && item.annotations[PACKAGE_PATH_ANNOTATION] === packagePath[PACKAGE_PATH_ANNOTATION],
  );
  const index = Math.max(-1, ...inFile.map(indexOf)) + 1;
  return { [PATH_ANNOTATION]: path, [INDEX_ANNOTATION]: String(index), ...packagePath };
}

function pick(annotations: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (annotations[name] === undefined ? [] : [[name, annotations[name]]])),
  );
}
