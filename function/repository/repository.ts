import { basename, dirname, resolve, sep } from 'node:path';
import type { Finding } from '../findings/finding.ts';
import type { ObjectRef } from '../findings/say.ts';
import { nearestAbove } from '../hosts/folders.ts';
import { checkSteps } from '../hosts/kpt-steps.ts';
import { readKptfile } from '../hosts/kptfile.ts';
import { toFinding } from '../hosts/run.ts';
import { KUSTOMIZATION } from '../krm/file-positions.ts';
import { unreadable } from '../krm/parse-yaml.ts';
import { manifestTypeOf, objectKey } from '../model/kinds.ts';
import { mayAskForSecret } from '../model/meant-kind.ts';
import { cached, once, withoutFaulty } from '../model/plain-data.ts';
import { MOST_FAULTS_OF_AN_OBJECT } from '../model/run-limits.ts';
import { bringFiles } from './bring-files.ts';
import type { Doubt } from './doubts.ts';
import { type FilePath, findFiles, MANIFEST, newLookAt, type UnreadableFile } from './find-files.ts';
import type { AllManifests, FunctionRun, HostRun } from './function-run.ts';
import { inputsBeside } from './inputs-beside.ts';
import { kptRuns } from './kpt-runs.ts';
import { locationOfField } from './kustomize-edits.ts';
import { kustomizeRuns } from './kustomize-runs.ts';
import { looseRuns } from './loose-runs.ts';
import type { PipelineFile } from './pipelines.ts';
import { mayInclude, readKustomization } from './read-kustomization.ts';
import { type FileItem, HOST_FILE, isOfOurGroup, type ManifestFile, readManifests } from './read-manifests.ts';

/** What files and folders hold for this function. */
export type Repository = ReturnType<typeof readRepository>;

/** Names of files that are read: manifests, Kptfiles and kustomizations. */
const NAMES = new RegExp(`${MANIFEST.source}|^(?:Kptfile|Kustomization)$`, 'i');

/**
 * Reads `paths`, and finds the runs in them as their hosts would start them: each step of a Kptfile, with what is in its package and
 * subpackages; each object by which a kustomization starts the function, in the kustomizations that no other one includes; then what is
 * in no such pipeline, with the Input beside it. What cannot be read refuses the runs that it may belong to. `throwIfExpired` is called
 * before each file; `see` gets each file that could be read; `readInput` gives what the path `-` is. Of what it gives `kustomizations` can be
 * built; `doubts` are what only hosts know of packages in which nothing surely starts this function; `findings` are what could not be read, and
 * in which pipelines something is wrong.
 */
export function readRepository(
  paths: readonly string[],
  throwIfExpired = () => {},
  see = (_: ManifestFile) => {},
  readInput?: () => Uint8Array,
) {
  const { files, read, brought, faults, unread } = readAll(paths, throwIfExpired, see, readInput);
  const named = new Set(paths.map((path) => resolve(path)));
  const isNamed = ({ shown }: FilePath) => named.has(resolve(shown));
  // kustomize builds what kpt ignores
  const isForNobody = (file: FilePath) => file.isIgnored === true && !isNamed(file) && !isKustomization(file);
  const isLeftOut = ({ file }: { readonly file: FilePath }) =>
    file.isHidden === true || file.brought !== undefined || isForNobody(file);
  const seen = [...read.filter((file) => file.isHidden !== true), ...brought];
  const there = thereIn(seen);
  const filesOfKpt = read.filter((file) => file.isIgnored !== true);
  const addFault = ({ file }: { readonly file: FilePath }, fault: unknown) =>
    faults.push({ file, finding: toFinding(fault, file.shown) });
  const kustomize = withoutFaulty(
    seen.filter(isKustomization).map(toPipeline),
    (some) => kustomizeRuns(some, there, throwIfExpired),
    addFault,
  );
  const inKpt = {
    there:
      seen.length > filesOfKpt.length || read.some((file) => file.isIgnored || file.isHidden)
        ? thereIn(filesOfKpt)
        : there,
    unreadAt: indexOf(unread, ({ real }) => real).firstAt,
  };
  const kptfiles = read.filter((file) => isKptfile(file) && file.fault === undefined).map(toPipeline);
  const kpt = withoutFaulty(kptfiles, (some) => kptRuns(some, inKpt, throwIfExpired), addFault);
  const seenByKpt = faults.filter(({ file }) => file.isIgnored !== true);
  const kptResult = withUnread(kpt.hosted, seenByKpt);
  const kustomizeResult = withUnread(kustomize.hosted, faults);
  const refused = [...kpt.refused, ...kustomize.refused];
  const hosted = [...kpt.hosted, ...kustomize.hosted];
  // without its pipeline nobody knows with which options a package is rendered
  const unknown = [...refused, ...kustomize.left, ...faults.filter(({ file }) => HOST_FILE.test(file.real))];
  const hostManifests = manifestsOfHosts(hosted, unknown, there);
  const isLoose = (fault: UnreadableFile) =>
    !isLeftOut(fault) && !kptResult.unread.has(fault) && !HOST_FILE.test(fault.file.real);
  const kustomizations = [...kustomize.sound, ...kustomize.left];
  const loose = withoutFaulty(
    there.all.filter((manifest) => !isLeftOut(manifest)),
    (some) => looseRuns(hostManifests, faults.filter(isLoose), { ...there, all: some, kustomizations }, isNamed),
    addFault,
  );
  const unprovenAt = nearestAbove((folder) => kustomize.unproven.get(folder));
  const doubtsAt = nearestAbove((folder) => kpt.unstarted.get(folder));
  const unstarted = loose.map((run) => withDoubts(run, [doubtsAt, unprovenAt]));
  const runs = [...kptResult.runs, ...kustomizeResult.runs, ...unstarted];
  const located = kpt.kptfiles.map((kptfile) => ({
    ...{ path: kptfile.file.shown, value: kptfile.value },
    locationOf: (field: string) => locationOfField(kptfile, field),
  }));
  return {
    ...{ paths, files, kptfiles: kpt.kptfiles, kustomizations: kustomize.sound, all: there.all, at: there.at },
    doubts: [...new Set([...kpt.unstarted.values(), ...kustomize.unproven.values()].flat())],
    runs: runs.toSorted((a, b) => (a.folder < b.folder ? -1 : Number(a.folder > b.folder))),
    findings: [
      ...faults.filter((fault) => !isLeftOut(fault) || kustomizeResult.unread.has(fault)).map((fault) => fault.finding),
      ...read.flatMap((file) => (isLeftOut({ file }) ? [] : (file.leftOut ?? []))),
      ...refused.map((fault) => fault.finding),
      ...kustomize.idle,
      ...checkSteps(located),
    ],
  };
}

