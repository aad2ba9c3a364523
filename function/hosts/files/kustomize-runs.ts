import { dirname } from 'node:path';
import { type Finding, finding, type Place } from '../../findings/finding.ts';
import { quote, shellPath } from '../../findings/quote.ts';
import { type ObjectRef, say, theObject } from '../../findings/say.ts';
import { coreObject, objectKey } from '../../model/kinds.ts';
import type { ObjectNeed } from '../../model/need.ts';
import { cached, defined, listAt, textAt, valueAt } from '../../model/plain-data.ts';
import { overspent } from '../../model/run-limits.ts';
import { checkStarts, nearestAbove, startsToRun } from '../kpt-steps.ts';
import {
  BASES,
  entriesOf,
  type Includes,
  includesOf,
  inFolders,
  type Kustomizations,
  type PipelineFile,
  reached,
  STARTING,
  startsOf,
} from '../pipelines.ts';
import { type Fault, MANIFEST } from './find-files.ts';
import {
  type FunctionRun,
  type Hosted,
  isBelow,
  type KustomizeNames,
  placeIn,
  type There,
  toRun,
} from './function-run.ts';
import type { FileItem } from './read-manifests.ts';

const RENAMING = ['namePrefix', 'nameSuffix'];
const EDITS = ['patches', 'patchesStrategicMerge', 'patchesJson6902', 'replacements', 'vars', 'configurations'];
const CHARTS = ['helmCharts', 'helmChartInflationGenerator'];
/** Fields that make objects, with the kind of these. A transformer gets them without a hash in their names. */
const MADE = { secretGenerator: 'Secret', configMapGenerator: 'ConfigMap' };
/** Fields by which a kustomization changes specs before a transformer gets them, and Secrets after the function. */
const CHANGES = [
  ...[...RENAMING, 'namespace', 'commonLabels', 'labels', 'commonAnnotations', 'components'],
  ...[...EDITS, ...Object.keys(MADE)],
];

/**
 * The runs of kustomizations that no other one includes: one that is included is built through the others. `refused`: those that include
 * themselves, or one that does, of which kustomize builds none, and those that would take too much work. `sound`: those that can be built,
 * and what they include; `left`: all others.
 */
export function kustomizeRuns(
  written: readonly PipelineFile[],
  there: There,
  check: () => void,
): Record<'sound' | 'left', readonly PipelineFile[]> & { hosted: Hosted[]; refused: readonly Fault[] } {
  const byFolder = inFolders(written);
  const ended = withoutCircles(written, includesOf(written, byFolder));
  const endless = inFolders(written.filter((one) => !ended.has(one)));
  for (const folder of endless.keys()) byFolder.delete(folder);
  const { basesOf, includersOf } = includesOf(ended, byFolder);
  const withStarts = [...ended].filter((one) => entriesOf(one, STARTING).length > 0);
  const starting = new Set(reached(withStarts, includersOf));
  const roots = written.filter((one) => ended.has(one) && includersOf(one).length === 0);
  const parts = { byFolder, there, startsIn: startsReader(there.at) };
  const starters = roots.filter((one) => starting.has(one));
  const costOf = costs(parts, basesOf);
  const tooMuch = overspent(starters, there, (one, most) => {
    check();
    return costOf(one, most);
  });
  const basesInTime = (one: PipelineFile) => {
    check();
    return basesOf(one);
  };
  const sound = new Set(reached(without(tooMuch, roots), basesInTime));
  return {
    hosted: without(tooMuch, starters).flatMap((root) => runsOf(root, [...reached([root], basesInTime)], parts)),
    sound: written.filter((one) => sound.has(one)),
    left: without(sound, written),
    refused: [...refuseCircles(endless), ...refuseTooMuch(tooMuch)],
  };
}

function without<T>(some: ReadonlySet<T>, all: readonly T[]): T[] {
  return all.filter((one) => !some.has(one));
}

/** Those that do not include themselves, nor one that does. */
function withoutCircles(all: readonly PipelineFile[], { basesOf, includersOf }: Includes): ReadonlySet<PipelineFile> {
  const open = new Map(all.map((one) => [one, basesOf(one).length]));
  const endedBy = (base: PipelineFile) =>
    includersOf(base).filter((one) => {
      const rest = (open.get(one) ?? 0) - 1;
      open.set(one, rest);
      return rest === 0;
    });
  const simple = all.filter((one) => open.get(one) === 0);
  return new Set(reached(simple, endedBy));
}

function refuseCircles(endless: Kustomizations): Fault[] {
  return [...endless.values()].flatMap((one) => {
    const entry = entriesOf(one, BASES).find(({ path }) => endless.has(path));
    if (entry === undefined) return [];
    const message = `cannot read this kustomization: it includes itself, or a kustomization that does. Remove the circle from \`${entry.list}\`.`;
    const place = placeOfField(one, entry.field);
    return [{ file: one.file, finding: finding('INPUT_UNREADABLE', message, { place }) }];
  });
}

