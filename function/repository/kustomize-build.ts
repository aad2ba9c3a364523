import { dirname } from 'node:path';
import { FindingError, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { type ObjectRef, say, theObject } from '../findings/say.ts';
import { checkStarts } from '../hosts/kpt-steps.ts';
import type { Item } from '../krm/item.ts';
import { unreadable } from '../krm/parse-yaml.ts';
import { type PlainObject, readObjects } from '../krm/plain-objects.ts';
import { isCoreKind, isSpec, type NamedRef, objectKey, secretObject } from '../model/kinds.ts';
import { cached, once, reached, textAt } from '../model/plain-data.ts';
import { sizeOf, type WorkBudget } from '../model/run-limits.ts';
import { type AllManifests, type FunctionRun, isBelow, type KustomizeNames } from './function-run.ts';
import { editsOf, locationOfField, madeBy, newReaders } from './kustomize-edits.ts';
import { ANYTHING, changeOfBuiltins, touchesNamed } from './kustomize-proofs.ts';
import {
  type Change,
  changeOf,
  type Edit,
  INTERNAL,
  NO_CHANGE,
  renamed,
  sizeOfEdits,
  thenChanged,
} from './metadata-change.ts';
import {
  BASES,
  basesIn,
  configsOf,
  type Entry,
  entriesOf,
  isStart,
  type Kustomizations,
  type PipelineFile,
  pathIn,
  STARTING,
  type Start,
  VALIDATORS,
} from './pipelines.ts';
import { type FileItem, KUSTOMIZATION } from './read-manifests.ts';

/** A start of this function, and the folder of its kustomization: the same in all that include that one. */
export type OwnStart = Start & { readonly folder: string };

/** What a kustomization's transformers do in turn. */
type Turn = { readonly start: OwnStart } | { readonly change: Change } | { readonly edit: Edit };

/** What a kustomization does by itself. */
interface Own extends ReturnType<typeof editsOf> {
  readonly generators: readonly OwnStart[];
  readonly turns: readonly Turn[];
  readonly made: readonly ObjectRef[];
  readonly change: Change | undefined;
}

/** What builds are made of. */
export interface Parts {
  readonly byFolder: Kustomizations;
  readonly there: AllManifests;
  /** What a kustomization does. @throws FindingError where kustomize refuses it. */
  readonly ownOf: (by: PipelineFile) => Own;
  /** What it takes to follow what a kustomization includes, in characters. @throws FindingError for a circle, and for too many levels. */
  readonly workOf: (by: PipelineFile) => number;
  /** The objects of a file. @throws FindingError where hosts may read others. */
  readonly objectsAt: (path: string) => readonly PlainObject[];
}

/** Fields of a kustomization that does no more than name resources. */
const PLAIN = ['apiVersion', 'kind', 'resources'];

function anything(field: string, by: Edit['by']): Edit {
  return { field, by, ...ANYTHING };
}

const LEFT = 'it is too large, or no UTF-8, and a host may find objects in it. Split it, or save it as UTF-8';

function refuseBuild(by: PipelineFile, field: string, cause: string): FindingError {
  const message = `cannot build this kustomization: ${cause}.`;
  return new FindingError(finding('INPUT_UNREADABLE', message, { location: locationOfField(by, field) }));
}

/** True for what this function reads. */
const isRead = (item: Pick<Item, 'apiVersion' | 'kind'>) => isSpec(item) || isCoreKind(item.kind ?? '');

/** Reads what each kustomization and file has, once. */
export function partsOf(byFolder: Kustomizations, there: AllManifests): Parts {
  const read = new Map<string, readonly PlainObject[]>();
  const objectsIn = (key: string, text: string, file: string) => cached(read, key, () => readObjects(text, file));
  const objectsAt = (path: string) =>
    there.filesAt(path).flatMap(({ text, shown, fault, isLeft }) => {
      if (fault !== undefined) return []; // which refuses the runs
      if (isLeft) throw unreadable(LEFT, { name: quote(shown), file: shown });
      const objects = objectsIn(path, text, shown);
      const isSame = objects.filter(isRead).length === there.at(path).filter(({ item }) => isRead(item)).length;
      if (isSame) return objects;
      throw unreadable('hosts read other objects in it. Write each as a document', { name: quote(shown), file: shown });
    });
  const readers = newReaders();
  const filesOf = (folder: PipelineFile) => entriesOf(folder, ['resources']);
  const listed = (path: string) => {
    const folder = byFolder.get(path);
    return folder === undefined ? there.at(path) : filesOf(folder).flatMap((entry) => there.at(entry.path));
  };

  /** The entries of a list with the objects that start functions, and of each whether they surely start ours alone. */
  const startsIn = (by: PipelineFile, list: Start['list']) => {
    const byText = Map.groupBy(configsOf(by, listed, [list]), ({ config: { file } }) => file.text);
    const seen = new Set<string>();
    const inOrder = entriesOf(by, [list]).toSorted((a, b) => Number(b.isWritten) - Number(a.isWritten)); // as kustomize has them
    return inOrder.map((entry) => {
      const folder = byFolder.get(entry.path);
      const files = (folder === undefined ? [entry] : filesOf(folder)).map(({ isWritten, text: own, path }) => {
        const [file] = isWritten
          ? [{ ...by.file, text: own, fault: undefined, isLeft: undefined }]
          : there.filesAt(path);
        if (file === undefined || file.fault || file.isLeft || byFolder.has(path) || KUSTOMIZATION.test(path))
          return { starts: [] };
        const { text, shown } = file;
        return {
          objects: objectsIn(path, text, shown),
          starts: (byText.get(text) ?? []).filter((start) => isStart(start)),
        };
      });
      const starts = files.flatMap((file) =>
        file.starts.map((start) => ({ ...start, folder: dirname(by.file.shown) })),
      );
      const objects = files.flatMap((file) => file.objects ?? []);
      const again = objects.find((object) => seen.size === seen.add(idOf(object)).size);
      if (again !== undefined) throw refuseBuild(by, entry.field, `${again.kind} ${quote(again.name)} is there twice`);
      const isPlain = Object.keys(Object(folder?.value ?? {})).every((field) => PLAIN.includes(field));
      const isWhole =
        isPlain && files.every((file) => file.objects !== undefined) && !objects.some(({ isListed }) => isListed);
      const isOurs = isWhole && starts.length === objects.length && starts.every(({ isShown }) => isShown);
      return { starts, isOurs, change: isWhole && folder === undefined ? changeOfBuiltins(objects) : undefined };
    });
  };

  const ownOf = (by: PipelineFile): Own => {
    const all = ([...STARTING, VALIDATORS] as const).map((list) => startsIn(by, list));
    const [generators = [], transformers = [], validators = []] = all;
    if (validators.some(({ starts }) => starts.length > 0)) throw refuseBuild(by, VALIDATORS, VALIDATED);
    const count = transformers.reduce((sum, { starts }) => sum + starts.length, 0);
    const [crowd] = checkStarts(count, () => locationOfField(by, 'transformers'));
    if (crowd !== undefined) throw new FindingError(crowd);
    const turns = transformers.flatMap(({ starts, isOurs, change }): Turn[] => [
      ...starts.map((start) => ({ start })),
      ...(isOurs ? [] : [change === undefined ? { edit: anything('transformers', by) } : { change }]),
    ]);
    const edits = editsOf(by, (path) => there.texts.get(pathIn(by.file, String(path))), readers);
    const files = entriesOf(by, BASES).filter(({ path }) => !byFolder.has(path));
    const unread = files.flatMap(({ list, path }) => (there.texts.has(path) ? [] : [list]));
    const isFormer = ({ item }: FileItem) => Object.keys(item.annotations).some((key) => key.startsWith(INTERNAL));
    const former = files.flatMap(({ path }) => there.at(path)).find(isFormer);
    const unshown = [
      ...(generators.every(({ isOurs }) => isOurs) ? [] : ['generators']),
      ...(transformers.some(({ starts }) => starts.some(({ isShown }) => !isShown)) ? ['transformers'] : []),
      ...(validators.length === 0 ? [] : [VALIDATORS]),
    ];
    return {
      ...{ turns, made: madeBy(by), change: changeOf(by.value), ...edits },
      generators: generators.flatMap(({ starts }) => starts),
      ofBuild: [
        ...edits.ofBuild,
        ...[...new Set([...unread, ...unshown])].map((list) => anything(list, by)),
        ...(former ? [anything('metadata.annotations', { file: former.file, value: undefined })] : []),
      ],
    };
  };
  const cache = new Map<PipelineFile, Own>();
  const cachedOwn = (by: PipelineFile) => cached(cache, by, ownOf);
  const works = new Map<PipelineFile, number>();
  const open = new Set<PipelineFile>();
  const workOf = (by: PipelineFile): number =>
    cached(works, by, () => {
      if (open.size === MOST_LEVELS) throw refuseBuild(by, '', TOO_DEEP);
      open.add(by);
      try {
        const starts = entriesOf(by, STARTING).reduce(
          (sum, { path, text }) => sum + text.length + there.costAt(path),
          0,
        );
        const own = LOOK + by.file.text.length / CHARACTERS_OF_AN_ENTRY + starts;
        return entriesOf(by, [...BASES, ...STARTING, VALIDATORS]).reduce((sum, entry) => {
          const base = byFolder.get(entry.path);
          if (base === undefined) return sum;
          checkFit(base, entry, by);
          if (open.has(base)) throw refuseAround(by, entry);
          return sum + workOf(base);
        }, own);
      } finally {
        open.delete(by);
      }
    });
  return { byFolder, there, objectsAt, workOf, ownOf: cachedOwn };
}

const VALIDATED =
  'a validator starts this function, which asks STS, and then kustomize refuses its Secrets. Move it to `transformers`';

/** What kustomize takes for one object: no namespace is `default`. */
export function idOf({ apiVersion, kind, name, namespace = '' }: ObjectRef): string {
  return JSON.stringify([apiVersion, kind, namespace === 'default' ? '' : namespace, name]);
}

/** Refuses a component that is named as a base, and the reverse, as kustomize does; and an object of Flux in a file of that name. */
function checkFit({ value, isRefused }: PipelineFile, { list, field, text }: Entry, by: PipelineFile): void {
  const isComponent = textAt(value, ['kind']) === 'Component';
  if (isRefused || (value !== undefined && isComponent === (list === 'components'))) return;
  const [cause, cure] =
    value === undefined
      ? ['has an object of Flux in place of a kustomization', 'Name its files']
      : isComponent
        ? ['is a component', 'Name it under `components`']
        : ['has no `kind: Component`', 'Name it under `resources`, or write its kind'];
  throw refuseBuild(by, field, `\`${list}\` names ${quote(text)}, which ${cause}. ${cure}`);
}

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
  /** Objects of which nothing is known. */
  readonly unknown?: Edit;
  readonly change: Change;
  /** Those of one kustomization each. */
  readonly edits: readonly (readonly Edit[])[];
}

