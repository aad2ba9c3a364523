import { dirname, resolve } from 'node:path';
import { type How, isOurs, READ_STARTS } from '../hosts/kpt-steps.ts';
import { parseDocuments } from '../krm/documents.ts';
import { FUNCTION_ANNOTATIONS } from '../krm/file-positions.ts';
import { parseObject } from '../krm/parse-yaml.ts';
import { textsUnder } from '../krm/texts-under.ts';
import { isGenerator, isInput } from '../model/kinds.ts';
import { cached, distinct, listAt, once, textAt, valueAt } from '../model/plain-data.ts';
import type { FilePath } from './find-files.ts';
import type { FileItem, ManifestFile } from './read-manifests.ts';

/** A Kptfile or kustomization as plain data: what tells a host to start functions. Nothing in `value` is checked. */
export interface PipelineFile {
  readonly file: FilePath & { readonly text: string };
  readonly value: unknown;
}

/** Kustomizations by the real path of their folder. */
export type Kustomizations = ReadonlyMap<string, PipelineFile>;

export function inFolders(kustomizations: readonly PipelineFile[]): Map<string, PipelineFile> {
  return new Map(kustomizations.map((kustomization) => [dirname(kustomization.file.real), kustomization]));
}

/** An object under `generators` or `transformers` of a kustomization. */
export interface Start {
  readonly list: 'generators' | 'transformers';
  readonly config: FileItem;
  readonly how: How;
}

/** Fields of a kustomization with resources and other kustomizations. */
export const BASES = ['resources', 'components', 'bases'] as const;

/** Fields of a kustomization with objects that start functions. */
export const STARTING = ['generators', 'transformers'] as const;

/** The first field, or entry of a list, that is to be a string and is none. */
export function wrongEntry(kustomization: unknown): string | undefined {
  const isWrong = (value: unknown) => typeof (value ?? '') !== 'string';
  const name = ['namePrefix', 'nameSuffix', 'namespace'].find((field) => isWrong(valueAt(kustomization, [field])));
  if (name !== undefined) return name;
  const pairs = listAt(kustomization, ['labels']).map((_, index) => ['labels', index, 'pairs']);
  const map = [...pairs, ['commonLabels'], ['commonAnnotations']].find((path) =>
    Object.values(Object(valueAt(kustomization, path))).some(isWrong),
  );
  if (map !== undefined) return String(map[0]);
  for (const list of [...BASES, ...STARTING]) {
    const index = listAt(kustomization, [list]).findIndex((entry) => typeof entry !== 'string');
    if (index >= 0) return `${list}[${index}]`;
  }
  return undefined;
}

/** The items of a file, or of all files below a folder. */
export type ItemsAt = (path: string) => readonly FileItem[];

/** The objects of a kustomization that start this function, or what `isWanted` says. */
export function startsOf(kustomization: PipelineFile, at: ItemsAt, isWanted = isOurs): readonly Start[] {
  const starts = configsOf(kustomization, at).filter((start) => isStart(start, isWanted));
  const { generators = [], transformers = [] } = Object.groupBy(starts, ({ list }) => list);
  return [...generators, ...transformers.slice(0, READ_STARTS)];
}

/** True for an object that starts this function, or what `isWanted` says. */
export function isStart({ config: { item }, how }: Start, isWanted = isOurs): boolean {
  return isGenerator(item) || isInput(item) || isWanted(how);
}

/** All objects under `generators` and `transformers` of a kustomization, others' too. */
export function configsOf(kustomization: PipelineFile, at: ItemsAt): readonly Start[] {
  const lines = once(() => {
    const texts = textsUnder(kustomization.file.text, STARTING) ?? [];
    return new Map(texts.toReversed().map(({ text, line }) => [text, line]));
  });
  return STARTING.flatMap((list) => {
    const entries = entriesOf(kustomization, [list]);
    const configs = new Set(entries.flatMap((entry) => itemsOf(entry, { ...kustomization, lines }, at)));
    return [...configs].map((config) => ({ list, config, how: howOf(config.item.annotations) }));
  });
}

/** An entry of a list of a kustomization. */
export interface Entry {
  readonly list: string;
  readonly field: string;
  readonly text: string;
  readonly path: string;
}

/** Each is asked for many times, and may be very long. */
const ENTRIES = new WeakMap<PipelineFile, Map<string, readonly Entry[]>>();

/** The entries of lists of a kustomization, each once, with their paths. Addresses of other repositories are no paths here. */
export function entriesOf(kustomization: PipelineFile, fields: readonly string[]): readonly Entry[] {
  const cache = cached(ENTRIES, kustomization, () => new Map<string, readonly Entry[]>());
  return fields.flatMap((list) => cached(cache, list, () => readEntries(kustomization, list)));
}

function readEntries({ file, value }: PipelineFile, list: string): readonly Entry[] {
  const entries = listAt(value, [list]).flatMap((entry, index) => {
    if (typeof entry === 'object') return [];
    const text = String(entry);
    const path = isWritten(text) ? text : resolve(dirname(file.real), text);
    return [{ list, field: `${list}[${index}]`, text, path }];
  });
  return distinct(entries, ({ path }) => path);
}

/** Which kustomizations include which. */
export interface Includes {
  readonly basesOf: (kustomization: PipelineFile) => readonly PipelineFile[];
  readonly includersOf: (base: PipelineFile) => readonly PipelineFile[];
}

export function includesOf(all: Iterable<PipelineFile>, byFolder: Kustomizations): Includes {
  const basesOf = (kustomization: PipelineFile) =>
    entriesOf(kustomization, BASES).flatMap(({ path }) => byFolder.get(path) ?? []);
  const includes = [...all].flatMap((by) => basesOf(by).map((base) => ({ base, by })));
  const byBase = Map.groupBy(includes, ({ base }) => base);
  return { basesOf, includersOf: (base) => (byBase.get(base) ?? []).map(({ by }) => by) };
}

/** True for an entry that is an object itself. */
export function isWritten(entry: string): boolean {
  return /[\n{]/.test(entry);
}

/** The items of a kustomization's entry: written in it, or those of a file that it names. */
function itemsOf(
  { text: entry, path }: Entry,
  { file, lines }: PipelineFile & { readonly lines: () => ReadonlyMap<string, number> },
  at: ItemsAt,
): readonly FileItem[] {
  if (!isWritten(entry)) return at(path);
  if (parseObject(entry) === undefined) return [];
  const firstLine = lines().get(entry) ?? 1;
  const written: ManifestFile = { ...file, text: entry, items: parseDocuments(entry, file.shown), firstLine };
  return written.items.map((item) => ({ item, file: written }));
}

/** How an object says that it is started. */
function howOf(annotations: Readonly<Record<string, string>>): How {
  const text = FUNCTION_ANNOTATIONS.map((name) => annotations[name]).find((annotation) => annotation !== undefined);
  const value = text === undefined ? undefined : parseObject(text);
  const exec = textAt(value, ['exec', 'path']);
  const image = textAt(value, ['container', 'image']);
  return exec !== undefined ? { exec } : image !== undefined ? { image } : undefined;
}
