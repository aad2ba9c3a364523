import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { resolveIn } from '../hosts/folders.ts';
import { type How, isOurs, READ_STARTS } from '../hosts/kpt-steps.ts';
import { parseDocuments } from '../krm/documents.ts';
import { LEGACY_PATH_ANNOTATION } from '../krm/file-positions.ts';
import type { Item } from '../krm/item.ts';
import { lineOf } from '../krm/line-of.ts';
import { parseObject } from '../krm/parse-yaml.ts';
import { readAlike } from '../krm/plain-objects.ts';
import { splitDocuments } from '../krm/split-documents.ts';
import { FUNCTION_ANNOTATIONS } from '../model/annotations.ts';
import { isGenerator, isInput, PROGRAM } from '../model/kinds.ts';
import { cached, distinct, listAt, reached, textAt, valueAt } from '../model/plain-data.ts';
import type { FilePath } from './find-files.ts';
import type { FileItem } from './read-manifests.ts';

/** A Kptfile or kustomization as plain data: what tells a host to start functions. Nothing in `value` is checked. */
export interface PipelineFile {
  readonly file: FilePath & { readonly text: string };
  readonly value: unknown;
  /** True for one that its host refuses: `value` has what it may include. */
  readonly isRefused?: true;
}

/** Kustomizations by the real path of their folder. */
export type Kustomizations = ReadonlyMap<string, PipelineFile>;

export function inFolders(kustomizations: readonly PipelineFile[]): Map<string, PipelineFile> {
  return new Map(kustomizations.map((kustomization) => [dirname(kustomization.file.real), kustomization]));
}

/** An object under `generators` or `transformers` of a kustomization. */
export type Start = ReturnType<typeof startBy>;

/** Fields of a kustomization with resources and other kustomizations. */
export const BASES = ['resources', 'components', 'bases'] as const;

/** Fields of a kustomization with objects that start functions. */
export const STARTING = ['generators', 'transformers'] as const;

/** A field of a kustomization with objects that start functions too; what they make fails the build. */
export const VALIDATORS = 'validators';

/** Fields with paths, or objects that are written there. */
export const MAY_BE_WRITTEN: readonly string[] = [...STARTING, VALIDATORS, 'patchesStrategicMerge'];

/** The items of a file, or of all files below a folder. */
export type ItemsAt = (path: string) => readonly FileItem[];

/** The objects of a kustomization that start this function, or what `isWanted` says. */
export function startsOf(kustomization: PipelineFile, at: ItemsAt, isWanted = isOurs): readonly Start[] {
  return STARTING.flatMap((list) => {
    const configs = entriesOf(kustomization, [list]).flatMap((entry) => itemsOf(entry, kustomization, at));
    const starts = [...new Set(configs)].map((config) => startBy(list, config));
    const matching = starts.filter((start) => isStart(start, isWanted));
    return list === 'generators' ? matching : matching.slice(0, READ_STARTS);
  });
}

/** The items of a kustomization's entry: written in it, or those of a file that it names. */
export function itemsOf(
  { field, text, isWritten: isObject, path }: Entry,
  { file }: PipelineFile,
  at: ItemsAt,
): readonly FileItem[] {
  if (!isObject) return at(path);
  const inlineFile = {
    ...file,
    text,
    items: parseDocuments(text, file.shown),
    get firstLine() {
      return lineOf(cached(WHOLE, file, wholeOf), field, true);
    },
  };
  return inlineFile.items.map((item) => ({ item, file: inlineFile }));
}

/** The text of a kustomization as an item, which is parsed once, and only where a message has a line. */
const WHOLE = new WeakMap<PipelineFile['file'], Parameters<typeof lineOf>[0]>();
const wholeOf = ({ text }: { readonly text: string }) => ({ text, range: [0, text.length, text.length] as const });

/** True for an object that starts this function, or what `isWanted` says. */
export function isStart({ config: { item }, how }: Start, isWanted = isOurs): boolean {
  return isGenerator(item) || isInput(item) || isWanted(how);
}