/** A start in a build. */
interface StartContext {
  readonly start: OwnStart;
  /** What a transformer gets. */
  readonly standing: readonly Part[];
  /** Where that begins among the parts of the build. */
  readonly around: number;
  readonly ofBuild: readonly Edit[];
}

/** Most kustomizations in each other. */
const MOST_LEVELS = 500;
const TOO_DEEP = `it is in more than ${MOST_LEVELS} others that include each other. Leave some out`;

/** What it takes to look at an entry of a kustomization, or at what stands, in characters that are handed to a run. */
const LOOK = 5;

/** What its labels and entries take, each time that it is included. */
const CHARACTERS_OF_AN_ENTRY = 10;

/** A kustomization that is refused for what has been said of it. */
export const BROKEN = new Error('this kustomization is broken');

/**
 * The starts of one build, each as often as it is included. It is followed in kustomize's order (kubernetes-sigs/kustomize, kustomize/v5.8.1,
 * api/internal/target/kusttarget.go, accumulateTarget): a base that is included twice is built twice, and a component works on what stands
 * around it.
 * @throws FindingError where kustomize builds nothing; BROKEN.
 */
export function build(
  root: PipelineFile,
  { byFolder, there, ownOf, workOf, objectsAt }: Parts,
  spend: (work: number) => void,
) {
  spend(workOf(root));
  const parts: Part[] = [];
  const open: string[] = [];
  const all = [...reached([root], (by) => basesIn(by, byFolder, [...BASES, ...STARTING, VALIDATORS]))];
  if (all.some((by) => by.isRefused)) throw BROKEN;
  const ofBuild = all.flatMap((by) => ownOf(by).ofBuild);
  const add = (part: Partial<Part>) =>
    parts.push({
      items: [],
      objects: [],
      cost: 0,
      change: NO_CHANGE,
      edits: ofBuild.length > 0 ? [ofBuild] : [],
      ...part,
    });
  const alter = (from: number, edits: readonly Edit[], change?: Change) => {
    if (edits.length === 0 && change === undefined) return;
    spend(LOOK * (parts.length - from) * (1 + (change ? sizeOf(change) : 0)));
    const changed = new Map<Change, Change>(); // most parts have had the same
    for (const [index, part] of parts.slice(from).entries())
      parts[from + index] = {
        ...part,
        ...(change && { change: cached(changed, part.change, (before) => thenChanged(before, change)) }),
        ...(edits.length > 0 && { edits: [...part.edits, edits] }),
      };
    for (const [unknown] of Map.groupBy(edits, ({ field, isWide }) => isWide && field).values())
      if (unknown?.isWide) add({ unknown });
  };
  const demand = (edits: readonly Edit[], from: number, by: PipelineFile) => {
    const standing = parts.slice(from);
    if (ofBuild.length > 0 || standing.some(({ unknown }) => unknown)) return;
    const mayMake = parts.some(({ start }) => start !== undefined);
    const objects = once(() =>
      standing.flatMap((part) => part.objects.map((object) => [object, renamed(object, part.change)] as const)),
    );
    for (const { names = [], field } of edits)
      for (const name of names) {
        const [kind] = name.kinds;
        if (kind === 'Secret' && mayMake) continue;
        spend(objects().length);
        const { mayTouch } = touchesNamed([name]);
        if (objects().some(([written, now]) => mayTouch(written, now.name))) continue;
        const cause = `\`${field}\` wants ${kind} ${JSON.stringify(name.name)}, and it is not there`;
        throw refuseBuild(by, field, `${cause}. Correct the name, or add it`);
      }
  };
  const addStart = (start: OwnStart, around: number) => {
    const standing = parts.slice(around);
    spend(
      standing.reduce((sum, { cost }) => sum + LOOK + cost, 0) +
        start.config.item.range[1] -
        start.config.item.range[0],
    );
    add({ start: { start, standing, around, ofBuild } });
  };
  const include = (by: PipelineFile, around: number) => {
    const folder = dirname(by.file.real);
    const { generators, turns, made, change, edits, scaled } = ownOf(by);
    spend(LOOK * sizeOfEdits(edits));
    if (open.push(folder) > MOST_LEVELS) throw refuseBuild(by, '', TOO_DEEP);
    for (const entry of entriesOf(by, STARTING)) baseOf(by, entry);
    for (const list of BASES)
      for (const entry of list === 'components' ? [] : entriesOf(by, [list])) includeEntry(by, entry, parts.length);
    for (const object of made) add({ objects: [object], isMade: true });
    for (const start of generators) addStart(start, parts.length);
    for (const entry of entriesOf(by, ['components'])) includeEntry(by, entry, around);
    demand(edits, around, by);
    alter(around, edits, change);
    demand(scaled, around, by);
    const others = turns.flatMap((turn) => ('edit' in turn ? [turn.edit] : []));
    alter(around, others);
    for (const turn of turns)
      if ('start' in turn) addStart(turn.start, around);
      else if ('change' in turn) alter(around, [], turn.change);
    if (others.length > 0 && turns.some((turn) => 'start' in turn)) alter(around, others);
    open.pop();
  };
  const baseOf = (by: PipelineFile, entry: Entry) => {
    const base = byFolder.get(entry.path);
    if (base === undefined) return undefined;
    const isAround = open.some((inner) => inner === entry.path || isBelow(entry.path, inner));
    if (isAround) throw refuseAround(by, entry);
    return base;
  };
  const includeEntry = (by: PipelineFile, entry: Entry, around: number) => {
    const base = baseOf(by, entry);
    if (base === undefined && KUSTOMIZATION.test(entry.path))
      throw refuseBuild(by, entry.field, `\`${entry.list}\` names a kustomization as a file. Name its folder`);
    if (base !== undefined) include(base, around);
    else add({ items: there.at(entry.path), objects: objectsAt(entry.path), cost: there.costAt(entry.path) });
  };
  include(root, 0);
  const sizes = new Map<readonly Edit[], number>();
  const workOfNames = ({ objects, change, edits }: Part) =>
    edits.length + objects.length * edits.reduce((sum, some) => sum + cached(sizes, some, sizeOfEdits), sizeOf(change));
  for (const part of parts) spend(workOfNames(part));
  checkTwice(parts, root);
  const inEnd = Map.groupBy(
    parts.flatMap(({ objects, isMade, change }, index) => {
      const secrets = objects.filter(({ kind, apiVersion }) => kind === 'Secret' && apiVersion === 'v1');
      return secrets.map((secret) => ({ secret, isMade, index, id: idOf(renamed(secret, change)) }));
    }),
    ({ id }) => id,
  );
  const hasOther = (target: NamedRef, { standing, around }: StartContext, change: Change) =>
    (inEnd.get(idOf(secretObject(renamed(target, change)))) ?? []).some(({ secret, isMade, index }) => {
      const before = isMade ? undefined : standing[index - around]; // what kustomize makes the function does not see here
      return before === undefined || objectKey(renamed(secret, before.change)) !== objectKey(secretObject(target));
    });
  const starts = parts.flatMap(({ start, change, edits }) => {
    if (start === undefined) return [];
    return [{ ...start, after: { change, edits, hasOther: (target: NamedRef) => hasOther(target, start, change) } }];
  });
  const edits = all.flatMap((by) => ownOf(by).turns.flatMap((turn) => ('edit' in turn ? [turn.edit] : [])));
  return { starts, adding: [...ofBuild, ...edits] };
}

