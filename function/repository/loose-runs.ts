import { dirname } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { commonFolder, foldersAbove, nearestAbove } from '../hosts/folders.ts';
import { type Item, itemKey } from '../krm/item.ts';
import { GENERATOR_ANNOTATION } from '../model/annotations.ts';
import { mayAskForSecret } from '../model/meant-kind.ts';
import { cached, reached } from '../model/plain-data.ts';
import { MOST_FAULTS_OF_AN_OBJECT } from '../model/run-limits.ts';
import { generatorMark } from '../secret/ownership.ts';
import type { FilePath, UnreadableFile } from './find-files.ts';
import { type AllManifests, type FunctionRun, locationIn, packagesIn, toRun } from './function-run.ts';
import { BASES, entriesOf, includesOf, type PipelineFile, STARTING } from './pipelines.ts';
import { type FileItem, hasGenerators, isOfOurGroup, isPolicy } from './read-manifests.ts';

/**
 * What is in no pipeline. An Input is for its own folder and what is below, the nearest first, and there is a run for each: another
 * package's generators must not run with it. Generators that have none above them run without one. Where an Input has no generator they are
 * refused: it may be meant for them, and its guard would be dropped. One whose file the user named (`isNamed`) is for all.
 */
export function looseRuns(
  claimed: ReadonlySet<FileItem>,
  faults: readonly UnreadableFile[],
  { all, files, at, kustomizations }: AllManifests & { readonly kustomizations: readonly PipelineFile[] },
  isNamed: (file: FilePath) => boolean,
): FunctionRun[] {
  const rootOf = rootsOf(kustomizations);
  const groups = byInput(unclaimed(all, claimed), rootOf, isNamed);
  // one that a kustomization names there is for what that builds; of one that is refused it is not known where it names something
  const namedBy = (by: PipelineFile) => entriesOf(by, by.isRefused ? BASES : STARTING).map(({ path }) => path);
  const starting = new Set(kustomizations.flatMap(namedBy));
  const isInStarting = nearestAbove((folder) => starting.has(folder) || undefined);
  const isStarted = (path: string) => starting.has(path) || isInStarting(path) === true;
  const idle = groups.flatMap(({ options, specs }) =>
    specs.length > 0 ? [] : options.filter(({ item, file }) => !hasGenerators(item) && !isStarted(file.real)),
  );
  const mayBeInput = ({ file }: UnreadableFile) => OUR_GROUP.test(file.text ?? '') && !isStarted(file.real);
  const inputs = [...idle, ...faults.filter(mayBeInput)].map(({ file }) => file);
  const isApart = newIsApart(inputs, faults, packagesAround(files, rootOf));
  const runs = groups.flatMap((run) => splitApart(run, isApart));
  const unread = unreadFor(runs, faults, at, { isNamed, mayBeInput });
  return runs.flatMap((run) => {
    const { options, items, specs } = run;
    const [config] = options;
    if (config === undefined && specs.length === 0) return [];
    const choice = config === undefined ? checkChoice(run.isApart ? [] : idle, true) : checkChoice(options, false);
    const folders = new Set((config === undefined ? specs : [config]).map(({ file }) => dirname(file.shown)));
    const about = { folder: commonFolder([...folders]), host: 'none', files, config } as const;
    return [toRun({ ...about, findings: [...(unread.get(run) ?? []), ...choice] }, items)];
  });
}

/** Generators, and the Input beside them. */
type Loose = ReturnType<typeof byInput>[number];

/** What no run of a host has: neither as a manifest nor as the Secret of one. */
function unclaimed(all: readonly FileItem[], claimed: ReadonlySet<FileItem>): readonly FileItem[] {
  const claimedBy = Map.groupBy(claimed, ({ item }) => markOf(item));
  const around = new Map<readonly FileItem[], (path: string) => true | undefined>();
  const isBeside = (theirs: readonly FileItem[], { file }: FileItem) =>
    cached(around, theirs, () => {
      const folders = new Set(theirs.map((manifest) => dirname(manifest.file.real)));
      return nearestAbove((folder) => folders.has(folder) || undefined);
    })(file.real) === true;
  const free = all.filter((manifest) => !claimed.has(manifest));
  const marks = new Set(free.map(({ item }) => markOf(item)));
  return free.filter((manifest) => {
    const mark = manifest.item.annotations[GENERATOR_ANNOTATION];
    const theirs = mark === undefined ? undefined : claimedBy.get(mark);
    if (mark === undefined || theirs === undefined) return true;
    // the Secret of a run of a host; where a generator in no pipeline has the same name, only beside that of the run
    return marks.has(mark) && !isBeside(theirs, manifest);
  });
}