/** How an object in a list starts a function. */
export function startBy(list: (typeof STARTING)[number] | typeof VALIDATORS, config: FileItem) {
  return { list, config, ...cached(HOWS, config.item, howOf) };
}

/** An entry of a list of a kustomization. */
export type Entry = ReturnType<typeof readEntries>[number];

/** Each is asked for many times, and may be very long. */
const ENTRIES = new WeakMap<PipelineFile, Map<string, readonly Entry[]>>();

/** The entries of lists of a kustomization, each once, with their paths. */
export function entriesOf(kustomization: PipelineFile, fields: readonly string[]): readonly Entry[] {
  const cache = cached(ENTRIES, kustomization, () => new Map<string, readonly Entry[]>());
  return fields.flatMap((list) => cached(cache, list, () => readEntries(kustomization, list)));
}

/** `isWritten`: it is an object itself; `path`: what it names, or the text of an object or an address. */
function readEntries({ file, value }: PipelineFile, list: string) {
  const entries = listAt(value, [list])
    .map(String)
    .map((text, index) => {
      const isObject = MAY_BE_WRITTEN.includes(list) && isWritten(text);
      const path = isObject ? text : pathIn(file, text);
      return { list, field: `${list}[${index}]`, text, isWritten: isObject, path };
    });
  return distinct(entries, ({ path }) => path);
}

/** The kustomizations that one includes. */
export function basesIn(kustomization: PipelineFile, byFolder: Kustomizations) {
  return entriesOf(kustomization, BASES).flatMap(({ path }) => byFolder.get(path) ?? []);
}

const INCLUDES = new WeakMap<readonly PipelineFile[], ReturnType<typeof readIncludes>>();

/** Which kustomizations include which. */
export const includesOf = (all: readonly PipelineFile[]) => cached(INCLUDES, all, readIncludes);

function readIncludes(all: readonly PipelineFile[]) {
  const byFolder = inFolders(all);
  const basesOf = (kustomization: PipelineFile) => basesIn(kustomization, byFolder);
  const includes = all.flatMap((by) => basesOf(by).map((base) => ({ base, by })));
  const byBase = Map.groupBy(includes, ({ base }) => base);
  return { byFolder, basesOf, includersOf: (base: PipelineFile) => (byBase.get(base) ?? []).map(({ by }) => by) };
}

/** The files whose objects pass through a kustomization that is so, and it and its bases; what is around a component passes through it. */
export function filesThrough(all: readonly PipelineFile[], isSo: (by: PipelineFile) => boolean): ReadonlySet<string> {
  const { basesOf, includersOf } = includesOf(all);
  const isComponent = ({ value }: PipelineFile) => textAt(value, ['kind']) === 'Component';
  const around = reached(all.filter(isSo), (by) => (isComponent(by) ? includersOf(by) : []));
  const through = [...reached(around, basesOf)];
  return new Set(through.flatMap((by) => [by.file.real, ...entriesOf(by, BASES).map(({ path }) => path)]));
}

/** What the build of a folder reads, as the user named that folder: its kustomizations, the first of all, and the paths of other files. */
export function newBuilds(kustomizations: readonly PipelineFile[]) {
  const byFolder = inFolders(kustomizations);
  const byShown = new Map(kustomizations.map((by) => [dirname(by.file.shown), by]));
  const builds = new Map<string, { readonly included: readonly PipelineFile[]; readonly paths: ReadonlySet<string> }>();
  return (folder: string) =>
    cached(builds, folder, () => {
      const top = byShown.get(folder);
      if (top === undefined) return { included: [], paths: new Set<string>() };
      return {
        included: [...reached([top], (by) => basesIn(by, byFolder))],
        paths: new Set(pathsOfBuild(top, byFolder)),
      };
    });
}