/** kubernetes-sigs/kustomize, kustomize/v5.8.1, api/internal/loader/fileloader.go, errIfArgEqualOrHigher. */
const AROUND = 'which is this folder, one around it, or one from which this one is included. Leave it out';
function refuseAround(by: PipelineFile, { field, list, text }: Entry): FindingError {
  return refuseBuild(by, field, `\`${list}\` names ${quote(text)}, ${AROUND}`);
}

/**
 * Refuses an object that is there under another one's name, as kustomize does. One that starts the function as a generator is there too
 * (kubernetes-sigs/kustomize, issue 5502); of two such the Secrets tell.
 */
function checkTwice(parts: readonly Part[], { file }: PipelineFile): void {
  const ids = new Set<string>();
  const named = (objects: readonly ObjectRef[], { change, edits }: Part) =>
    objects.flatMap((object) => {
      const now = renamed(object, change);
      return edits.some((some) => some.some((edit) => edit.mayTouch(object, now.name))) ? [] : [now];
    });
  const refuse = (now: ObjectRef) => {
    const message = say`cannot build this kustomization: ${theObject(now)} is there twice, as kustomize names what it includes. Rename one, or leave it out.`;
    throw new FindingError(finding('TARGET_CONFLICT', message, { location: { file: file.shown, line: 1 } }));
  };
  for (const part of parts)
    for (const now of named(part.objects, part)) {
      if (ids.has(idOf(now))) refuse(now);
      ids.add(idOf(now));
    }
  for (const part of parts) {
    const { list, how, config } = part.start?.start ?? {};
    const object = list === 'generators' && how !== undefined ? config?.item.object : undefined;
    for (const now of named(object ? [object] : [], part)) if (ids.has(idOf(now))) refuse(now);
  }
}