/** Each Input with what it is for, and what has none above it. */
function byInput(loose: readonly FileItem[], rootOf: ReturnType<typeof rootsOf>, isNamed: (file: FilePath) => boolean) {
  const inputs = loose.filter(({ item }) => isOfOurGroup(item) && !isPolicy(item));
  const others = loose.filter(({ item }) => !isOfOurGroup(item));
  const folders = Map.groupBy(inputs, ({ file }) => dirname(file.real));
  const forAll = folders.size === 1 && inputs.every(({ file }) => isNamed(file)) ? inputs : undefined;
  const nearest = nearestAbove((folder) => folders.get(folder));
  const groups = Map.groupBy(others, ({ file }) => forAll ?? nearest(file.real));
  for (const group of forAll === undefined ? folders.values() : [forAll]) if (!groups.has(group)) groups.set(group, []);
  return [...groups].flatMap(([options = [], together]) =>
    splitByRoot(together, rootOf).map((items) => ({ options, items, specs: items.filter(isSpecOf) })),
  );
}

/** The package of kpt around a file, or the kustomization that is built with it: an Input is meant for no other one. */
function packagesAround(files: FunctionRun['files'], rootOf: ReturnType<typeof rootsOf>) {
  const packageAbove = packagesIn(files);
  const outermost = new Map<string, string>(); // very many may be in each other
  const outermostAbove = (path: string): string | undefined => {
    const inner = packageAbove(path);
    return inner && cached(outermost, inner, () => outermostAbove(inner) ?? inner);
  };
  return (file: FilePath) => outermostAbove(file.real) ?? rootOf({ file });
}

/** Tells of a generator that no Input without generators may be meant for (`inputs`), and that stands below nothing unreadable. */
function newIsApart(
  inputs: readonly FilePath[],
  faults: readonly UnreadableFile[],
  packageOf: ReturnType<typeof packagesAround>,
) {
  const folders = new Set(faults.map(({ file, isFolder }) => (isFolder ? file.real : dirname(file.real))));
  const isBelow = nearestAbove((folder) => folders.has(folder) || undefined);
  const packages = new Set(inputs.map(packageOf));
  const isMeant = (around: ReturnType<typeof packageOf>) =>
    packages.has(undefined) || packages.has(around) || (around === undefined && packages.size > 0);
  return ({ file }: FileItem) => !isMeant(packageOf(file)) && isBelow(file.real) !== true;
}

/** True where no fault, and no Input without generators, refuses it. */
type SplitRun = Loose & { readonly isApart?: true };

/** Of what runs without an Input, those that are apart are in a run of their own. */
function splitApart(run: Loose, isApart: (spec: FileItem) => boolean): SplitRun[] {
  const near = new Set(run.specs.filter((spec) => !isApart(spec)));
  if (run.options.length > 0 || near.size === run.specs.length) return [run];
  const isFar = (manifest: FileItem) => !near.has(manifest);
  const apart = { ...run, items: run.items.filter(isFar), specs: run.specs.filter(isFar), isApart: true } as const;
  return near.size === 0 ? [apart] : [apart, { ...run, items: [...near], specs: [...near] }];
}

