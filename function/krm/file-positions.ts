import { type Finding, finding } from '../findings/finding.ts';
import { named, say, theObject } from '../findings/say.ts';
import {
  BEHAVIOR_ANNOTATION,
  FUNCTION_ANNOTATIONS,
  GENERATOR_ANNOTATION,
  NEEDS_HASH_ANNOTATION,
} from '../model/annotations.ts';
import type { NamedRef } from '../model/kinds.ts';
import { join } from '../model/paths.ts';
import { cached, defined } from '../model/plain-data.ts';
import { type Item, itemKey } from './item.ts';

/** A kustomization's file. It needs no apiVersion, kind and name, and kpt sends it as it is. */
export const KUSTOMIZATION = /(?:^|\/)(?:kustomization\.ya?ml|Kustomization)$/;

/** An object with annotations for its place in a package. */
type WithAnnotations = Pick<Item, 'annotations'>;

/** The file positions that are taken in a package, and those for new Secrets. */
export class FilePositions {
  readonly #isGeneration: boolean;
  /** The first free position, by package and path. */
  readonly #free = new Map<string, number>();
  /** Folders with a Kptfile, each with a slash at the end, without the root; and their lengths, the longest first. */
  readonly #packages = new Set<string>();
  readonly #lengths: readonly number[];
  /** The folder of a package, by the path of a generator in it. */
  readonly #folders = new Map<string, string>();

  /** `isGeneration`: kustomize runs this function as a kustomize generator, whose options Secrets get. */
  constructor(isGeneration: boolean, items: readonly WithAnnotations[]) {
    this.#isGeneration = isGeneration;
    for (const item of items) {
      const path = pathOf(item);
      if (path === undefined) continue;
      if (path.endsWith('/Kptfile')) this.#packages.add(folderOf(path));
      const file = fileKey(item.annotations, path);
      this.#free.set(file, Math.max(this.#free.get(file) ?? 0, indexOf(item) + 1));
    }
    this.#lengths = [...new Set(Array.from(this.#packages, ({ length }) => length))].toSorted((a, b) => b - a);
  }

  /**
   * The annotations of a new Secret; each call takes a position. If its `neighbour` (the generator, or the Input that contains it) has a
   * path, the Secret gets a file of its own in the same kpt package; kustomize removes the path again. Otherwise it gets the generator's
   * `options` for kustomize.
   */
  take(
    secret: NamedRef,
    {
      neighbour,
      options,
    }: { readonly neighbour: WithAnnotations | undefined; readonly options: WithAnnotations['annotations'] },
  ): WithAnnotations['annotations'] {
    if (neighbour !== undefined && pathOf(neighbour) !== undefined) return this.#fileOf(secret, neighbour);
    return this.#isGeneration ? pick(options, BUILD_OPTION_ANNOTATIONS) : {};
  }

  /** True where the file of an object has others too, once all positions are taken. */
  isShared({ annotations }: WithAnnotations): boolean {
    const path = pathOf({ annotations });
    return path !== undefined && (this.#free.get(fileKey(annotations, path)) ?? 0) > 1;
  }

  /** An existing file gets a further document, since kpt refuses two items with the same path and index. */
  #fileOf({ name, namespace }: NamedRef, neighbour: WithAnnotations): Record<string, string> {
    const around = packageOf(neighbour.annotations);
    const packagePath = defined({ [PACKAGE_PATH_ANNOTATION]: around });
    const folder =
      around === undefined ? cached(this.#folders, pathOf(neighbour) ?? '', (path) => this.#packageFolder(path)) : '';
    const path = `${folder}${namespace === undefined ? '' : `${namespace}/`}secret_${name}.yaml`;
    const file = fileKey(packagePath, path);
    const index = this.#free.get(file) ?? 0;
    this.#free.set(file, index + 1);
    return { [PATH_ANNOTATION]: path, [INDEX_ANNOTATION]: String(index), ...packagePath };
  }

  /** The folder of the nearest Kptfile above a path, for `kpt fn eval`, which sets no package path. */
  #packageFolder(path: string): string {
    const length = this.#lengths.find((some) => this.#packages.has(path.slice(0, some)));
    return path.slice(0, length ?? 0);
  }
}

/** `a/b/` for `a/b/c`, empty at the root. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

function fileKey(annotations: Readonly<Record<string, string>>, path: string): string {
  return join(packageOf(annotations) ?? '', path); // packages are in each other
}

/** The folder of an item's package, where kpt names that. One that is too long is none. */
function packageOf({ [PACKAGE_PATH_ANNOTATION]: path }: Readonly<Record<string, string>>): string | undefined {
  return path !== undefined && path.length > PATH_MAX ? undefined : path;
}

function pick(annotations: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (annotations[name] === undefined ? [] : [[name, annotations[name]]])),
  );
}