/** The manifests that hosts have to do with: those that a run claims, and all around a pipeline that is not run. */
function manifestsOfHosts(
  hosted: readonly HostRun[],
  unknown: readonly { readonly file: FilePath }[],
  there: AllManifests,
): ReadonlySet<FileItem> {
  const folders = new Set(unknown.map(({ file }) => dirname(file.real)));
  const isInOne = nearestAbove((folder) => folders.has(folder) || undefined); // very many may be in each other
  const outermost = [...folders].filter((folder) => isInOne(folder) === undefined);
  const claims = new Set([...hosted.map(({ claimed }) => claimed), ...outermost.map(there.at)]); // runs may share one
  return new Set([...claims].flat());
}

/** A run of manifests that no host surely starts, with what only hosts know of the folders around its generators. */
function withDoubts(run: FunctionRun, at: readonly ((path: string) => readonly Doubt[] | undefined)[]): FunctionRun {
  const doubtsIn = (file: ManifestFile | undefined) => at.map((doubtsAt) => (file && doubtsAt(file.real)) ?? []);
  const manifests = [...run.byKey.values()].flat().filter(({ item }) => mayAskForSecret(item));
  const files = new Set([...manifests.map(({ file }) => file), run.configFile]);
  const all = new Set([...files].flatMap(doubtsIn)); // many files have the same
  const fileOf = (object: ObjectRef) => run.byKey.get(objectKey(object))?.[0]?.file ?? run.configFile;
  return { ...run, doubts: [...new Set([...all].flat())], doubtsOf: (object) => doubtsIn(fileOf(object)).flat() };
}

/** All files at or below `paths`, and what cannot be read there. */
function readAll(
  paths: readonly string[],
  throwIfExpired: () => void,
  see: (file: ManifestFile) => void,
  readInput: (() => Uint8Array) | undefined,
) {
  const search = findFiles(paths, NAMES, readInput);
  const lookAt = newLookAt();
  const readOne = (path: FilePath) => {
    throwIfExpired();
    return readManifests(path, (file) => {
      see(file);
      return readAtOnce(file, lookAt);
    });
  };
  const read = search.files.map(readOne);
  const brought = bringFiles(read, paths, readOne, lookAt);
  const unread = [...read, ...brought].flatMap((file) => (file.fault ? [{ file, finding: file.fault }] : []));
  const faults: UnreadableFile[] = [...search.faults, ...unread, ...inputsBeside(read)];
  return { ...search, read, brought, faults };
}

