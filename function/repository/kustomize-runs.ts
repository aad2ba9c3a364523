import { dirname } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { quote, shellWord } from '../findings/quote.ts';
import { type ObjectRef, say, theObject } from '../findings/say.ts';
import { foldersAbove, nearestAbove } from '../hosts/folders.ts';
import { checkStarts } from '../hosts/kpt-steps.ts';
import type { ObjectNeed } from '../model/job.ts';
import { secretObject } from '../model/kinds.ts';
import { cached, defined, reached, textAt } from '../model/plain-data.ts';
import { overspent, sizeOf, type WorkBudget } from '../model/run-limits.ts';
import type { Draft } from '../planner/draft.ts';
import type { UnreadableFile } from './find-files.ts';
import { type AllManifests, type FunctionRun, type HostRun, objectsOf, toRun } from './function-run.ts';
import { build, countMade, namesFor, type Parts, startsReader, stepsOfBuild, touching } from './kustomize-build.ts';
import {
  buildCommand,
  inCode,
  locationOfField,
  patchFiles,
  refuseEdits,
  tellLeftOut,
  tellOptions,
} from './kustomize-edits.ts';
import { changedItem } from './metadata-change.ts';
import {
  BASES,
  configsOf,
  entriesOf,
  type Includes,
  includesOf,
  inFolders,
  isStart,
  type Kustomizations,
  type PipelineFile,
  STARTING,
  VALIDATORS,
} from './pipelines.ts';

/**
 * The runs of kustomizations that no other one includes: one that is included is built through the others. `refused`: those that kustomize
 * does not build and those that would take too much work. `sound`: those that can be built, and what they include; `left`: all others,
 * which nothing builds by themselves.
 */
export function kustomizeRuns(written: readonly PipelineFile[], there: AllManifests, throwIfExpired: () => void) {
  const byFolder = inFolders(written);
  const includes = includesOf(written, byFolder);
  const { basesOf, includersOf } = includes;
  const basesInTime = (kustomization: PipelineFile) => {
    throwIfExpired();
    return basesOf(kustomization);
  };
  const ended = withoutCircles(written, includes);
  const endless = inFolders(written.filter((kustomization) => !ended.has(kustomization)));
  const withStarts = [...ended].filter((kustomization) => entriesOf(kustomization, STARTING).length > 0);
  const starting = new Set(reached(withStarts, includersOf));
  const unfit = written.flatMap((kustomization) => [
    ...unfitOf(kustomization, byFolder),
    ...validatorsOf(kustomization, there.at),
    ...aroundOf(kustomization, byFolder, basesInTime),
  ]);
  const faulty = [...unfit.map(({ by }) => by), ...written.filter((by) => by.isRefused || !ended.has(by))];
  const broken = new Set(reached(faulty, includersOf));
  const roots = without(broken, written).filter((kustomization) => includersOf(kustomization).length === 0);
  const parts = { byFolder, there, startsIn: startsReader(byFolder, there), throwIfExpired };
  const starters = roots.filter((kustomization) => starting.has(kustomization));
  const tooMuch = overspent(starters, there, costs(parts));
  const sound = new Set(reached(without(tooMuch, roots), basesInTime));
  return {
    hosted: without(tooMuch, starters).flatMap((root) => runsOf(root, [...reached([root], basesInTime)], parts)),
    sound: written.filter((kustomization) => sound.has(kustomization)),
    left: without(sound, written),
    refused: [...refuseCircles(endless), ...unfit, ...refuseTooMuch(tooMuch)],
  };
}

function without<T>(some: ReadonlySet<T>, all: readonly T[]): T[] {
  return all.filter((value) => !some.has(value));
}

/** The kustomizations without a cycle: none includes itself, nor one that does. */
function withoutCircles(all: readonly PipelineFile[], { basesOf, includersOf }: Includes): ReadonlySet<PipelineFile> {
  const open = new Map(all.map((by) => [by, by.isRefused ? 0 : basesOf(by).length])); // what that one includes is a guess
  const endedBy = (base: PipelineFile) =>
    includersOf(base).filter((kustomization) => {
      const rest = (open.get(kustomization) ?? 0) - 1;
      open.set(kustomization, rest);
      return rest === 0;
    });
  const simple = all.filter((kustomization) => open.get(kustomization) === 0);
  return new Set(reached(simple, endedBy));
}