function refuseTooMuch(tooMuch: ReadonlySet<PipelineFile>): Fault[] {
  const cause =
    'what it builds, again for each object that starts this function, takes more work than is left for one package';
  const message = `cannot build this kustomization: ${cause}. Leave out some of it, or split it.`;
  return [...tooMuch].map(({ file }) => {
    const place = { file: file.shown, line: 1 };
    return { file, finding: finding('LIMIT_EXCEEDED', message, { place }) };
  });
}

/** What the runs of all kustomizations are made of. */
interface Parts {
  readonly byFolder: Kustomizations;
  readonly there: There;
  readonly startsIn: ReturnType<typeof startsReader>;
}

/** Reads what starts this function in a kustomization, each once: a start is the same in all that include it. */
function startsReader(at: There['at']) {
  const read = (one: PipelineFile) => {
    const starts = startsOf(one, at).map((start) => ({ ...start, folder: dirname(one.file.shown) }));
    const transformers = starts.filter(({ list }) => list === 'transformers');
    const generators = starts.filter(({ list }) => list === 'generators');
    return { transformers, run: [...generators, ...startsToRun(transformers)] };
  };
  const known = new Map<PipelineFile, ReturnType<typeof read>>();
  return (one: PipelineFile) => cached(known, one, read);
}

/** The runs of one kustomization: `built` is it, and what it includes. */
function runsOf(root: PipelineFile, built: readonly PipelineFile[], { byFolder, there, startsIn }: Parts): Hosted[] {
  const folders = new Set(built.map(({ file }) => dirname(file.real)));
  const entries = built.flatMap((one) => entriesOf(one, [...BASES, ...STARTING]));
  const reach = new Set([...folders, ...entries.map(({ path }) => path)]);
  const strays = built.flatMap((one) => straysOf(one, byFolder, there.at));
  const crowds = built.flatMap((one) => {
    const found = checkStarts(startsIn(one).transformers.length, () => placeOfField(one, 'transformers'));
    return found.map((crowd) => ({ finding: crowd, items: there.at(dirname(one.file.real)) })); // also those that are not read
  });
  const findings = [...strays, ...crowds.map((crowd) => crowd.finding)];
  const unread = crowds.flatMap((crowd) => crowd.items);
  const folder = dirname(root.file.shown);
  const isOwn = nearestAbove((above) => folders.has(above) || undefined);
  return built.flatMap((one) =>
    startsIn(one).run.map((start) => {
      const { list, config } = start;
      const { items, names } = list === 'generators' ? { items: [] } : builtBy(one, byFolder, there.at);
      const notCounted = [...new Set([root, one])].flatMap((changing) => changesBy(changing, folder));
      const about = { folder, host: 'kustomize', files: there.files, config, start, notCounted, findings } as const;
      const claimed = [config, ...items, ...unread].filter(({ file }) => isOwn(file.real));
      return { run: toRun({ ...about, ...defined({ names }) }, items), reach, claimed };
    }),
  );
}

/** What it takes to look at an entry of a kustomization, in characters that are handed to a run. */
const ENTRY = 5;

/** What the runs of a kustomization are handed: what it reaches is looked at, and each start gets what its kustomization builds. */
function costs(
  { byFolder, there: { costAt }, startsIn }: Parts,
  basesOf: Includes['basesOf'],
): (root: PipelineFile, most: number) => number {
  const costBelow = (root: PipelineFile, most: number, costOf: (one: PipelineFile) => number) => {
    let cost = 0;
    for (const one of reached([root], basesOf)) {
      cost += ENTRY * (1 + entriesOf(one, BASES).length) + costOf(one);
      if (cost > most) break;
    }
    return cost;
  };
  const costOfBases = (one: PipelineFile) =>
    entriesOf(one, BASES).reduce((sum, { path }) => sum + (byFolder.has(path) ? 0 : costAt(path)), 0);
  return (root, most) =>
    costBelow(root, most, (one) => {
      const entries = entriesOf(one, STARTING);
      const read = entries.reduce((sum, { path, text }) => sum + text.length + costAt(path), 0);
      if (read > most) return read;
      return startsIn(one).run.reduce((sum, { list, config: { item } }) => {
        const [start, end] = item.range;
        return sum > most ? sum : sum + end - start + (list === 'generators' ? 0 : costBelow(one, most, costOfBases));
      }, read);
    });
}

/** Where a field of a kustomization is written. */
export function placeOfField({ file }: Pick<PipelineFile, 'file'>, field: string): Place {
  const end = file.text.length;
  return placeIn(file, { text: file.text, range: [0, end, end] }, field);
}

/**
 * Refuses what kustomize does: files outside of a kustomization's folder, which are another package's, unless that one is a kustomization
 * (kubernetes-sigs/kustomize, kustomize/v5.8.1, api/internal/loader/loadrestrictions.go).
 */