const isKustomization = ({ real }: FilePath) => KUSTOMIZATION.test(real);
/** The name of a kustomization in another case, which macOS alone takes for it. */
const NEARLY_KUSTOMIZATION = /(?:^|\/)kustomization(?:\.ya?ml)?$/i;
/** Flux has objects of that kind, in files of that name. */
const OF_ANOTHER_GROUP = /^apiVersion: *(?!["']?kustomize\.config\.k8s\.io\/)[^\s#]/m;
const isKptfile = ({ real }: FilePath) => basename(real) === 'Kptfile';

/** Who reads a file as kpt or as others do gets the same items. */
const ITEMS = new WeakMap<ManifestFile, readonly FileItem[]>();
const itemsOf = (file: ManifestFile) => cached(ITEMS, file, () => file.items.map((item) => ({ item, file })));

function thereIn(read: readonly ManifestFile[]): AllManifests {
  const filesAt = once(() => indexOf(read, ({ real }) => real));
  const all = read.flatMap((file) => (isKustomization(file) ? [] : itemsOf(file)));
  return {
    all,
    files: new Map([...read.filter(isKptfile), ...all.map(({ file }) => file)].map((file) => [file.real, file])),
    texts: new Map(read.map(({ real, text }) => [real, text])),
    size: read.reduce((sum, { text }) => sum + text.length, 0),
    ...indexOf(all, ({ file }) => file.real, handedBy),
    filesAt: (path) => filesAt().at(path),
  };
}

/** The runs of a host with what cannot be read at or below what it reads, made once for all runs of one reach; and all such faults. */
function withUnread(hosted: readonly HostRun[], faults: readonly UnreadableFile[]) {
  if (faults.length === 0) return { runs: hosted.map(({ run }) => run), unread: new Set<UnreadableFile>() }; // as usual
  const { at } = indexOf(faults, ({ file }) => file.real);
  const unread = new Set<UnreadableFile>();
  const cache = new Map<HostRun['reach'], readonly Finding[]>();
  const runs = hosted.map(({ run, reach }) => {
    const reachFindings = cached(cache, reach, () => {
      const ownFaults = new Set([...reach].flatMap(at));
      for (const fault of ownFaults) unread.add(fault);
      const first = ownFaults.values().take(MOST_FAULTS_OF_AN_OBJECT); // all are said of the repository
      return first.map((fault) => fault.finding).toArray();
    });
    return { ...run, findings: run.findings.length === 0 ? reachFindings : [...reachFindings, ...run.findings] };
  });
  return { runs, unread };
}

/** A kustomization that is refused keeps what it may include from being built without it. */
function toPipeline(file: ManifestFile): PipelineFile {
  return file.fault === undefined ? { file, value: file.value } : { file, value: mayInclude(file), isRefused: true };
}

/** The value of a kustomization. What is read before the runs is read here: its aliases may be too many, which is a fault of its file. */
function readAtOnce(file: ManifestFile, lookAt: ReturnType<typeof newLookAt>): unknown {
  if (isKustomization(file)) return readKustomization(file, lookAt);
  if (isKptfile(file)) return readKptfile(file);
  if (NEARLY_KUSTOMIZATION.test(file.real) && !OF_ANOTHER_GROUP.test(file.text))
    throw unreadable('kustomize finds no file of that name. Name it `kustomization.yaml`', {
      name: 'this file',
      file: file.shown,
    });
  for (const item of file.items) if (isOfOurGroup(item)) item.toJS();
  return undefined;
}

/** What an item costs where it is handed to a run: those that the function acts on are read as long as they are. */
function handedBy({ item }: FileItem): number {
  const [start, end] = item.range;
  return MANIFEST_HANDED + (manifestTypeOf(item) === undefined ? 0 : end - start);
}
const MANIFEST_HANDED = 20;

/** The character that is next to the one between folders. */
const BEHIND_SEP = String.fromCodePoint((sep.codePointAt(0) ?? 0) + 1);

/** What is in a file, or in all files below a folder, and what that costs: all stand in one row, where those below a folder are side by side. */
function indexOf<T>(all: readonly T[], pathOf: (value: T) => string, costOf: (value: T) => number = () => 1) {
  const row = all.toSorted((a, b) => (pathOf(a) < pathOf(b) ? -1 : Number(pathOf(a) > pathOf(b))));
  const paths = row.map(pathOf);
  const costs = [0]; // of all before each
  for (const [index, value] of row.entries()) costs.push((costs[index] ?? 0) + costOf(value));
  const countBefore = (path: string) => {
    let [low, high] = [0, row.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((paths[middle] ?? '') < path) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const spans = new Map<string, readonly [start: number, end: number]>();
  const spanOf = (path: string) =>
    cached(spans, path, () => {
      const [start, end] = [countBefore(path), countBefore(`${path}\0`)];
      if (start < end) return [start, end] as const;
      const folder = path === sep ? '' : path;
      return [countBefore(`${folder}${sep}`), countBefore(`${folder}${BEHIND_SEP}`)] as const;
    });
  const cache = new Map<string, readonly T[]>();
  return {
    at: (path: string): readonly T[] => cached(cache, path, () => row.slice(...spanOf(path))),
    firstAt(path: string, most: number): readonly T[] {
      const [start, end] = spanOf(path);
      return row.slice(start, Math.min(end, start + most));
    },
    countAt(path: string): number {
      const [start, end] = spanOf(path);
      return end - start;
    },
    costAt(path: string): number {
      const [start, end] = spanOf(path);
      return (costs[end] ?? 0) - (costs[start] ?? 0);
    },
  };
}
