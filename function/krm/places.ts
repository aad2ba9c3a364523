import type { NamedRef } from '../api/kinds.ts';
import { type Item, keyOf } from './item.ts';

/** Something with a place in a package. */
type Placed = Pick<Item, 'annotations'>;

/** The places of a package's files, and of the Secrets that are added. */
export class Places {
  readonly #isGeneration: boolean;
  /** By package and path: the first position that is free. */
  readonly #free = new Map<string, number>();
  /** Folders with a Kptfile, with a slash at the end; the root is not among them. */
  readonly #packages = new Set<string>();

  /** `isGeneration`: kustomize made the run to generate, so that options for it go over to the Secrets. */
  constructor(isGeneration: boolean, items: readonly Placed[]) {
    this.#isGeneration = isGeneration;
    for (const item of items) {
      const path = pathOf(item);
      if (path === undefined) continue;
      if (path.endsWith('/Kptfile')) this.#packages.add(folderOf(path));
      const file = fileKey(item.annotations, path);
      this.#free.set(file, Math.max(this.#free.get(file) ?? 0, indexOf(item) + 1));
    }
  }

  /**
   * The annotations that a host needs on a new Secret; each call takes a place. Where the generator has a `file`, one of its
   * own in the generator's package: kpt's. kustomize takes a path off again, also one that it made of an annotation in the
   * manifest. Without a file, the generator's own `options` for kustomize.
   */
  take(
    secret: NamedRef,
    { file, options }: { readonly file: Placed | undefined; readonly options: Placed['annotations'] },
  ): Placed['annotations'] {
    if (file !== undefined && pathOf(file) !== undefined) return this.#fileOf(secret, file);
    return this.#isGeneration ? pick(options, GENERATOR_OPTION_ANNOTATIONS) : {};
  }

  /** kpt refuses two items at one path and index, so a file that exists already gets a further document. */
  #fileOf({ name, namespace }: NamedRef, generator: Placed): Record<string, string> {
    const packagePath = pick(generator.annotations, [PACKAGE_PATH_ANNOTATION]);
    const folder = PACKAGE_PATH_ANNOTATION in packagePath ? '' : this.#packageFolder(pathOf(generator) ?? '');
    const path = `${folder}${namespace === undefined ? '' : `${namespace}/`}secret_${name}.yaml`;
    const file = fileKey(packagePath, path);
    const index = this.#free.get(file) ?? 0;
    this.#free.set(file, index + 1);
    return { [PATH_ANNOTATION]: path, [INDEX_ANNOTATION]: String(index), ...packagePath };
  }

  /** `kpt fn eval` names no packages: the folder of the nearest Kptfile above the generator is its package. */
  #packageFolder(generatorPath: string): string {
    let folder = folderOf(generatorPath);
    while (folder !== '' && !this.#packages.has(folder)) folder = folderOf(folder.slice(0, -1));
    return folder;
  }
}

/** `a/b/` of `a/b/c`, empty at the root. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

function fileKey(annotations: Readonly<Record<string, string>>, path: string): string {
  return JSON.stringify([annotations[PACKAGE_PATH_ANNOTATION] ?? null, path]);
}

function pick(annotations: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (annotations[name] === undefined ? [] : [[name, annotations[name]]])),
  );
}

/**
 * True where a list looks as kustomize gives it to a generator: its own functionConfig, without a file, is all there is
 * (kustomize api/internal/plugins/fnplugin/fnplugin.go). A guess, since a package's author can make any list look so: it
 * decides only whether a generator's options for kustomize go over to its own Secret, which costs nobody anything when it is
 * wrong. Where a list came from is never known, and nothing that is promised depends on it.
 */
export function looksLikeGeneration({
  items,
  functionConfig,
}: {
  readonly items: readonly Item[];
  readonly functionConfig?: Item;
}): boolean {
  const [item, ...others] = items;
  if (functionConfig === undefined || others.length > 0) return false;
  if (item === undefined) return true;
  return keyOf(item) === keyOf(functionConfig) && pathOf(item) === undefined && !isOfTransformer(item);
}

/**
 * True for an item with the number that kustomize gives each resource of a transformer. An author can write one too, so it
 * may decide about that item alone.
 */
export function isOfTransformer({ annotations }: Pick<Item, 'annotations'>): boolean {
  return KUSTOMIZE_ID_ANNOTATION in annotations;
}

/** The file of an item, relative to the package. */
export function pathOf({ annotations }: Pick<Item, 'annotations'>): string | undefined {
  return annotations[PATH_ANNOTATION] ?? annotations[LEGACY_PATH_ANNOTATION];
}

/** The position of an item in its file. */
function indexOf({ annotations }: Pick<Item, 'annotations'>): number {
  const index = Number(annotations[INDEX_ANNOTATION] ?? annotations[LEGACY_INDEX_ANNOTATION] ?? 0);
  return Number.isInteger(index) ? index : 0;
}

/** Paths and positions of files: kpt reads and writes them. */
const PATH_ANNOTATION = 'internal.config.kubernetes.io/path';
const INDEX_ANNOTATION = 'internal.config.kubernetes.io/index';
/** kpt's package of an item, an absolute folder. */
const PACKAGE_PATH_ANNOTATION = 'internal.config.kubernetes.io/package-path';
/** Consumed by tools only, never applied. kustomize drops objects that have it. */
export const LOCAL_CONFIG_ANNOTATION = 'config.kubernetes.io/local-config';
/** What kustomize does with a generated Secret: hash suffix, and merge or replace. */
export const GENERATOR_OPTION_ANNOTATIONS: readonly string[] = [
  'kustomize.config.k8s.io/needs-hash',
  'kustomize.config.k8s.io/behavior',
];
const LEGACY_PATH_ANNOTATION = 'config.kubernetes.io/path';
const LEGACY_INDEX_ANNOTATION = 'config.kubernetes.io/index';
/** kustomize's number of a resource that it gives a transformer. */
export const KUSTOMIZE_ID_ANNOTATION = 'kustomize.config.k8s.io/id';
