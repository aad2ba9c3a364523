import type { NamedRef } from '../api/kinds.ts';
import {
  GENERATOR_OPTION_ANNOTATIONS,
  INDEX_ANNOTATION,
  PACKAGE_PATH_ANNOTATION,
  PATH_ANNOTATION,
} from './annotations.ts';
import type { Item } from './item.ts';
import { indexOf, pathOf } from './orchestrator.ts';

/** Something with a place in a package. */
export type Placed = Pick<Item, 'annotations'>;

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
