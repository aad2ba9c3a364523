import { dirname, resolve } from 'node:path';
import { type Finding, finding, type Place } from '../../findings/finding.ts';
import { quote, shellPath } from '../../findings/quote.ts';
import { type ObjectRef, say, theObject } from '../../findings/say.ts';
import { coreObject, objectKey } from '../../model/kinds.ts';
import type { ObjectNeed } from '../../model/need.ts';
import { defined, distinct, listAt, textAt, valueAt } from '../../model/plain-data.ts';
import { checkStarts, foldersAbove } from '../kpt-steps.ts';
import { BASES, type PipelineFile, STARTING, startsOf } from '../pipelines.ts';
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
 * The runs of kustomizations that no other one includes: one that is included is built through the others. `circles`: those that include
 * themselves, or one that does; `sound`: all others. kustomize builds none of these, so what they include besides is as if they were not there.
 */
export function kustomizeRuns(
  written: readonly PipelineFile[],
  there: There,
  check: () => void,
): { hosted: Hosted[]; sound: readonly PipelineFile[]; circles: Fault[] } {
  const byFolder = new Map(written.map((one) => [dirname(one.file.real), one]));
  const basesOf = (one: PipelineFile) => entriesOf(one, BASES).flatMap(({ path }) => byFolder.get(path) ?? []);
  const ended = withoutCircles(written, basesOf);
  const sound = written.filter((one) => ended.has(one));
  const endless = new Map(written.filter((one) => !ended.has(one)).map((one) => [dirname(one.file.real), one]));
  const circles = [...endless.values()].flatMap((one) => {
    const entry = entriesOf(one, BASES).find(({ path }) => endless.has(path));
    if (entry === undefined) return [];
    const message = `cannot read this kustomization: it includes itself, or a kustomization that does. Remove the circle from \`${entry.list}\`.`;
    const place = placeOfField(one, entry.field);
    return [{ file: one.file, finding: finding('INPUT_UNREADABLE', message, { place }) }];
  });
  for (const folder of endless.keys()) byFolder.delete(folder);
  const included = new Set(sound.flatMap(basesOf));
  const starts = new Map(
    sound.map((one) => {
      const folder = dirname(one.file.shown);
      return [one, startsOf(one, there.at).map((start) => ({ ...start, folder }))];
    }),
  );
  const hosted = sound
    .filter((one) => !included.has(one))
    .flatMap((root) => {
      const built = new Set([root]);
      for (const one of built) {
        check();
        for (const base of basesOf(one)) built.add(base); // the set grows in this loop
      }
      const folders = new Set([...built].map(({ file }) => dirname(file.real)));
      const entries = [...built].flatMap((one) => entriesOf(one, [...BASES, ...STARTING]));
      const reach = new Set([...folders, ...entries.map(({ path }) => path)]);
      const strays = [...built].flatMap((one) => straysOf(one, byFolder, there.at));
      const crowds = [...built].flatMap((one) => {
        const { length } = (starts.get(one) ?? []).filter(({ list }) => list === 'transformers');
        const found = checkStarts(length, placeOfField(one, 'transformers'));
        return found.map((crowd) => ({ finding: crowd, items: there.at(dirname(one.file.real)) })); // also those that are not read
      });
      const wrong = [...strays, ...crowds.map((crowd) => crowd.finding)];
      const unread = crowds.flatMap((crowd) => crowd.items);
      const folder = dirname(root.file.shown);
      return [...built].flatMap((one) =>
        (starts.get(one) ?? []).map((start) => {
          const { list, config } = start;
          const { items, names } = list === 'generators' ? { items: [] } : builtBy(one, byFolder, there.at);
          const notCounted = [...new Set([root, one])].flatMap((changing) => changesBy(changing, folder));
          const more = { config, start, notCounted, findings: wrong, ...defined({ names }) };
          const isOwn = ({ file }: FileItem) => foldersAbove(file.real).some((above) => folders.has(above));
          const run = toRun({ folder, host: 'kustomize', files: there.files, ...more }, items);
          return { run, reach, claimed: [config, ...items, ...unread].filter(isOwn) };
        }),
      );
    });
  return { hosted, sound, circles };
}

/** The entries of lists of a kustomization, each once, with their paths. Addresses of other repositories are no paths here. */
export function entriesOf({ file, value }: PipelineFile, fields: readonly string[]) {
  return fields.flatMap((list) => {
    const entries = listAt(value, [list]).map((entry, index) => {
      const text = typeof entry === 'string' ? entry : ''; // where the file was read, others were refused
      return { list, field: `${list}[${index}]`, text, path: resolve(dirname(file.real), text) };
    });
    return distinct(entries, ({ path }) => path);
  });
}

/** Where a field of a kustomization is written. */
export function placeOfField({ file }: Pick<PipelineFile, 'file'>, field: string): Place {
  const end = file.text.length;
  return placeIn(file, { text: file.text, range: [0, end, end] }, field);
}

/** Those that do not include themselves, nor one that does. */
function withoutCircles(
  all: readonly PipelineFile[],
  basesOf: (one: PipelineFile) => readonly PipelineFile[],
): Set<PipelineFile> {
  const includes = all.flatMap((one) => basesOf(one).map((base) => ({ one, base })));
  const includers = Map.groupBy(includes, ({ base }) => base);
  const open = new Map(all.map((one) => [one, basesOf(one).length]));
  const ended = new Set(all.filter((one) => open.get(one) === 0));
  for (const base of ended) {
    for (const { one } of includers.get(base) ?? []) {
      const rest = (open.get(one) ?? 0) - 1;
      open.set(one, rest);
      if (rest === 0) ended.add(one); // the set grows in this loop
    }
  }
  return ended;
}

/**
 * Refuses what kustomize does: files outside of a kustomization's folder, which are another package's, unless that one is a kustomization
 * (kubernetes-sigs/kustomize, kustomize/v5.8.1, api/internal/loader/loadrestrictions.go).
 */
function straysOf(one: PipelineFile, byFolder: ReadonlyMap<string, PipelineFile>, at: There['at']): Finding[] {
  const folder = dirname(one.file.real);
  return entriesOf(one, [...BASES, ...STARTING])
    .filter(({ path }) => !isBelow(folder, path) && !byFolder.has(path) && at(path).length > 0)
    .map(({ list, field, text }) => {
      const message = `cannot read \`${list}\`: it names ${quote(text)}, and kustomize reads no file outside of the kustomization's folder. Name a folder with a kustomization of its own.`;
      return finding('INPUT_UNREADABLE', message, { place: placeOfField(one, field) });
    });
}

/** What a kustomization builds, with what its bases build, and what is put around their names on the way. */
export function builtBy(
  top: PipelineFile,
  byFolder: ReadonlyMap<string, PipelineFile>,
  at: There['at'],
): { items: readonly FileItem[]; names: KustomizeNames } {
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
