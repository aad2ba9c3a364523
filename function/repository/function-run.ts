import { join, sep } from 'node:path';
import type { Finding, SourceLocation } from '../findings/finding.ts';
import type { ObjectRef } from '../findings/say.ts';
import { nearestAbove } from '../hosts/folders.ts';
import { generatorsIn } from '../hosts/host-paths.ts';
import type { How } from '../hosts/kpt-steps.ts';
import { type Item, itemKey } from '../krm/item.ts';
import { lineOf } from '../krm/line-of.ts';
import type { Job } from '../model/job.ts';
import { type NamedRef, objectKey, secretObject } from '../model/kinds.ts';
import { cached, once } from '../model/plain-data.ts';
import type { Doubt } from './doubts.ts';
import { type Change, type Edit, NO_CHANGE } from './metadata-change.ts';
import type { ItemsAt } from './pipelines.ts';
import { type FileItem, isPolicy, type ManifestFile } from './read-manifests.ts';

/** One run of the function: what it gets from the host that starts it, or from nobody where the manifests are in no pipeline. */
export interface FunctionRun {
  /** The folder of its Kptfile or kustomization, or of its loose manifests, as the user named it. */
  readonly folder: string;
  readonly host: 'kpt' | 'kustomize' | 'none';
  readonly items: readonly Item[];
  readonly functionConfig?: Item;
  /** The file of the functionConfig. */
  readonly configFile?: ManifestFile;
  /** Where the generators of the functionConfig are in it, by `objectKey`. */
  readonly inConfig: () => ReadonlyMap<string, number>;
  /** The items of each object, by `objectKey`. */
  readonly byKey: ReadonlyMap<string, readonly FileItem[]>;
  /** Files with items, and Kptfiles, by real path: those of all runs. */
  readonly files: ReadonlyMap<string, ManifestFile>;
  /** What refuses this run before it begins. */
  readonly findings: readonly Finding[];
  readonly doubts?: readonly Doubt[];
  /** Those about one of its objects, which may be of several packages. Absent: all are about each. */
  readonly doubtsOf?: (object: ObjectRef) => readonly Doubt[];
  /** True for a step of kpt with selectors, which may keep from it what another step makes. */
  readonly hasSelectors?: boolean;
  /** Of kpt: says where a step does not get an object of a key, or what is in a file: kpt has that beside what the step makes there. */
  readonly hides?: (key: string, file?: string) => readonly Doubt[];
  /**
   * Of kustomize: the entry that starts it and how, the same where several kustomizations include that one, and the folder of its
   * kustomization.
   */
  readonly start?: { readonly folder: string; readonly how: How };
  /** What kustomize does to its Secrets afterwards. */
  readonly after: After;
  /** What kustomize calls objects by then, for a transformer of kustomize. */
  readonly names?: KustomizeNames;
}

/** A change of metadata, and what else may change a Secret. */
interface After {
  /** True where another Secret of the same build has the name of this one in the end, or had it when a generator made one. */
  readonly hasOther?: (target: NamedRef) => boolean;
  /** Starts whose Secrets a generator finds, which have been renamed then. */
  readonly former?: ReadonlySet<unknown> | undefined;
  readonly change: Change;
  /** What else the build may change, before the function too. */
  readonly edits: readonly Edit[];
  /** Those of them that surely come after a transformer. */
  readonly late?: ReadonlySet<Edit>;
}

/** What a transformer of kustomize gets and files do not show. */
export interface KustomizeNames {
  /** True for an object that kustomize makes. */
  makes(object: ObjectRef): boolean;
  /** The name of an object that is written under this one. */
  nameOf(object: ObjectRef): string | undefined;
  /** The manifests that are read, those that this function leaves alone too. */
  readonly specs: readonly ObjectRef[];
  /** An object as its file has it. */
  writtenAs(object: ObjectRef): readonly ObjectRef[];
}

