import { dirname } from 'node:path';
import type { ObjectRef } from '../findings/say.ts';
import { startsToRun } from '../hosts/kpt-steps.ts';
import { parseDocuments } from '../krm/documents.ts';
import { coreObject, isSpec, objectKey } from '../model/kinds.ts';
import { attempt, cached, listAt, once, reached, textAt, valueAt } from '../model/plain-data.ts';
import type { WorkBudget } from '../model/run-limits.ts';
import type { AllManifests, FunctionRun, KustomizeNames } from './function-run.ts';
import { CHANGING, editsOf, MADE } from './kustomize-edits.ts';
import { fieldsWith } from './kustomize-fields.ts';
import { ANYTHING, proofsOf } from './kustomize-proofs.ts';
import { type Change, changeOf, type Edit, INTERNAL, NO_CHANGE, renamed, thenChanged } from './metadata-change.ts';
import {
  BASES,
  basesIn,
  configsOf,
  type Entry,
  entriesOf,
  isStart,
  type Kustomizations,
  type PipelineFile,
  STARTING,
  type Start,
  VALIDATORS,
} from './pipelines.ts';
import type { FileItem } from './read-manifests.ts';

/** What a build does with one kustomization, or with an entry of it that is none. A component works on what stands around it. */
interface Step {
  readonly does: 'include' | 'begin' | 'read' | 'generate' | 'end';
  readonly kustomization: PipelineFile;
  readonly isComponent: boolean;
  /** The path that an entry names. */
  readonly path?: string;
}

/**
 * The steps of a build in kustomize's order (kubernetes-sigs/kustomize, kustomize/v5.8.1, api/internal/target/kusttarget.go,
 * accumulateTarget): one that is included twice is built twice.
 */
export function* stepsOfBuild(root: PipelineFile, byFolder: Kustomizations): Generator<Step> {
  const open: Step[] = [{ does: 'include', kustomization: root, isComponent: false }];
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    if (step.does !== 'include') {
      yield step;
      continue;
    }
    const { kustomization, isComponent } = step;
    const backwards = cached(isComponent ? OF_COMPONENT : OF_BASE, kustomization, () =>
      stepsOf(step, byFolder).reverse(),
    );
    for (const next of backwards) open.push(next);
  }
}

/** The steps of one that many include are the same each time; from the last one to the first. */
const OF_BASE = new WeakMap<PipelineFile, readonly Step[]>();
const OF_COMPONENT = new WeakMap<PipelineFile, readonly Step[]>();

function stepsOf({ kustomization, isComponent }: Step, byFolder: Kustomizations): Step[] {
  const include = (list: (typeof BASES)[number]) =>
    entriesOf(kustomization, [list]).map(({ path }): Step => {
      const base = byFolder.get(path);
      if (base === undefined) return { does: 'read', kustomization, isComponent: list === 'components', path };
      return { does: 'include', kustomization: base, isComponent: list === 'components' };
    });
  const own = (does: Step['does']): Step => ({ does, kustomization, isComponent });
  const resources = [...include('resources'), ...include('bases')];
  return [own('begin'), ...resources, own('generate'), ...include('components'), own('end')];
}

/** A start of this function, and the folder of its kustomization: the same in all that include that one. */
export type OwnStart = Start & { readonly folder: string };

/** What a kustomization's transformers do in turn: a start of this function, or a change that kustomize makes itself. */
type Turn = { readonly start: OwnStart } | { readonly change: Change };

/** Fields of a kustomization that does no more than name resources. */
const PLAIN = ['apiVersion', 'kind', 'resources'];