function refuseCircles(endless: Kustomizations): UnreadableFile[] {
  return [...endless.values()].flatMap((kustomization) => {
    const entry = entriesOf(kustomization, BASES).find(({ path }) => endless.has(path));
    if (entry === undefined || kustomization.isRefused) return [];
    const message = `cannot read this kustomization: it includes itself, or a kustomization that does. Remove the circle from \`${entry.list}\`.`;
    const location = locationOfField(kustomization, entry.field);
    return [{ file: kustomization.file, finding: finding('INPUT_UNREADABLE', message, { location }) }];
  });
}

function refuseTooMuch(tooMuch: ReadonlySet<PipelineFile>): UnreadableFile[] {
  const cause =
    'what it builds, again for each object that starts this function, takes more work than is left for one package';
  const message = `cannot build this kustomization: ${cause}. Leave out some of it, or split it.`;
  return [...tooMuch].map(({ file }) => {
    const location = { file: file.shown, line: 1 };
    return { file, finding: finding('LIMIT_EXCEEDED', message, { location }) };
  });
}

/** The runs of one kustomization: `built` is it, and what it includes. */
function runsOf(root: PipelineFile, built: readonly PipelineFile[], parts: Parts): HostRun[] {
  const { there, startsIn } = parts;
  const folders = new Set(built.map(({ file }) => dirname(file.real)));
  const entries = built.flatMap((kustomization) => entriesOf(kustomization, [...BASES, ...STARTING]));
  const reach = new Set([...folders, ...entries.map(({ path }) => path)]);
  const crowds = built.flatMap((kustomization) => {
    const faults = checkStarts(startsIn(kustomization).transformers.length, () =>
      locationOfField(kustomization, 'transformers'),
    );
    return faults.map((crowd) => ({ finding: crowd, items: there.at(dirname(kustomization.file.real)) })); // also those that are not read
  });
  const { starts, twice } = build(root, parts);
  const conflicts = twice === undefined ? [] : [refuseTwice(twice, root)];
  const findings = [...crowds.map((crowd) => crowd.finding), ...conflicts];
  const folder = dirname(root.file.shown);
  const isOwn = nearestAbove((above) => folders.has(above) || undefined);
  const patches = [...new Set(built.flatMap(patchFiles))].filter((path) => isOwn(path) || !there.texts.has(path));
  const unread = [...crowds.flatMap((crowd) => crowd.items), ...patches.flatMap(there.at)];
  return starts.map((started, index) => {
    const { start, standing, after } = started;
    const { config } = start;
    const names = start.list === 'generators' ? undefined : namesFor(started, there.at);
    const about = { folder, host: 'kustomize', files: there.files, config, start, after, findings } as const;
    const read = standing.flatMap(({ path }) => there.at(path));
    const items = standing.flatMap(({ path, change }) =>
      there.at(path).map((manifest) => changedItem(manifest, change)),
    );
    const claimed = [config, ...read, ...(index === 0 ? unread : [])].filter(({ file }) => isOwn(file.real));
    return { run: toRun({ ...about, ...defined({ names }) }, items), reach, claimed };
  });
}

function refuseTwice(object: ObjectRef, { file }: PipelineFile): Finding {
  const message = say`cannot build this kustomization: ${theObject(object)} is there twice, as kustomize names what it includes. Rename one, or leave it out.`;
  return finding('TARGET_CONFLICT', message, { location: { file: file.shown, line: 1 } });
}

/** What it takes to look at an entry of a kustomization, or at what stands, in characters that are handed to a run. */
const ENTRY = 5;

/** Least characters of a generator in an Input, which are counted where they are read and where they are handed to a run. */
const GENERATOR = 200;