/**
 * True for a list like those that a kustomize generator gets: no item, or only its functionConfig, without a path
 * (kubernetes-sigs/kustomize, kustomize/v5.8.1, api/internal/plugins/fnplugin/fnplugin.go). This is a guess, since a package's author can
 * write such a list. It decides whether a Secret gets its generator's options for kustomize, which the generator then loses, and whether the
 * host writes files.
 */
export function looksLikeGeneration([item, ...others]: readonly Item[], functionConfig: Item): boolean {
  if (others.length > 0) return false;
  if (item === undefined) return true;
  const isPlaced = pathOf(item) !== undefined || KUSTOMIZE_ID_ANNOTATION in item.annotations;
  return itemKey(item) === itemKey(functionConfig) && !isPlaced;
}

/** Linux knows no longer path (PATH_MAX). */
const PATH_MAX = 4096;

/** The file of an item, relative to the package. A path that is too long is none. */
export function pathOf({ annotations }: Pick<Item, 'annotations'>): string | undefined {
  const path = annotations[PATH_ANNOTATION] ?? annotations[LEGACY_PATH_ANNOTATION];
  return path !== undefined && path.length > PATH_MAX ? undefined : path;
}

/** Refuses an item with a path that no file can have. */
export function checkPath(item: Item): Finding[] {
  const { annotations, object } = item;
  const long = [PATH_ANNOTATION, LEGACY_PATH_ANNOTATION, PACKAGE_PATH_ANNOTATION].find(
    (name) => (annotations[name]?.length ?? 0) > PATH_MAX,
  );
  if (long === undefined || object === undefined) return [];
  const cause = say`its annotation ${named(long)} has more than ${PATH_MAX} characters`;
  const message = say`cannot place ${theObject(object)} in a file: ${cause}. Shorten the path, or remove the annotation.`;
  return [finding('LIMIT_EXCEEDED', message, { object })];
}

/** The file of an item with its package's folder in front, where kpt names that (`kpt fn render`). */
export function fullPathOf(item: Pick<Item, 'annotations'>): string | undefined {
  const path = pathOf(item);
  return path === undefined ? undefined : join(packageOf(item.annotations) ?? '', path);
}

/** The position of an item in its file. */
function indexOf({ annotations }: Pick<Item, 'annotations'>): number {
  const index = Number(annotations[INDEX_ANNOTATION] ?? annotations[LEGACY_INDEX_ANNOTATION] ?? 0);
  return Number.isInteger(index) ? index : 0;
}

/** Path of an item's file, and position in it: kpt reads and writes both. */
const PATH_ANNOTATION = 'internal.config.kubernetes.io/path';
const INDEX_ANNOTATION = 'internal.config.kubernetes.io/index';
/** The same under kpt's older names. They end the newer ones, so a search in text finds both. sops/sops.ts names all of them too. */
export const LEGACY_PATH_ANNOTATION = 'config.kubernetes.io/path';
const LEGACY_INDEX_ANNOTATION = 'config.kubernetes.io/index';
/** The absolute folder of an item's kpt package. */
const PACKAGE_PATH_ANNOTATION = 'internal.config.kubernetes.io/package-path';
/** kustomize's options for a generated Secret: hash suffix, and the behavior. */
export const BUILD_OPTION_ANNOTATIONS: readonly string[] = [NEEDS_HASH_ANNOTATION, BEHAVIOR_ANNOTATION];
/** kustomize's number of a resource that it sends to a transformer. An author can write one too. */
export const KUSTOMIZE_ID_ANNOTATION = 'kustomize.config.k8s.io/id';

/** kustomize has it on all that a kustomize generator of the same build gave it. */
const KUSTOMIZE_BEHAVIOR_ANNOTATION = 'internal.config.kubernetes.io/generatorBehavior';

/**
 * True for a Secret that this function made as an earlier kustomize generator of the build, and for its manifest, which
 * kustomize hands on too (kubernetes-sigs/kustomize, issue 5502), both perhaps renamed by now. False for others' manifests.
 */
export function isOfEarlierBuildStep({ annotations }: WithAnnotations): boolean {
  const isGenerated = KUSTOMIZE_ID_ANNOTATION in annotations && KUSTOMIZE_BEHAVIOR_ANNOTATION in annotations;
  return isGenerated && [GENERATOR_ANNOTATION, ...FUNCTION_ANNOTATIONS].some((name) => name in annotations);
}

/**
 * True for items that kustomize sends to a transformer: it numbers all. If one lacks a number, an author wrote those of the others. Unparsed
 * items are searched as text.
 */
export function isOfTransformer(items: readonly Item[]): boolean {
  return (
    items.length > 0 &&
    items.every(({ object, annotations, text, range: [start, , end] }) =>
      object === undefined
        ? text.slice(start, end).includes(KUSTOMIZE_ID_ANNOTATION)
        : KUSTOMIZE_ID_ANNOTATION in annotations,
    )
  );
}