/** All items that were read, by file. */
export interface AllManifests {
  readonly all: readonly FileItem[];
  readonly files: FunctionRun['files'];
  /** The texts of all files that were read, by real path; empty for one that has nothing of ours and is no UTF-8. */
  readonly texts: ReadonlyMap<string, string>;
  readonly at: ItemsAt;
  readonly countAt: (path: string) => number;
  /** All files that were read, at a path. */
  readonly filesAt: (path: string) => readonly ManifestFile[];
  /** How many characters a run gets that gets all of these (`overspent`). */
  readonly costAt: (path: string) => number;
  /** How many all files have. */
  readonly size: number;
}

/** A run of a host, and the items that no other run may claim as loose. */
export interface HostRun {
  readonly run: FunctionRun;
  /** Real paths of the files and folders that its host reads: what cannot be read at or below one of them may belong to it. */
  readonly reach: ReadonlySet<string>;
  readonly claimed: readonly FileItem[];
}

/** True for a real path in a folder, or in one below it. */
export function isBelow(folder: string, path: string): boolean {
  const { length } = folder;
  return (folder === sep || path[length] === sep) && path.slice(0, length) === folder; // `startsWith` takes long on a long path
}

/** Finds the folder of the nearest Kptfile above a path, whoever may write there. */
export function packagesIn(files: FunctionRun['files']): (path: string) => string | undefined {
  return cached(PACKAGES, files, () => nearestAbove((at) => (files.has(join(at, 'Kptfile')) ? at : undefined)));
}
const PACKAGES = new WeakMap<FunctionRun['files'], (path: string) => string | undefined>();

/** What is known of a run beside its items. */
interface RunStart
  extends Omit<FunctionRun, 'items' | 'functionConfig' | 'configFile' | 'inConfig' | 'byKey' | 'after'> {
  readonly config: FileItem | undefined;
  readonly after?: After;
}

export function toRun(
  { config, after = { change: NO_CHANGE, edits: [] }, ...run }: RunStart,
  items: readonly FileItem[],
): FunctionRun {
  const manifests = config === undefined ? items : [...items, config];
  return {
    ...run,
    after,
    items: items.flatMap(({ item }) => (isPolicy(item) ? [] : [item])),
    ...(config === undefined ? {} : { functionConfig: config.item, configFile: config.file }),
    inConfig: once(() => generatorsIn(config?.item)),
    byKey: Map.groupBy(manifests, ({ item }) => itemKey(item)),
  };
}

/** Where a run's object is written, or a field of it; a generator that an Input has, in the Input. A field of no object is the Input's. */
export function locationOf(
  { byKey, inConfig, functionConfig, configFile }: FunctionRun,
  { object, field }: Pick<Finding, 'object' | 'field'>,
): SourceLocation | undefined {
  const [manifest] = object === undefined ? [] : (byKey.get(objectKey(object)) ?? []);
  if (manifest !== undefined) return locationIn(manifest.file, manifest.item, field);
  if (functionConfig === undefined || configFile === undefined) return undefined;
  if (object === undefined) return field === undefined ? undefined : locationIn(configFile, functionConfig, field);
  const index = inConfig().get(objectKey(object));
  if (index === undefined) return undefined;
  const inside = [`generators[${index}]`, ...(field === undefined ? [] : [field])].join('.');
  return locationIn(configFile, functionConfig, inside);
}

/** Where an item of a file is written, or a field of it. */
export function locationIn(
  { shown, firstLine = 1 }: Pick<ManifestFile, 'shown' | 'firstLine'>,
  item: Pick<Item, 'text' | 'range'>,
  field?: string,
): SourceLocation {
  return { file: shown, line: firstLine - 1 + lineOf(item, field) };
}

/** The generator of a job, its Secret, and what it is read from. */
export function objectsOf({ requester, target, reads }: Job): ObjectRef[] {
  return [requester, secretObject(target), ...reads.map(({ object }) => object)];
}