/** What the runs of a kustomization are handed: what it builds is looked at and changed, and each start gets what stands by then. */
function costs({ byFolder, there, startsIn, throwIfExpired }: Parts): (root: PipelineFile, most: number) => number {
  const { at, costAt } = there;
  const ownCost = (kustomization: PipelineFile, list: (typeof STARTING)[number], size: number, most: number) => {
    const entries = entriesOf(kustomization, [list]);
    const read = entries.reduce((sum, { path, text }) => sum + text.length + costAt(path), 0);
    if (entries.length === 0 || read > most) return read;
    const starts = list === 'generators' ? startsIn(kustomization).generators : startsIn(kustomization).toRun;
    return starts.reduce((sum, { config: { item } }) => sum + item.range[1] - item.range[0] + size, read);
  };
  const sizes = new Map<PipelineFile, number>();
  const changeSize = (kustomization: PipelineFile) =>
    cached(sizes, kustomization, () => {
      const { change = '', turns, edits } = startsIn(kustomization);
      const others = turns.map((turn) => ('change' in turn ? turn.change : ''));
      return sizeOf([change, ...others]) + edits.count;
    });
  return (root, most) => {
    throwIfExpired();
    let cost = 0;
    const open = [{ size: 0, items: 0, change: 0 }]; // what stands in each that is open, and the largest change of it
    for (const { does, kustomization, isComponent, path = '' } of stepsOfBuild(root, byFolder)) {
      if (does === 'begin' && !isComponent) open.push({ size: 0, items: 0, change: 0 });
      const [around, own] = open.slice(-2) as [(typeof open)[number], (typeof open)[number]]; // one is around all
      if (does === 'begin') cost += ENTRY * (1 + entriesOf(kustomization, BASES).length);
      if (does === 'read') {
        own.size += costAt(path);
        own.items += 1 + at(path).length;
      }
      if (does === 'generate') {
        const read = ownCost(kustomization, 'generators', 0, most);
        cost += read;
        own.items += read / GENERATOR + countMade(kustomization); // what an Input or kustomize makes is changed too
      }
      if (does === 'end') {
        own.change += changeSize(kustomization);
        cost +=
          ownCost(kustomization, 'transformers', own.size + ENTRY * own.items, most) + ENTRY * own.items * own.change;
        own.items += ownCost(kustomization, 'transformers', 0, most) / GENERATOR; // which kustomizations around it change
      }
      if (does === 'end' && !isComponent) {
        open.pop();
        around.size += own.size;
        around.items += own.items;
        around.change = Math.max(around.change, own.change);
      }
      if (cost > most) break;
    }
    return cost;
  };
}

/** A kustomization that kustomize does not build. */
interface Unfit extends UnreadableFile {
  readonly by: PipelineFile;
}

function refuseBuild(by: PipelineFile, field: string, cause: string): Unfit {
  const message = `cannot build this kustomization: ${cause}.`;
  const location = locationOfField(by, field);
  return { by, file: by.file, finding: finding('INPUT_UNREADABLE', message, { location }) };
}

/** Refuses a component that is named as a base, and the reverse, as kustomize does; and an object of Flux in a file of that name. */
function unfitOf(kustomization: PipelineFile, byFolder: Kustomizations): Unfit[] {
  if (kustomization.isRefused) return [];
  return entriesOf(kustomization, [...BASES, ...STARTING]).flatMap(({ list, field, text, path }) => {
    const base = byFolder.get(path);
    const isComponent = textAt(base?.value, ['kind']) === 'Component';
    const isFit = base?.value !== undefined && isComponent === (list === 'components');
    if (base === undefined || base.isRefused || isFit) return [];
    const [cause, cure] =
      base.value === undefined
        ? ['has an object of Flux in place of a kustomization', 'Name its files']
        : isComponent
          ? ['is a component', 'Name it under `components`']
          : ['has no `kind: Component`', 'Name it under `resources`, or write its kind'];
    return [refuseBuild(kustomization, field, `\`${list}\` names ${quote(text)}, which ${cause}. ${cure}`)];
  });
}

/**
 * Refuses what includes a folder around its own, through others too, as kustomize does (kubernetes-sigs/kustomize, kustomize/v5.8.1,
 * api/internal/loader/fileloader.go, errIfArgEqualOrHigher).
 */
function aroundOf(by: PipelineFile, byFolder: Kustomizations, basesOf: Includes['basesOf']): Unfit[] {
  const folder = dirname(by.file.real);
  const around = new Set([...foldersAbove(folder)].flatMap((above) => byFolder.get(above) ?? []));
  if (around.size === 0 || by.isRefused) return [];
  const entry = entriesOf(by, [...BASES, ...STARTING]).find(({ path }) => {
    const base = byFolder.get(path);
    return base !== undefined && [...reached([base], basesOf)].some((included) => around.has(included));
  });
  if (entry === undefined) return [];
  const cause = `\`${entry.list}\` names ${quote(entry.text)}, which is around this folder, or includes one that is. Leave it out`;
  return [refuseBuild(by, entry.field, cause)];
}

