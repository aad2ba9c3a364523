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

/** Something with a place in a package: an item, or a Secret about to become one. */
export type Placed = Pick<Item, 'annotations'>;

/**
 * A new Secret with the annotations that its host needs: under kpt a file of its own in the generator's package, and only
 * where the generator has a file itself; under kustomize's generators the generator's own options.
 */
export function placeSecret(
  secret: SecretManifest,
  generator: { readonly file: Placed | undefined; readonly options: Readonly<Record<string, string>> },
  host: Orchestrator,
  others: readonly Placed[],
): SecretManifest {
  const { file, options } = generator;
  if (host === 'kustomizeTransformer' || (host === 'kpt' && file === undefined)) return secret;
  const added =
    host === 'kpt' && file !== undefined ? fileOf(secret, file, others) : pick(options, GENERATOR_OPTION_ANNOTATIONS);
  return { ...secret, metadata: { ...secret.metadata, annotations: { ...secret.metadata.annotations, ...added } } };
}

/** kpt refuses two items at one path and index, so a file that exists already gets a further document. */
function fileOf(secret: SecretManifest, generator: Placed, others: readonly Placed[]): Record<string, string> {
  const { name, namespace } = secret.metadata;
  const generatorPath = pathOf(generator);
  if (generatorPath === undefined) return {};
  const packagePath = pick(generator.annotations, [PACKAGE_PATH_ANNOTATION]);
  const folder = PACKAGE_PATH_ANNOTATION in packagePath ? '' : packageFolder(generatorPath, others);
  const path = `${folder}${namespace === undefined ? '' : `${namespace}/`}secret_${name}.yaml`;
  const inFile = others.filter(
    (item) =>
      pathOf(item) === path && item.annotations[PACKAGE_PATH_ANNOTATION] === packagePath[PACKAGE_PATH_ANNOTATION],
  );
  const index = Math.max(-1, ...inFile.map(indexOf)) + 1;
  return { [PATH_ANNOTATION]: path, [INDEX_ANNOTATION]: String(index), ...packagePath };
}

/** `kpt fn eval` names no packages: the folder of the nearest Kptfile above the generator is its package. */
function packageFolder(generatorPath: string, others: readonly Placed[]): string {
  const folders = others.flatMap((item) => /^(.+\/)Kptfile$/.exec(pathOf(item) ?? '')?.[1] ?? []);
  const above = folders.filter((folder) => generatorPath.startsWith(folder));
  return above.toSorted((a, b) => b.length - a.length)[0] ?? '';
}

function pick(annotations: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (annotations[name] === undefined ? [] : [[name, annotations[name]]])),
  );
}