/** Reads what a kustomization starts, makes and changes, each once. */
export function startsReader(byFolder: Kustomizations, there: AllManifests) {
  const { at, texts } = there;
  const filesOf = (folder: PipelineFile) => entriesOf(folder, ['resources']);
  const listed = (path: string) => {
    const folder = byFolder.get(path);
    return folder === undefined ? at(path) : filesOf(folder).flatMap((entry) => at(entry.path));
  };
  /** True for a folder whose kustomization does no more than name files. */
  const isPlain = (folder: PipelineFile) =>
    Object.keys(Object(folder.value)).every((field) => PLAIN.includes(field)) &&
    filesOf(folder).every(({ path }) => !byFolder.has(path) && at(path).length > 0);
  /** True for an entry with an object that is none of ours. */
  const hasOthers = (entry: Entry): boolean => {
    const text = entry.isWritten ? entry.text : texts.get(entry.path);
    if (text !== undefined) {
      const own = entry.isWritten ? attempt(() => parseDocuments(text, '')) : at(entry.path);
      return own === undefined || own.length === 0 || proofsOf(there, text).count() !== own.length;
    }
    const folder = byFolder.get(entry.path);
    const files = folder === undefined ? [] : filesOf(folder).filter(({ path }) => !byFolder.has(path));
    return at(entry.path).length === 0 || files.some((file) => hasOthers(file));
  };
  const read = (kustomization: PipelineFile) => {
    const all = configsOf(kustomization, listed).map((start) => ({
      ...start,
      folder: dirname(kustomization.file.shown),
    }));
    const ours = new Set<OwnStart>(all.filter((start) => isStart(start)));
    const { generators = [], transformers = [] } = Object.groupBy(ours, ({ list }) => list);
    const toRun = startsToRun(transformers);
    const entries = entriesOf(kustomization, ['transformers']);
    const order = new Map(entries.map(({ path }, index) => [path, index]));
    const isInOrder = toRun.every(({ config: { file } }) => order.has(file.real)); // those of folders, and what is written, are not
    const changes = entries.flatMap((entry, index) => {
      const isBuiltin = isInOrder && !entry.isWritten && at(entry.path).length === 0;
      const change = isBuiltin && proofsOf(there, texts.get(entry.path)).changeOfBuiltins();
      return change ? { index, entry, change } : [];
    });
    const followed = new Set(changes.map(({ entry }) => entry));
    const starts = toRun.map((start) => ({ index: order.get(start.config.file.real) ?? 0, start }));
    const turns: readonly Turn[] = [...changes, ...starts].toSorted((a, b) => a.index - b.index);
    const others = STARTING.filter(
      (list) =>
        all.some((start) => start.list === list && !ours.has(start)) ||
        entriesOf(kustomization, [list]).some((entry) => !followed.has(entry) && hasOthers(entry)),
    );
    /** Lists with another folder: what that does is not followed. */
    const changed: readonly Start['list'][] = STARTING.filter((list) =>
      entriesOf(kustomization, [list]).some(({ path }) => {
        const folder = byFolder.get(path);
        return folder !== undefined && !isPlain(folder);
      }),
    );
    const charts = fieldsWith('objects').filter((field) => valueAt(kustomization.value, [field]) !== undefined);
    return {
      ...{ others, changed, generators, transformers, toRun, turns, charts },
      ...{ made: madeBy(kustomization), change: changeOf(kustomization.value), edits: editsOf(kustomization, there) },
    };
  };
  const cache = new Map<PipelineFile, ReturnType<typeof read>>();
  return (kustomization: PipelineFile) => cached(cache, kustomization, read);
}

/** What the runs of all kustomizations are made of. */
export interface Parts {
  readonly byFolder: Kustomizations;
  readonly there: AllManifests;
  readonly startsIn: ReturnType<typeof startsReader>;
  /** Throws when the time is up. */
  readonly throwIfExpired: () => void;
}

/** Something that stands while a build goes on, and what has been done to it. */
interface Part {
  /** A file, or a folder that is no kustomization; empty for what is neither. */
  readonly path: string;
  /** What kustomize makes itself. */
  readonly made?: ObjectRef;
  /** What a start makes. */
  readonly start?: StartContext;
  /** Objects of which nothing is known. */
  readonly unknown?: Edit;
  change: Change;
  /** Those of one kustomization each, with the change before them. */
  readonly edits: (readonly [readonly Edit[], Change])[];
}

/** A start in a build. */
interface StartContext {
  readonly start: OwnStart;
  /** What a transformer gets. */
  readonly standing: readonly Part[];
}

