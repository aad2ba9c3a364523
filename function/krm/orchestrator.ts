import {
  INDEX_ANNOTATION,
  KUSTOMIZE_ID_ANNOTATION,
  LEGACY_INDEX_ANNOTATION,
  LEGACY_PATH_ANNOTATION,
  PATH_ANNOTATION,
} from './annotations.ts';
import type { Item } from './item.ts';
import type { ResourceList } from './resource-list.ts';

/** Who sent a ResourceList, as far as it changes what is emitted. */
export type Orchestrator = 'kustomizeTransformer' | 'kustomizeGenerator' | 'kpt';

/**
 * Recognises the sender: kustomize numbers every resource that it gives a transformer; a generator gets its own
 * functionConfig as the only item, without a file; everything else is treated as files, as kpt does (krm-hosts.md 2.2, 4.1).
 */
export function recognise({ items, functionConfig }: Pick<ResourceList, 'items' | 'functionConfig'>): Orchestrator {
  if (items.some(({ annotations }) => KUSTOMIZE_ID_ANNOTATION in annotations)) return 'kustomizeTransformer';
  const isConfig = ({ object }: Item) =>
    object !== undefined && object.kind === functionConfig?.object?.kind && object.name === functionConfig.object.name;
  const [only, ...others] = items;
  const alone = only !== undefined && others.length === 0 && isConfig(only) && pathOf(only) === undefined;
  return functionConfig !== undefined && (alone || items.length === 0) ? 'kustomizeGenerator' : 'kpt';
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