/** The files that a build of this kustomization reads, those of its bases too. */
export function pathsOfBuild(top: PipelineFile, byFolder: Kustomizations): string[] {
  const all = reached([top], (kustomization) => basesIn(kustomization, byFolder));
  const paths = new Set([...all].flatMap((kustomization) => entriesOf(kustomization, BASES).map(({ path }) => path)));
  return [...paths].filter((path) => !byFolder.has(path));
}

/** A text that is one plain scalar for every reader of YAML, and not `null`: kustomize tries an entry of `MAY_BE_WRITTEN` as objects before. */
export const PATH = /^(?!null$|\.\.\.)[^\s?:,[\]{}#&*!|>'"%`~-](?:[^\n\r\u0085\u2028\u2029:#]|:(?=\S)|(?<=\S)#)*$/i;

/** True for one that is an object itself, or several. kyaml knows no other line between two than `---`. */
export function isWritten(entry: string): boolean {
  return cached(WRITTEN, entry, readsAsObjects);
}

/** Aliases may repeat what is long. */
const WRITTEN = new Map<string, boolean>();

function readsAsObjects(entry: string): boolean {
  if (PATH.test(entry) || /^(?:\.\.\.|---[^\S\n]*[^\s#])/m.test(entry)) return false;
  const objects = splitDocuments(entry).map(({ start, end }) => parseObject(entry.slice(start, end)));
  const isObject = (value: unknown) => Boolean(textAt(value, ['kind']) && textAt(value, ['metadata', 'name']));
  return objects.length > 0 && objects.every(isObject);
}

/**
 * True for an entry that kustomize may load from elsewhere (kubernetes-sigs/kustomize, kustomize/v5.8.1, api/internal/git/repospec.go). Go's
 * `ToLower` makes Latin letters of two others: of an I with a dot and of the sign of Kelvin.
 */
export function isAddress(entry: string): boolean {
  const latin = entry.replaceAll('\u0130', 'i').replaceAll('\u212a', 'k');
  return /^(?:git::|https?:|(?:ssh|file):\/\/|[a-z][a-z\d-]*@.*[:/]|github\.com[:/])/is.test(latin);
}

/** The path that an entry of a kustomization names; an address is none, whatever stands at such a path. */
export function pathIn({ real }: FilePath, entry: string): string {
  return isAddress(entry) ? entry : resolveIn(dirname(real), entry);
}

/** Many kustomizations may name one. */
const HOWS = new WeakMap<Item, ReturnType<typeof howOf>>();

/**
 * How an object says that it is started, and for what (kubernetes-sigs/kustomize, kyaml/v0.21.1, fn/runtime/runtimeutil/functiontypes.go and
 * runtimeutil.go). `isShown`: it surely is this program, without arguments, and gets all: any path may lead into the package
 * (`/proc/self/cwd`).
 */
function howOf({ annotations, toJS }: Item) {
  const text = FUNCTION_ANNOTATIONS.map((name) => annotations[name]).find(Boolean);
  const value = text === undefined ? valueAt(toJS(), ['metadata', 'configFn']) : readAlike(text);
  const exec = textAt(value, ['exec', 'path']);
  const image = value === undefined ? annotations[CONTAINER_ANNOTATION] : textAt(value, ['container', 'image']);
  const how: How = exec !== undefined ? { exec } : image !== undefined ? { image } : undefined;
  const isOwn = isDeepStrictEqual(value, { exec: { path: PROGRAM } });
  const isPlugin = text === undefined && value === undefined && how === undefined;
  const isForAll = !Object.keys(annotations).some(
    (name) => OF_KUSTOMIZE.test(name) || name.endsWith(LEGACY_PATH_ANNOTATION),
  ); // else for one folder's
  return { how, isShown: (isOwn || isPlugin) && isForAll };
}
/** Annotations by which kustomize remembers what it did. */
const OF_KUSTOMIZE = /^(?:internal\.config\.kubernetes\.io\/|config\.kubernetes\.io\/origin$)/;
const CONTAINER_ANNOTATION = 'config.kubernetes.io/container';