/** The starts of one build, each as often as it is included, and a spec that is there twice. */
export function build(root: PipelineFile, { byFolder, there, startsIn, throwIfExpired }: Parts) {
  const { at, texts } = there;
  const parts: Part[] = [];
  const from: number[] = [];
  const toPart = ({ edits = [], ...part }: Partial<Part>): Part => ({
    ...{ path: '', change: NO_CHANGE, ...part },
    edits: wide.length > 0 ? [[wide, NO_CHANGE], ...edits] : [...edits],
  });
  const all = reached([root], (kustomization) => basesIn(kustomization, byFolder, [...BASES, ...STARTING, VALIDATORS]));
  const wide = [...all].flatMap((kustomization) => startsIn(kustomization).edits.ofBuild);
  const ofBuild = wide.map((unknown) => toPart({ unknown }));
  const add = (part: Partial<Part>) => parts.push(toPart(part));
  const addStart = (start: OwnStart, by: PipelineFile, standing: readonly Part[]) => {
    const isChanged = startsIn(by).changed.includes(start.list);
    const edits: Part['edits'] = isChanged ? [[[anything(start.list, by)], NO_CHANGE]] : [];
    add({ edits, start: { start, standing: [...ofBuild, ...standing] } });
  };
  for (const { does, kustomization, isComponent, path } of stepsOfBuild(root, byFolder)) {
    throwIfExpired();
    if (does === 'begin' && !isComponent) from.push(parts.length);
    if (does === 'read' && path !== undefined) {
      if (isComponent) {
        edit(parts.slice(from.at(-1)), [anything('components', kustomization)]);
        add({ unknown: anything('components', kustomization) });
      } else if (at(path).length > 0) add({ path, ...remembered(at(path)) });
      else if (!texts.has(path)) add({ unknown: anything('resources', kustomization) });
    }
    if (does === 'generate') {
      const { made: all, charts, others, generators } = startsIn(kustomization);
      for (const made of all) add({ made });
      for (const field of [...charts, ...others])
        if (field !== 'transformers') add({ unknown: anything(field, kustomization) });
      for (const start of generators) addStart(start, kustomization, []);
    }
    if (does === 'end') {
      const { others, turns, change, edits: own } = startsIn(kustomization);
      const standing = parts.slice(from.at(-1));
      const transformers = others
        .filter((list) => list === 'transformers')
        .map((list) => anything(list, kustomization));
      const edits = [...transformers, ...own.all()];
      edit(standing, edits);
      changeAll(standing, change);
      edit(standing, edits); // some are made before, some afterwards
      for (const [unknown] of Map.groupBy(edits, ({ field, isWide }) => isWide && field).values())
        if (unknown?.isWide) add({ unknown });
      for (const turn of turns) {
        const now = parts.slice(from.at(-1));
        if ('change' in turn) changeAll(now, turn.change);
        else
          addStart(
            turn.start,
            kustomization,
            now.map((part) => ({ ...part, edits: [...part.edits] })),
          );
      }
      if (!isComponent) from.pop();
    }
  }
  const made = madeIn(parts);
  const starts = parts.flatMap(({ start, change, edits }) =>
    start ? [{ ...start, after: { change, edits, made } }] : [],
  );
  return { starts, twice: twiceIn(parts, at) };
}

/**
 * The first spec that is there under another one's name: kustomize refuses to build that. One that starts the function as a generator is
 * there too (kubernetes-sigs/kustomize, issue 5502); of two such the Secrets tell.
 */
function twiceIn(parts: readonly Part[], at: AllManifests['at']): ObjectRef | undefined {
  const named = (items: readonly FileItem[], change: Change) =>
    items.flatMap(({ item }) => (item.object !== undefined && isSpec(item) ? [renamed(item.object, change)] : []));
  const keys = new Set<string>();
  for (const { path, change } of parts)
    for (const now of named(at(path), change)) {
      if (keys.has(objectKey(now))) return now;
      keys.add(objectKey(now));
    }
  const kept = parts.flatMap(({ start: { start } = {}, change }) =>
    start?.list === 'generators' && start.how !== undefined ? named([start.config], change) : [],
  );
  return kept.find((now) => keys.has(objectKey(now)));
}

function anything(field: string, by: PipelineFile): Edit {
  return { field, by, ...ANYTHING };
}