/** What a start gets that its items do not show. */
export function namesFor({ standing, ofBuild }: StartContext): KustomizeNames {
  /** The objects by the name that is written and by the one by then, in the namespace by then. */
  const byKey = once(() => {
    const written = standing.flatMap((part) =>
      part.items.flatMap(({ item: { object } }) =>
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
  const edits = once(() => [...unknown, ...new Set(standing.flatMap((part) => part.edits))].flat());
  const find = (object: ObjectRef) => byKey().get(objectKey(object)) ?? [];
  return {
    makes: (object) => made().has(objectKey(object)),
    nameOf: (object) => find(object).find(({ now }) => now.name !== object.name)?.now.name,
    mayMake: (object, work) => {
      work.take('edits', sizeOfEdits(edits()));
      return edits().flatMap((candidate) => (candidate.mayTouch(object) ? [candidate.field] : []));
    },
    elsewhere: [...ofBuild, ...unknown],
    editsOf: (object, work) =>
      find(object).flatMap(({ object: written, part, now }) =>
        now.name === object.name ? touching(written, now, part.edits, work) : [],
      ),
    specs: standing.flatMap(({ items, change }) =>
      items.flatMap(({ item }) => (item.object !== undefined && isSpec(item) ? [renamed(item.object, change)] : [])),
    ),
    writtenAs: (object) => find(object).map((record) => record.object),
  };
}

/** What kustomize makes of these, by `objectKey`. */
function madeIn(parts: readonly Part[]): ReadonlySet<string> {
  return new Set(
    parts.flatMap(({ objects, isMade, change }) =>
      isMade ? objects.map((object) => objectKey(renamed(object, change))) : [],
    ),
  );
}

/** The edits that may touch an object that is `written` under one name, and has another `now`. */
export function touching(
  written: ObjectRef,
  now: NamedRef,
  edits: FunctionRun['after']['edits'],
  work: WorkBudget,
): Edit[] {
  return edits.flatMap((some) => {
    work.take('edits', 1 + sizeOfEdits(some));
    return some.filter((edit) => edit.mayTouch(written, now.name));
  });
}

/** The items that a build of this kustomization reads, those of its bases too, as they are written. */
export function itemsOfBuild(top: PipelineFile, byFolder: Kustomizations, at: AllManifests['at']): FileItem[] {
  const all = reached([top], (kustomization) => basesIn(kustomization, byFolder));
  const paths = new Set([...all].flatMap((kustomization) => entriesOf(kustomization, BASES).map(({ path }) => path)));
  return [...paths].flatMap((path) => (byFolder.has(path) ? [] : at(path)));
}
