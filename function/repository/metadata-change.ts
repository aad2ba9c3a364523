import type { ObjectRef } from '../findings/say.ts';
import type { Item } from '../krm/item.ts';
import { isPlainText, isWrittenOtherwise } from '../krm/parse-yaml.ts';
import { isOfHosts } from '../model/annotations.ts';
import type { NamedRef } from '../model/kinds.ts';
import { isRecord, listAt, stringsIn, textAt, valueAt } from '../model/plain-data.ts';
import type { PipelineFile } from './pipelines.ts';
import type { FileItem } from './read-manifests.ts';

/** What kustomize does to the metadata of an object: one kustomization's fields, or those of several in each other. */
export interface Change {
  readonly prefix: string;
  readonly suffix: string;
  /** It replaces any. */
  readonly namespace?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** What an object was called on the way, from as it is written to now: kustomize remembers each. */
  readonly names: readonly NameChange[];
}

export type NameChange = Pick<Change, 'prefix' | 'suffix' | 'namespace'>;

/** Something in a kustomization that may change an object in a way that only kustomize knows. */
export interface Edit {
  readonly field: string;
  readonly by: PipelineFile;
  /** False where the edit surely leaves the object alone. `now`: the object's name in the end; absent: not known. */
  readonly mayTouch: (original: ObjectRef, now?: string) => boolean;
  /** True for one that may change names. */
  readonly renames?: boolean;
  /** True for one that may also give other objects our kinds and names, or add objects. */
  readonly isWide?: boolean;
  /** The objects that must be there, or kustomize builds nothing. */
  readonly names?: readonly ObjectName[];
  /** What selects objects, of a patch or of replacements. */
  readonly targets?: readonly Target[];
  /** True for one that deletes what its target selects. */
  readonly isDeleting?: boolean;
}

/** What selects objects, and those that it may select. */
export interface Target extends Pick<Edit, 'mayTouch'> {
  readonly select?: unknown;
  /** How many are compared with one text. */
  readonly patterns?: number;
}

/** An object by its name, of any of some kinds; by `object`, of that version and namespace alone, and once. */
export interface ObjectName {
  readonly kinds: readonly string[];
  readonly name: string;
  readonly object?: ObjectRef;
  /** What selects it in place of kind and name: the one object that has all of its parts. */
  readonly source?: unknown;
  /** True for a patch that takes it out. */
  readonly isDeleted?: boolean;
}

/** How much edits are compared with, one by one: a file of patches may be named often. */
export function sizeOfEdits(edits: readonly Edit[]): number {
  return edits.reduce(
    (sum, { names = [], targets = [] }) => sum + Math.max(names.length + sizeOfTargets(targets), 1),
    0,
  );
}

/** How many patterns they have. */
export function sizeOfTargets(targets: readonly Target[]): number {
  return targets.reduce((sum, { patterns = 1 }) => sum + patterns, 0);
}

const AS_WRITTEN: NameChange = { prefix: '', suffix: '' };
export const NO_CHANGE: Change = { ...AS_WRITTEN, labels: {}, annotations: {}, names: [AS_WRITTEN] };

/** The change that a kustomization makes, if any (kubernetes-sigs/kustomize, kustomize/v5.8.1, api/internal/target/kusttarget_configplugin.go). */
export function changeOf(kustomization: unknown): Change | undefined {
  const [prefix = '', suffix = '', namespace = ''] = NAMES.map((field) => textAt(kustomization, [field]));
  const pairs = listAt(kustomization, ['labels']).map((entry) => valueAt(entry, ['pairs']));
  const all = [...pairs, valueAt(kustomization, ['commonLabels'])];
  const labels = Object.fromEntries(all.flatMap((labelMap) => Object.entries(stringsIn(labelMap)))); // too many for one call
  const annotations = stringsIn(valueAt(kustomization, ['commonAnnotations']));
  const isChange = [prefix + suffix + namespace, ...Object.keys({ ...labels, ...annotations })].some(Boolean);
  const inSpace = namespace && { namespace };
  const inTurn = [
    { ...AS_WRITTEN, ...inSpace },
    { prefix, suffix: '', ...inSpace },
    { prefix, suffix, ...inSpace },
  ];
  const names = [AS_WRITTEN, ...(prefix + suffix + namespace === '' ? [] : inTurn)];
  return isChange ? { prefix, suffix, labels, annotations, names, ...inSpace } : undefined;
}

/** False for a label or annotation that means something to kustomize or has a variable of it, and whose key it writes as no text. */
export function isPlainPair([key, value]: readonly [string, unknown]): boolean {
  return (
    typeof value === 'string' &&
    isPlainText(key) &&
    !value.includes('$(') &&
    !isWrittenOtherwise(value) &&
    !isOfHosts(key)
  );
}

export const NAMES = ['namePrefix', 'nameSuffix', 'namespace'] as const;

/** Both changes as one. */
export function thenChanged(first: Change, next: Change): Change {
  if (first === NO_CHANGE || next === NO_CHANGE) return first === NO_CHANGE ? next : first;
  return {
    ...first,
    ...next,
    ...thenNamed(first, next),
    names: [...first.names, ...next.names.slice(1).map((step) => thenNamed(first, step))],
    labels: { ...first.labels, ...next.labels },
    annotations: { ...first.annotations, ...next.annotations },
  };
}

function thenNamed(first: NameChange, next: NameChange): NameChange {
  const { namespace = first.namespace } = next;
  const names = { prefix: next.prefix + first.prefix, suffix: first.suffix + next.suffix };
  return { ...names, ...(namespace !== undefined && { namespace }) };
}

/** An object's name and namespace after a change. */
export function renamed<T extends NamedRef>(ref: T, { prefix, suffix, namespace }: NameChange): T {
  return { ...ref, name: `${prefix}${ref.name}${suffix}`, ...(namespace !== undefined && { namespace }) };
}

/** An object after a change. */
export function changedObject(value: unknown, change: Change): object {
  const metadata = Object(valueAt(value, ['metadata']));
  const added = (field: 'labels' | 'annotations') => {
    const former = metadata[field];
    return Object.keys(change[field]).length === 0
      ? {}
      : { [field]: { ...(isRecord(former) && former), ...change[field] } };
  };
  if (change === NO_CHANGE) return Object(value);
  const after = { ...renamed({ name: '', ...metadata }, change), ...added('labels'), ...added('annotations') };
  return { ...Object(value), metadata: after };
}

/** What changed items that are not as their files have them. */
const CHANGES = new WeakMap<Item, Change>();

export function changeOfItem(item: Item | undefined): Change {
  return (item && CHANGES.get(item)) ?? NO_CHANGE;
}

/** An item of a file as it is after a change. Its place stays where it is written. */
export function changedItem(manifest: FileItem, change: Change): FileItem {
  const { item, file } = manifest;
  const { object } = item;
  if (change === NO_CHANGE || object === undefined) return manifest;
  const changed: Item = {
    ...item,
    object: renamed<ObjectRef>(object, change),
    annotations: { ...item.annotations, ...change.annotations },
    toJS: () => changedObject(item.toJS(), change),
  };
  CHANGES.set(changed, change);
  return { item: changed, file };
}