/** What cannot be read and may belong to a run: at or below a folder with one of its specs, or below its Input. */
function unreadFor(
  runs: readonly SplitRun[],
  faults: readonly UnreadableFile[],
  at: AllManifests['at'],
  { isNamed, mayBeInput }: { isNamed: (file: FilePath) => boolean; mayBeInput: (fault: UnreadableFile) => boolean },
): ReadonlyMap<Loose, readonly Finding[]> {
  const runOf = new Map(runs.flatMap((run) => run.specs.map((spec) => [spec, run] as const)));
  const byConfig = Map.groupBy(runs, ({ options: [config] }) => config && dirname(config.file.real));
  /** Runs with a spec in a folder or below it, and the run of each Input in it or above it. */
  const cache = new Map<string, Record<'below' | 'above', ReadonlySet<Loose>>>();
  const around = (folder: string) =>
    cached(cache, folder, () => ({
      below: new Set(at(folder).flatMap((item) => runOf.get(item) ?? [])),
      above: new Set([folder, ...foldersAbove(folder)].flatMap((path) => byConfig.get(path) ?? [])),
    }));
  const unread = new Map<Loose, Finding[]>();
  const idle = runs.filter(({ options, isApart }) => options.length === 0 && !isApart);
  let toldToIdle = 0;
  for (const fault of faults) {
    const { file, isFolder } = fault;
    const { below, above } = around(isFolder ? file.real : dirname(file.real));
    const isIdle = below.size === 0 && mayBeInput(fault); // an Input that would be idle
    const idleRuns = isIdle && toldToIdle < MOST_FAULTS_OF_AN_OBJECT ? idle : [];
    if (isIdle) toldToIdle += 1;
    const some = isNamed(file) && !isFolder ? runs : new Set([...below, ...above, ...idleRuns]);
    for (const run of some) {
      const runFindings = cached(unread, run, () => []);
      if (runFindings.length < MOST_FAULTS_OF_AN_OBJECT) runFindings.push(fault.finding); // all are said of the repository
    }
  }
  return unread;
}

const isSpecOf = ({ item }: FileItem) => mayAskForSecret(item);

/** Finds a file's root: the kustomization around it that no other includes. Items of two roots never meet. */
function rootsOf(
  kustomizations: readonly PipelineFile[],
): (of: { readonly file: FilePath }) => PipelineFile | undefined {
  const { byFolder, basesOf, includersOf } = includesOf(kustomizations);
  const nearest = nearestAbove((folder) => byFolder.get(folder));
  const roots = new Map<PipelineFile, PipelineFile>();
  const isFree = (kustomization: PipelineFile) => !roots.has(kustomization); // each has the first of its roots
  for (const root of kustomizations.filter((kustomization) => includersOf(kustomization).length === 0))
    for (const by of reached([root], (inner) => basesOf(inner).filter(isFree))) roots.set(by, root);
  return ({ file }) => {
    const kustomization = nearest(file.real);
    return kustomization && roots.get(kustomization);
  };
}

/**
 * All items in one group or, where roots have the same generator, a group for each root. Such a group also has the items of other roots
 * that are no generators and that its own root lacks.
 */
function splitByRoot(items: readonly FileItem[], rootOf: ReturnType<typeof rootsOf>): (readonly FileItem[])[] {
  const specs = items.filter(isSpecOf);
  const same = Map.groupBy(specs, ({ item }) => itemKey(item));
  if (![...same.values()].some((all) => new Set(all.map(rootOf)).size > 1)) return [items];
  const byRoot = Map.groupBy(items, rootOf);
  const roots = new Set(specs.map(rootOf));
  const ownOf = (root: PipelineFile | undefined) => byRoot.get(root) ?? [];
  if (roots.size * items.length > MOST_TOGETHER) return [...roots].map(ownOf); // what needs another's item says so
  return [...roots].map((root) => {
    const keys = new Set(ownOf(root).map(({ item }) => itemKey(item)));
    return items.filter(
      (manifest) => rootOf(manifest) === root || !(isSpecOf(manifest) || keys.has(itemKey(manifest.item))),
    );
  });
}

/** Items of others that roots get, counted once for each root. */
const MOST_TOGETHER = 300_000;

/** What a text has that does not parse and may be an Input. */
const OUR_GROUP = /\bsts\.fn\.crossplane\.io\b/i;

/**
 * Refuses to guess which Input is meant, if there are several. A single one is refused if it is idle, for generators around which there is
 * none: it may be meant for them, and have their guard.
 */
function checkChoice([first, second]: readonly FileItem[], areIdle: boolean): Finding[] {
  const meant = second ?? (areIdle ? first : undefined);
  if (first === undefined || meant === undefined) return [];
  const { file, line } = locationIn(first.file, first.item);
  const cause =
    meant === first
      ? 'this one is for its own folder, which has no generator. Move it to a folder around the generators, or name its file beside theirs'
      : `there is another one in ${quote(file)}, line ${line}. Remove one of the two, or name files with only one`;
  const location = locationIn(meant.file, meant.item);
  return [finding('FUNCTION_CONFIG_INVALID', `cannot choose an Input: ${cause}.`, { location })];
}

/** The value of a Secret's `generator` annotation that names this object. */
function markOf({ object }: Item): string {
  return object === undefined ? '' : generatorMark(object);
}