/**
 * Refuses this function as a validator: it is started, and kustomize fails at the Secret that it makes (kubernetes-sigs/kustomize,
 * kustomize/v5.8.1, api/internal/target/kusttarget.go, runValidators).
 */
function validatorsOf(kustomization: PipelineFile, at: AllManifests['at']): Unfit[] {
  const own = configsOf(kustomization, at, [VALIDATORS]).some((start) => isStart(start));
  const cause = `a validator starts this function, which asks STS, and then kustomize refuses its Secrets. Move it to \`transformers\``;
  return own ? [refuseBuild(kustomization, VALIDATORS, cause)] : [];
}

/**
 * What is said of an object that a run reads and its items lack; undefined where that is not kustomize's doing. It renames objects, and not
 * the references in ours. Where there is a cluster, that one may have the object.
 */
export function explainLack(
  { names, folder }: FunctionRun,
  { object, by }: ObjectNeed,
  {
    isPreview,
    hasCluster,
    work,
  }: { readonly isPreview: boolean; readonly hasCluster: boolean; readonly work: WorkBudget },
): Finding[] | undefined {
  if (names === undefined) return undefined;
  const what = say`${theObject(object)} for ${theObject(by)}`;
  if (names.makes(object)) {
    const text = say`cannot read ${what}: only kustomize makes it, during a build. Run ${buildCommand(folder)}.`;
    return isPreview ? [] : [finding('HOST_NEEDED', text, { object: by })];
  }
  const fields = isPreview
    ? [...names.mayMake(object, work), ...names.editsOf(by, work).map(({ field }) => field)]
    : [];
  if (fields.length > 0) {
    const text = say`the plan does without ${what}: it is not among the files, and ${inCode(fields)} may add or rename it. To plan with it, run ${buildCommand(folder, 'plan')}.`;
    return [finding('PLAN', text, { object: by })];
  }
  const name = names.nameOf(object);
  if (name === undefined || hasCluster) return undefined;
  const cause = `kustomize renames it to ${quote(name)} before the function runs, and does not rename the reference`;
  const cure = `Write \`name: ${shellWord(name)}\` in the reference, or move \`namePrefix\` and \`nameSuffix\` to an overlay`;
  return [finding('REFERENCE_MISSING', say`cannot read ${what}: ${cause}. ${cure}.`, { object: by })];
}

/** Says what else may change what a run reads, and its Secrets afterwards: a plan leaves that out, and nothing is rendered without it. */
export function tellEdits(
  run: FunctionRun,
  { jobs, handled }: Pick<Draft, 'jobs' | 'handled'>,
  { isPreview, work }: { readonly isPreview: boolean; readonly work: WorkBudget },
) {
  const { names, after, folder, host } = run;
  const options = host === 'kustomize' ? jobs.flatMap((job) => tellOptions(job, run, isPreview)) : [];
  const read = [...handled, ...jobs.flatMap(objectsOf)];
  const before =
    names === undefined ? [] : [...names.elsewhere, ...read.flatMap((object) => names.editsOf(object, work))];
  const later = new Set(jobs.flatMap((job) => touching(secretObject(job.target), after, work)));
  if (!isPreview) return [...refuseEdits([...before, ...later], folder), ...options];
  const late = jobs.flatMap(({ generator }) => {
    const some = touching(generator, after, work).filter((edit) => !later.has(edit)); // others may be for the Secret
    return [...Map.groupBy(some, ({ by }) => by)].flatMap(([by, own]) =>
      [...new Set(own.map(({ field }) => field))].map((field) => comesTooLate(generator, field, by)),
    );
  });
  return [...tellLeftOut(before, folder, true), ...tellLeftOut([...later], folder, false), ...options, ...late];
}

function comesTooLate(generator: ObjectRef, field: string, by: PipelineFile): Finding {
  const message = say`\`${field}\` changes ${theObject(generator)} too late: kustomize has started the function before. Change the generator's own file, or start the function under \`transformers\` of this kustomization.`;
  return finding('PATCH_UNUSED', message, { location: locationOfField(by, field) });
}