function straysOf(one: PipelineFile, byFolder: Kustomizations, at: There['at']): Finding[] {
  const folder = dirname(one.file.real);
  return entriesOf(one, [...BASES, ...STARTING])
    .filter(({ path }) => !isBelow(folder, path) && !byFolder.has(path) && at(path).length > 0)
    .map(({ list, field, text }) => {
      const message = `cannot read \`${list}\`: it names ${quote(text)}, and kustomize reads no file outside of the kustomization's folder. Name a folder with a kustomization of its own.`;
      return finding('INPUT_UNREADABLE', message, { place: placeOfField(one, field) });
    });
}

interface Built {
  readonly items: readonly FileItem[];
  readonly names: KustomizeNames;
}

/** Many may start something over what one builds. */
const BUILT = new WeakMap<PipelineFile, Built>();

/** What a kustomization builds, with what its bases build, and what is put around their names on the way. */
export function builtBy(top: PipelineFile, byFolder: Kustomizations, at: There['at']): Built {
  return cached(BUILT, top, () => build(top, byFolder, at));
}

function build(top: PipelineFile, byFolder: Kustomizations, at: There['at']): Built {
  const around = new Map([[top, { prefix: '', suffix: '' }]]);
  const items = new Set<FileItem>();
  const elsewhere = new Set<string>();
  const objects: (readonly [written: ObjectRef, name: string])[] = [];
  for (const [one, outer] of around) {
    const prefix = outer.prefix + (textAt(one.value, ['namePrefix']) ?? '');
    const suffix = (textAt(one.value, ['nameSuffix']) ?? '') + outer.suffix;
    const add = (object: ObjectRef) => objects.push([object, `${prefix}${object.name}${suffix}`]);
    for (const { path } of entriesOf(one, BASES)) {
      const base = byFolder.get(path);
      if (base !== undefined && !around.has(base)) around.set(base, { prefix, suffix }); // the map grows in this loop
      const found = base === undefined ? at(path) : [];
      if (base === undefined && found.length === 0 && !MANIFEST.test(path)) elsewhere.add('resources');
      for (const item of found) items.add(item);
      for (const { item } of found) if (item.object !== undefined) add(item.object);
    }
    for (const made of madeBy(one)) add(made);
  }
  const all = [...around.keys()];
  const fieldsOf = (fields: readonly string[]) => fields.filter((field) => all.some((one) => has(one, field)));
  const names = namesOf(
    objects,
    all.some((one) => has(one, 'namespace')),
  );
  const edits = [...fieldsOf([...EDITS, ...CHARTS]), ...elsewhere];
  return { items: [...items], names: { ...names, renaming: fieldsOf(RENAMING), edits } };
}

function has({ value }: PipelineFile, field: string): boolean {
  return valueAt(value, [field]) !== undefined;
}

function madeBy({ value }: PipelineFile): ObjectRef[] {
  return Object.entries(MADE).flatMap(([list, kind]) =>
    listAt(value, [list]).map((entry) => {
      const namespace = textAt(entry, ['namespace']);
      return coreObject(kind, { name: textAt(entry, ['name']) ?? '', ...(namespace && { namespace }) });
    }),
  );
}

/** `isMoved`: kustomize sets namespaces, so that they do not tell objects apart. */
function namesOf(
  objects: readonly (readonly [written: ObjectRef, name: string])[],
  isMoved: boolean,
): Pick<KustomizeNames, 'has' | 'nameOf'> {
  const keyOf = ({ namespace, ...object }: ObjectRef) =>
    objectKey(isMoved || namespace === undefined ? object : { ...object, namespace });
  const there = new Set(objects.map(([written, name]) => keyOf({ ...written, name })));
  const names = new Map(objects.map(([written, name]) => [keyOf(written), name]));
  return { has: (object) => there.has(keyOf(object)), nameOf: (object) => names.get(keyOf(object)) };
}

/** Says what a plan from files leaves out, and how to plan with it. */
function changesBy(one: PipelineFile, root: string): Finding[] {
  const fields = CHANGES.filter((field) => has(one, field));
  if (fields.length === 0) return [];
  const said = `the plan leaves out what ${inCode(fields)} of ${quote(one.file.shown)} change. ${exactPlan(root)} plans with them.`;
  return [finding('PLAN', said)];
}

function inCode(fields: readonly string[]): string {
  return fields.map((field) => `\`${field}\``).join(', ');
}

/** The command whose plan has all that kustomize changes. */
function exactPlan(folder: string): string {
  return `\`STS_FUNCTION_MODE=plan kustomize build --enable-alpha-plugins --enable-exec ${shellPath(folder)}\``;
}

/**
 * Whether kustomize may have an object that is not among the files: it makes or renames some, and `notCounted` gets those of which only
 * its own plan can tell.
 */
export function mayHave({ names, folder }: FunctionRun, { object, by }: ObjectNeed, notCounted: Finding[]): boolean {
  if (names === undefined) return false;
  if (names.has(object)) return true;
  const changing = [...names.renaming, ...names.edits];
  if (changing.length === 0) return false;
  const said = say`the plan leaves out ${theObject(object)} for ${theObject(by)}: it is not among the files, and ${inCode(changing)} may change that. ${exactPlan(folder)} tells.`;
  notCounted.push(finding('PLAN', said, { object: by }));
  return true;
}
