import {
  INDEX_ANNOTATION,
  KUSTOMIZE_ID_ANNOTATION,
  LEGACY_INDEX_ANNOTATION,
  LEGACY_PATH_ANNOTATION,
  PATH_ANNOTATION,
} from './annotations.ts';
import { type Item, keyOf } from './item.ts';
import type { ResourceList } from './resource-list.ts';

/**
 * True where a list looks as kustomize gives it to a generator: its own functionConfig, without a file, is all there is
 * (kustomize api/internal/plugins/fnplugin/fnplugin.go). A guess, since a package's author can make any list look so: it
 * decides only whether a generator's options for kustomize go over to its own Secret, which costs nobody anything when it is
 * wrong. Where a list came from is never known, and nothing that is promised depends on it.
 */
export function looksLikeGeneration({
  items,
  functionConfig,
}: Pick<ResourceList, 'items' | 'functionConfig'>): boolean {
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
export function indexOf({ annotations }: Pick<Item, 'annotations'>): number {
  const index = Number(annotations[INDEX_ANNOTATION] ?? annotations[LEGACY_INDEX_ANNOTATION] ?? 0);
  return Number.isInteger(index) ? index : 0;
}