/** What only kustomize knows of a file whose objects say that they had other names, by which anything may find them. */
function remembered(items: readonly FileItem[]): Pick<Part, 'unknown'> {
  const isOwn = ({ item }: FileItem) => Object.keys(item.annotations).some((key) => key.startsWith(INTERNAL));
  const file = items.find(isOwn)?.file;
  return file === undefined ? {} : { unknown: anything('metadata.annotations', { file, value: undefined }) };
}

function edit(parts: readonly Part[], edits: readonly Edit[]): void {
  if (edits.length > 0) for (const part of parts) part.edits.push([edits, part.change]);
}

function changeAll(parts: readonly Part[], own: Change | undefined): void {
  if (own === undefined) return;
  const cache = new Map<Change, Change>(); // most parts have had the same
  for (const part of parts) part.change = cached(cache, part.change, (before) => thenChanged(before, own));
}

/** How many objects kustomize makes or changes for a kustomization. */
export function countMade({ value }: PipelineFile): number {
  return Object.keys(MADE).reduce((sum, list) => sum + listAt(value, [list]).length, 0);
}

function madeBy({ value }: PipelineFile): ObjectRef[] {
  return Object.entries(MADE).flatMap(([list, kind]) =>
    listAt(value, [list]).flatMap((entry) => {
      if (CHANGING.includes(valueAt(entry, ['behavior']))) return [];
      const namespace = textAt(entry, ['namespace']);
      return coreObject(kind, { name: textAt(entry, ['name']) ?? '', ...(namespace && { namespace }) });
    }),
  );
}

/** What a start gets that its items do not show. */
export function namesFor({ standing }: StartContext, at: AllManifests['at']): KustomizeNames {
  /** The objects by the name that is written and by the one by then, in the namespace by then. */
  const byKey = once(() => {
    const written = standing.flatMap((part) =>
      at(part.path).flatMap(({ item: { object } }) =>
        object ? [{ object, part, now: renamed(object, part.change) }] : [],
      ),
    );
    const keyed = written.flatMap((record) => [
      { ...record, key: objectKey(record.now) },
      { ...record, key: objectKey({ ...record.now, name: record.object.name }) },
    ]);
    return Map.groupBy(keyed, ({ key }) => key);
  });
  const made = once(() => madeIn(standing));
  const unknown = standing.flatMap((part) => part.unknown ?? []);
  const edits = once(() => [
    ...unknown,
    ...[...new Set(standing.flatMap((part) => part.edits.map(([some]) => some)))].flat(),
  ]);
  const find = (object: ObjectRef) => byKey().get(objectKey(object)) ?? [];
  return {
    makes: (object) => made().has(objectKey(object)),
    nameOf: (object) => find(object).find(({ now }) => now.name !== object.name)?.now.name,
    mayMake: (object, work) => {
      work.take('edits', edits().length);
      return edits().flatMap((candidate) => (candidate.mayTouch(object) ? [candidate.field] : []));
    },
    elsewhere: unknown.filter(({ field }) => field !== 'generators'),
    editsOf: (object, work) =>
      find(object).flatMap(({ object: written, part, now }) =>
        now.name === object.name ? touching(written, part, work) : [],
      ),
  };
}

/** What kustomize makes of these, by `objectKey`. */
function madeIn(parts: readonly Part[]): ReadonlySet<string> {
  return new Set(parts.flatMap(({ made, change }) => (made ? [objectKey(renamed(made, change))] : [])));
}

/** The edits that may touch an object whose name is `written` before what a part tells. */
export function touching(written: ObjectRef, { edits }: Pick<FunctionRun['after'], 'edits'>, work: WorkBudget): Edit[] {
  return edits.flatMap(([some, before]) => {
    work.take('edits', 1 + some.length);
    const now = renamed(written, before).name;
    return some.filter((edit) => edit.mayTouch(written, now));
  });
}

/** The items that a build of this kustomization reads, those of its bases too, as they are written. */
export function itemsOfBuild(top: PipelineFile, byFolder: Kustomizations, at: AllManifests['at']): FileItem[] {
  const all = reached([top], (kustomization) => basesIn(kustomization, byFolder));
  const paths = new Set([...all].flatMap((kustomization) => entriesOf(kustomization, BASES).map(({ path }) => path)));
  return [...paths].flatMap((path) => (byFolder.has(path) ? [] : at(path)));
}
