import { dirname } from 'node:path';
import { FindingError, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { type ObjectRef, say, theObject } from '../findings/say.ts';
import { KUSTOMIZATION } from '../krm/file-positions.ts';
import { isGenerator, manifestTypeOf, type NamedRef, objectKey, secretObject } from '../model/kinds.ts';
import { cached, once, reached, textAt } from '../model/plain-data.ts';
import { sizeOf } from '../model/run-limits.ts';
import { OBJECT_NAME_MAX } from '../model/schema-parts.ts';
import { isBelow, type KustomizeNames } from './function-run.ts';
import { idleTarget } from './kustomize-edits.ts';
import { idOf, idsOf, lackOf, meantBy, renamedObject } from './kustomize-objects.ts';
import {
  AROUND,
  checkFit,
  LOOK,
  MOST_LEVELS,
  type OwnStart,
  type Parts,
  refuseBuild,
  TOO_DEEP,
} from './kustomize-parts.ts';
import { touchesNamed } from './kustomize-proofs.ts';
import {
  type Change,
  type Edit,
  NAMES,
  NO_CHANGE,
  renamed,
  sizeOfEdits,
  sizeOfTargets,
  thenChanged,
} from './metadata-change.ts';
import {
  BASES,
  basesIn,
  type Entry,
  entriesOf,
  inFolders,
  type Kustomizations,
  type PipelineFile,
} from './pipelines.ts';
import type { FileItem } from './read-manifests.ts';

/** Something that stands while a build goes on, and what has been done to it. */
interface Part {
  /** Those of a file that are ours, or that ours read. */
  readonly items: readonly FileItem[];
  /** All of a file, or what kustomize makes itself. */
  readonly objects: readonly ObjectRef[];
  readonly isMade?: true;
  /** What it takes to hand it to a run, in characters. */
  readonly cost: number;
  /** What a start makes. */
  readonly start?: StartContext;
  readonly change: Change;
}

/** Starts that stand and have been changed, and all names of what has been (api/resmap/reswrangler.go, AbsorbAll): a generator makes none of these. */
type Former = ReadonlySet<OwnStart | string>;

/** A start in a build. */
interface StartContext {
  readonly start: OwnStart;
  /** What a transformer gets. */
  readonly standing: readonly Part[];
  /** Of a generator. */
  readonly former: Former | undefined;
  /** Where that begins among the parts of the build. */
  readonly around: number;
  /** The kustomization that starts it, and how many have made their changes before. */
  readonly by: PipelineFile;
  readonly done: number;
}

/** As many are compared with a path as one character takes that is handed to a run. */
const LEVELS_OF_A_CHARACTER = 5;

/** So many patterns of targets and objects are compared for a warning: nothing is refused for it. */
const MOST_PAIRS = 300_000;

/**
 * The starts of one build, each as often as it is included. It is followed in kustomize's order (kubernetes-sigs/kustomize, kustomize/v5.8.1,
 * api/internal/target/kusttarget.go, accumulateTarget): a base that is included twice is built twice, and a component works on what stands
 * around it.
 * @throws FindingError where kustomize builds nothing.
 */
export function build(
  root: PipelineFile,
  { byFolder, there, ownOf, workOf, objectsAt, idle, compared, shared }: Parts,
  spend: (work: number) => void,
) {
  const parts: Part[] = [];
  const sizes = new Map<unknown, number>();
  const sizeOfChange = (change: Change) => cached(sizes, change, sizeOf);
  const open: string[] = [];
  const basesOf = (by: PipelineFile) => {
    const bases = basesIn(by, byFolder);
    spend(1 + bases.length);
    return bases;
  };
  const built = [...reached([root], basesOf)];
  const buildEdits = built.flatMap((by) => ownOf(by).ofBuild);
  const edits = built.flatMap((by) => ownOf(by).edits);
  spend(LOOK * sizeOfEdits(edits));
  const wide = [...buildEdits, ...edits.filter(({ isWide }) => isWide)];
  /** What a kustomization may change: the parts that stand then. */
  const changes: { readonly edits: readonly Edit[]; readonly from: number; readonly end: number }[] = [];
  const add = (part: Partial<Part>) => parts.push({ items: [], objects: [], cost: 0, change: NO_CHANGE, ...part });
  const alter = (by: PipelineFile, from: number, change: Change | undefined) => {
    if (change === undefined) return;
    spend(LOOK * (parts.length - from) * (1 + sizeOf(change)));
    const changed = new Map<Change, Change>(); // most parts have had the same
    for (const [index, part] of parts.slice(from).entries())
      parts[from + index] = {
        ...part,
        change: cached(changed, part.change, (before) => changedBy(by, before, change)),
      };
  };
  const demand = (edits: readonly Edit[], from: number, by: PipelineFile) => {
    if (wide.length > 0) return; // any object may come of it
    const mayMake = parts.some(({ start }) => start !== undefined);
    const read = () =>
      parts
        .slice(from)
        .flatMap(({ objects: partObjects, change }, index) =>
          partObjects.map((object) => [object, renamedObject(object, change), from + index] as const),
        );
    let objects = once(read);
    const count = once(() => parts.slice(from).reduce((sum, part) => sum + part.objects.length, 0));
    for (const edit of edits)
      for (const target of edit.targets ?? []) {
        const pairs = compared.pairs + count() * sizeOfTargets([target]);
        if (idle.has(target) || pairs > MOST_PAIRS) break; // a file of them may be named often
        compared.pairs = pairs;
        const isMade = mayMake && textAt(target.select, ['kind']) === 'Secret';
        idle.set(target, isMade ? undefined : idleTarget(edit, target, objects(), ownOf(by).change));
      }
    for (const { names = [], field } of edits)
      for (const name of names) {
        const [kind] = name.kinds;
        if (kind === 'Secret' && mayMake) continue;
        spend(objects().length);
        const { mayTouch } = touchesNamed([name]);
        const matches = objects().filter(([original, now]) => mayTouch(original, now.name));
        spend(LOOK * matches.length);
        const lack = lackOf(name, matches);
        if (lack !== undefined)
          throw refuseBuild(by, field, `\`${field}\` wants ${kind} ${JSON.stringify(name.name)}, and ${lack}`);
        if (name.isDeleted !== true) continue;
        for (const [original, , index] of meantBy(name, matches)) {
          const part = parts[index] as Part;
          parts[index] = { ...part, objects: part.objects.filter((object) => object !== original) };
        }
        objects = once(read);
      }
  };
  const formerOf = (from: number): Former => {
    const former = parts.slice(from).filter(({ change }) => wide.length === 0 && change !== NO_CHANGE);
    spend(4 * LOOK * former.reduce((sum, { objects }) => sum + 2 + objects.length, 0));
    const all = former.map(({ objects, start, change }) => {
      const { list, config } = start?.start ?? {};
      const ours = list === 'generators' && isGenerator(config?.item ?? {}) ? (config?.item.object ?? []) : [];
      const named = [...objects, ...[ours].flat().map(secretObject)].flatMap((object) => idsOf(object, change));
      return [...named, ...(start ? [start.start] : [])];
    });
    return new Set(all.flat());
  };
  const addStart = (starter: OwnStart, by: PipelineFile, around: number, former?: Former) => {
    const isShared = starter.list === 'transformers' && textAt(by.value, ['kind']) === 'Component';
    const standing = parts.slice(around);
    const placeOf = ({ file, item }: FileItem) => [file.real, item.range[0]];
    const all = standing.map((part) => [
      ...[part.change, part.items.map(placeOf), part.start && placeOf(part.start.start.config)],
      part.isMade && root.file.real, // what it has is not known
    ]);
    const key = isShared ? JSON.stringify([placeOf(starter.config), all]) : ''; // what it gets is around it
    const start = isShared ? cached(shared, key, () => ({ ...starter, folder: dirname(root.file.shown) })) : starter;
    spend(
      standing.reduce((sum, { items, cost, change }) => sum + LOOK + cost + items.length * sizeOfChange(change), 0) +
        start.config.item.range[1] -
        start.config.item.range[0],
    );
    const { item } = start.config;
    const objects = start.list === 'generators' && start.how !== undefined ? [item.object ?? []].flat() : []; // it stays (issue 5502)
    add({ objects, start: { start, standing, around, by, done: changes.length, former } });
  };
  const include = (by: PipelineFile, around: number) => {
    const folder = dirname(by.file.real);
    const { generators, turns, made, change, merged, named, scaled } = ownOf(by);
    spend(workOf(by));
    if (open.push(folder) > MOST_LEVELS) throw refuseBuild(by, '', TOO_DEEP);
    for (const list of BASES)
      for (const entry of list === 'components' ? [] : entriesOf(by, [list])) includeEntry(by, entry, parts.length);
    const from = parts.length;
    const former = made.length + generators.length > 0 ? formerOf(around) : undefined;
    for (const object of made) add({ objects: [object], isMade: true });
    for (const start of generators) addStart(start, by, parts.length, former);
    const isAgain = (object: ObjectRef) => former?.has(idOf(object)) === true;
    const { kind, name } =
      parts
        .slice(from)
        .flatMap(({ objects }) => objects)
        .find(isAgain) ?? {};
    if (name !== undefined)
      throw refuseBuild(
        by,
        '',
        `it makes ${kind} ${quote(name)}, and includes another one that has or had that name. Rename one`,
      );
    demand(merged, around, by);
    for (const entry of entriesOf(by, ['components'])) includeEntry(by, entry, around);
    demand(named, around, by);
    alter(by, around, change);
    demand(scaled, around, by);
    for (const turn of turns)
      if ('start' in turn) addStart(turn.start, by, around);
      else alter(by, around, turn.change);
    const partEdits = ownOf(by).edits;
    if (partEdits.length > 0) changes.push({ edits: partEdits, from: around, end: parts.length });
    open.pop();
  };
  const includeEntry = (by: PipelineFile, entry: Entry, around: number) => {
    const { path, list, field } = entry;
    const base = byFolder.get(path);
    if (base !== undefined) {
      spend(open.length / LEVELS_OF_A_CHARACTER);
      if (open.some((inner) => inner === path || isBelow(path, inner)))
        throw refuseBuild(by, field, `\`${list}\` names ${quote(entry.text)}, ${AROUND}`);
      checkFit(base, entry, by);
      include(base, around);
    } else if (KUSTOMIZATION.test(path))
      throw refuseBuild(by, field, `\`${list}\` names a kustomization as a file. Name its folder`);
    else add({ items: there.at(path), objects: objectsAt(path), cost: there.costAt(path) });
  };
  include(root, 0);
  for (const { objects, change } of parts) spend(objects.length * sizeOfChange(change));
  const unsure = checkTwice(parts, edits, root, spend);
  const inEnd = Map.groupBy(
    parts.flatMap(({ objects, isMade, change }, index) => {
      const secrets = objects.filter(({ kind, apiVersion }) => kind === 'Secret' && apiVersion === 'v1');
      return secrets.map((secret) => ({ secret, isMade, index, id: idOf(renamed(secret, change)) }));
    }),
    ({ id }) => id,
  );
  const hasOther =
    ({ standing, around, former }: StartContext, change: Change) =>
    (target: NamedRef) =>
      former?.has(idOf(secretObject(target))) ||
      (inEnd.get(idOf(secretObject(renamed(target, change)))) ?? []).some(({ secret, isMade, index }) => {
        const before = isMade ? undefined : standing[index - around]; // what kustomize makes the function does not see here
        return before === undefined || objectKey(renamed(secret, before.change)) !== objectKey(secretObject(target));
      });
  const starts = parts.flatMap(({ start, change }, index) => {
    if (start === undefined) return [];
    const first = start.start.list === 'generators' ? index : start.around; // a generator gets none of what stands
    const isOwn = ({ from, end }: (typeof changes)[number]) => from <= index && first < end;
    const edits = [buildEdits, ...changes.filter(isOwn).map((some) => some.edits), unsure];
    spend(changes.length + 2 * edits.reduce((sum, { length }) => sum + length, 0));
    const later = changes.slice(start.done).filter(isOwn); // that of its own kustomization too, which comes before transformers
    const late = new Set(later.flatMap((some) => some.edits.filter(({ by }) => by !== start.by)));
    const all = [...new Set(edits.flat())];
    return [{ ...start, after: { change, edits: all, late, hasOther: hasOther(start, change), former: start.former } }];
  });
  return { starts, wide, built };
}

/** Both changes as one. Names that no API server takes are refused: there may be very many, each as long as a file. */
function changedBy(by: PipelineFile, before: Change, change: Change): Change {
  const changed = thenChanged(before, change);
  const { prefix, suffix, namespace = '' } = changed;
  if (Math.max(prefix.length + suffix.length, namespace.length) <= OBJECT_NAME_MAX) return changed;
  const field = NAMES.find((name) => textAt(by.value, [name])) ?? '';
  throw refuseBuild(by, field, `it gives names of more than ${OBJECT_NAME_MAX} characters. Shorten them`);
}

/** Refuses an object that is there under another one's name, as kustomize does; gives the edits that may have renamed it before. */
function checkTwice(
  parts: readonly Part[],
  edits: readonly Edit[],
  { file }: PipelineFile,
  spend: (work: number) => void,
): Edit[] {
  const ids = new Set<string>();
  const edited = (object: ObjectRef, change: Change) => {
    const now = renamedObject(object, change);
    if (ids.size < ids.add(idOf(now)).size) return [];
    spend(sizeOfEdits(edits));
    const renaming = edits.find(({ renames, mayTouch }) => renames && mayTouch(object, now.name));
    if (renaming !== undefined) return [{ ...renaming, isWide: true }];
    const message = say`cannot build this kustomization: ${theObject(now)} is there twice, as kustomize names what it includes. Rename one, or leave it out.`;
    throw new FindingError(finding('TARGET_CONFLICT', message, { location: { file: file.shown, line: 1 } }));
  };
  return parts.flatMap(({ objects, change }) => objects.flatMap((object) => edited(object, change)));
}

/** What a start gets that its items do not show. */
export function namesFor({ standing }: StartContext): KustomizeNames {
  /** The objects by the name that is written and by the one by then, in the namespace by then. */
  const byKey = once(() => {
    const originals = standing.flatMap(({ items, change }) =>
      items.flatMap(({ item: { object } }) => (object ? [{ object, now: renamed(object, change) }] : [])),
    );
    const keyed = originals.flatMap((record) => [
      { ...record, key: objectKey(record.now) },
      { ...record, key: objectKey({ ...record.now, name: record.object.name }) },
    ]);
    return Map.groupBy(keyed, ({ key }) => key);
  });
  /** What kustomize makes itself. */
  const made = once(() => {
    const all = standing.flatMap(({ objects, isMade, change }) =>
      isMade ? objects.map((of) => renamed(of, change)) : [],
    );
    return new Set(all.map(objectKey));
  });
  const find = (object: ObjectRef) => byKey().get(objectKey(object)) ?? [];
  return {
    makes: (object) => made().has(objectKey(object)),
    nameOf: (object) => find(object).find(({ now }) => now.name !== object.name)?.now.name,
    specs: standing.flatMap(({ items, change }) =>
      items.flatMap(({ item }) =>
        item.object !== undefined && manifestTypeOf(item) !== undefined ? [renamed(item.object, change)] : [],
      ),
    ),
    writtenAs: (object) => find(object).map((record) => record.object),
  };
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
