import { dirname } from 'node:path';
import { type Finding, FindingError, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { checkStarts } from '../hosts/kpt-steps.ts';
import { KUSTOMIZATION } from '../krm/file-positions.ts';
import type { Item } from '../krm/item.ts';
import { isLostOnceWritten, unreadable } from '../krm/parse-yaml.ts';
import { type PlainObject, readObjects } from '../krm/plain-objects.ts';
import { INTERNAL } from '../model/annotations.ts';
import { asksForSecret, isCoreKind } from '../model/kinds.ts';
import { cached, hasText, listAt, outcomeOf, stringsIn, textAt, valueAt } from '../model/plain-data.ts';
import type { AllManifests } from './function-run.ts';
import { editsOf, locationOfField, madeBy, newReaders } from './kustomize-edits.ts';
import { idOf } from './kustomize-objects.ts';
import { ANYTHING, changeOfBuiltins } from './kustomize-proofs.ts';
import { type Change, changeOf, type Edit, type Target } from './metadata-change.ts';
import {
  BASES,
  type Entry,
  entriesOf,
  isStart,
  itemsOf,
  type Kustomizations,
  type PipelineFile,
  pathIn,
  STARTING,
  type Start,
  startBy,
  VALIDATORS,
} from './pipelines.ts';
import { packedFiles } from './read-kustomization.ts';

/** A start of this function, and the folder of its kustomization: the same in all that include that one. */
export type OwnStart = Start & { readonly folder: string };

/** What a kustomization's transformers do in turn. */
type Turn = { readonly start: OwnStart } | { readonly change: Change | undefined };

/** What builds are made of. */
export type Contents = ReturnType<typeof contentsOf>;

const LEFT = 'it is too large, or no UTF-8, and a host may find objects in it. Split it, or save it as UTF-8';

const NO_JSON =
  'kustomize fails at what JSON cannot say: a key that is no text, also one of an annotation in quotes, a number such as .nan, an alias or `<<` of nothing, and a text that begins with a tab or has control characters. Write it plainly';

const FOLDED =
  'kustomize gives a folded text with an indented line, or an empty one at its end, another line. Write it with `|`';

/** Why kustomize builds nothing, and the field of a kustomization that it is about. */
export function refuseBuild(by: PipelineFile, field: string, cause: string): FindingError {
  const message = `cannot build this kustomization: ${cause}.`;
  return new FindingError(finding('INPUT_UNREADABLE', message, { location: locationOfField(by, field) }));
}

/** True for what this function reads. A ConfigMap or namespace that it does not find is missed, and none is made of it. */
const isRead = (item: Pick<Item, 'apiVersion' | 'kind'>) =>
  asksForSecret(item) || (isCoreKind(item.kind ?? '') && !/^(?:ConfigMap|Namespace)$/i.test(item.kind ?? ''));

/** Reads what each kustomization and file has, once. */
export function contentsOf(byFolder: Kustomizations, there: AllManifests) {
  const { objectsIn, objectsAt } = newObjects(there);
  const reader: Reader = { byFolder, there, objectsIn, objectsAt, readers: newReaders() };
  const actions = new Map<PipelineFile, () => Actions>();
  const costs = new Map<PipelineFile, number>();
  const numbers = new Map<unknown, number>();
  const numberOf = (value: unknown) => cached(numbers, value, () => numbers.size);
  const changes = new WeakMap<Change, number>();
  return {
    ...{ byFolder, there, objectsAt, numberOf },
    /** The same for equal changes. */
    numberOfChange: (change: Change) => cached(changes, change, () => numberOf(JSON.stringify(change))),
    /** What a kustomization does by itself. @throws FindingError where kustomize refuses it. */
    actionsOf: (by: PipelineFile) => cached(actions, by, () => outcomeOf(() => readActions(by, reader)))(),
    /** What it takes to include a kustomization, in characters. */
    costOf: (by: PipelineFile) =>
      cached(costs, by, () => {
        const starts = entriesOf(by, STARTING).map(({ path, text }) => text.length + there.costAt(path));
        return LOOK + by.file.text.length / CHARACTERS_OF_AN_ENTRY + starts.reduce((sum, cost) => sum + cost, 0);
      }),
    /** Targets that were looked at, and what is said of them. */
    idle: new Map<Target, Finding | undefined>(),
    compared: { pairs: 0 },
    /** Starts of components, by what they get. */
    shared: new Map<string, OwnStart>(),
  };
}

/** Reads the objects of files and texts, each once: each build asks again. */
function newObjects(there: AllManifests) {
  const read = new Map<string, () => readonly PlainObject[]>();
  const objectsIn = (key: string, text: string, file: string) =>
    cached(read, key, () => outcomeOf(() => readStrictly(text, file)))();
  const readAt = (path: string): readonly PlainObject[] =>
    there.filesAt(path).flatMap(({ text, shown, fault, isLeft }) => {
      if (fault !== undefined) return []; // which refuses the runs
      if (isLeft) throw unreadable(LEFT, { name: quote(shown), file: shown });
      const objects = objectsIn(path, text, shown);
      const isSame = objects.filter(isRead).length === there.at(path).filter(({ item }) => isRead(item)).length;
      if (isSame) return objects;
      throw unreadable('hosts read other objects in it. Write each as a document', { name: quote(shown), file: shown });
    });
  const files = new Map<string, () => readonly PlainObject[]>();
  /** The objects of a file. @throws FindingError where hosts may read others. */
  const objectsAt = (path: string) => cached(files, path, () => outcomeOf(() => readAt(path)))();
  return { objectsIn, objectsAt };
}

/** The objects of a text. @throws FindingError where kustomize fails, or finds another text in one of ours. */
function readStrictly(text: string, file: string): readonly PlainObject[] {
  const objects = readObjects(text, file);
  const strange = objects.find((object) => !object.isJson());
  const refused = strange ?? objects.find((object) => object.isFolded());
  if (refused) throw unreadable(strange ? NO_JSON : FOLDED, { name: `${refused.kind} ${quote(refused.name)}`, file });
  return objects;
}

/** What kustomizations are read with. */
interface Reader extends ReturnType<typeof newObjects> {
  readonly byFolder: Kustomizations;
  readonly there: AllManifests;
  readonly readers: ReturnType<typeof newReaders>;
}

type Actions = ReturnType<typeof readActions>;

const LOST =
  'kustomize writes a text of it so that nobody reads it again: it begins with a tab, or has control characters. Change it';

/** Refuses a ConfigMap with such a text, and such annotations of what a kustomization makes. A Secret's are in base64. */
function checkMadeTexts(by: PipelineFile, { isFileLost }: Reader['readers']): void {
  const optionsOf = (part: unknown, field: string) => Object.values(stringsIn(valueAt(part, [field, 'annotations'])));
  const entries = listAt(by.value, ['configMapGenerator']);
  const literals = entries.flatMap((entry) =>
    listAt(entry, ['literals']).map((each) => String(each).replace(/^[^=]*=/s, '')),
  );
  const made = [...entries, ...listAt(by.value, ['secretGenerator'])].flatMap((entry) => optionsOf(entry, 'options'));
  const files = packedFiles([{ file: by.file, value: { configMapGenerator: entries } }]);
  if (
    [...literals, ...made, ...optionsOf(by.value, 'generatorOptions')].some(isLostOnceWritten) ||
    [...files].some(isFileLost)
  )
    throw refuseBuild(by, entries.length > 0 ? 'configMapGenerator' : '', LOST);
}

function readActions(by: PipelineFile, reader: Reader) {
  const { there, readers } = reader;
  checkMadeTexts(by, readers);
  const all = ([...STARTING, VALIDATORS] as const).map((list) => startsIn(by, list, reader));
  const [generators = [], transformers = [], validators = []] = all;
  if (validators.some(({ starts }) => starts.length > 0)) throw refuseBuild(by, VALIDATORS, VALIDATED);
  const count = transformers.reduce((sum, { starts }) => sum + starts.length, 0);
  const [crowd] = checkStarts(count, () => locationOfField(by, 'transformers'));
  if (crowd !== undefined) throw new FindingError(crowd);
  const turns = transformers.flatMap(({ starts, isOurs, change }): Turn[] => [
    ...starts.map((start) => ({ start })),
    ...(isOurs ? [] : [{ change }]),
  ]);
  const texts = new Map<string, string | undefined>(); // very many patches may name one file
  const textOf = (path: unknown) => cached(texts, String(path), (key) => there.texts.get(pathIn(by.file, key)));
  const edits = editsOf(by, textOf, readers);
  const isProven = ({ starts, isOurs, change }: ListedStarts) =>
    (isOurs || change !== undefined) && starts.every(({ isShown }) => isShown);
  return {
    ...{ ...edits, turns, made: madeBy(by), change: changeOf(by.value) },
    generators: generators.flatMap(({ starts }) => starts),
    /** What may change the parts that stand then. */
    edits: [
      ...edits.merged,
      ...edits.named,
      ...edits.replaced,
      ...(transformers.every(isProven) ? [] : [{ field: 'transformers', by, ...ANYTHING }]),
    ],
    buildEdits: [
      ...edits.buildEdits,
      ...unprovenIn(by, reader),
      ...(generators.every(({ isOurs }) => isOurs) ? [] : [{ field: 'generators', by, ...ANYTHING }]),
      ...(validators.length === 0 ? [] : [{ field: VALIDATORS, by, ...ANYTHING }]),
    ],
  };
}

/** What a kustomization includes from elsewhere: an address, or what is outside of what was read. */
export function unreadIn(by: PipelineFile, byFolder: Kustomizations, { texts }: AllManifests): Entry[] {
  return entriesOf(by, BASES).filter(({ path }) => !byFolder.has(path) && !texts.has(path));
}

/** What may change any object: files that are not read, and names of another time, by which kustomize finds objects. */
function unprovenIn(by: PipelineFile, { byFolder, there, objectsAt }: Reader): Edit[] {
  const named = entriesOf(by, BASES).filter(({ path }) => !byFolder.has(path));
  const unread = new Set(unreadIn(by, byFolder, there).map(({ list }) => list));
  const former = named.find(({ path }) => objectsAt(path).some(({ isRemembered }) => isRemembered));
  const [file] = former === undefined ? [] : there.filesAt(former.path);
  const holders = [
    ...(hasText(by.value, (text) => text.includes(INTERNAL)) ? [by] : []),
    ...(file === undefined ? [] : [{ file, value: undefined }]),
  ];
  return [
    ...holders.map((holder) => ({ field: 'metadata.annotations', by: holder, ...ANYTHING })),
    ...[...unread].map((field) => ({ field, by, ...ANYTHING })),
  ];
}

type ListedStarts = ReturnType<typeof startsIn>[number];

/**
 * The entries of a list with the objects that start functions. `isOurs`: they surely start ours alone, and are those of one file; `change`: what
 * kustomize's own transformers in it do.
 */
function startsIn(by: PipelineFile, list: Start['list'], { there, objectsIn }: Reader) {
  const seen = new Set<string>();
  const inOrder = entriesOf(by, [list]).toSorted((a, b) => Number(b.isWritten) - Number(a.isWritten)); // as kustomize has them
  return inOrder.map((entry) => {
    const { field, path, text, isWritten } = entry;
    const file = isWritten ? { ...by.file, text } : there.filesAt(path).find(({ real }) => real === path);
    const isUnread = file === undefined || ('fault' in file && file.fault) || ('isLeft' in file && file.isLeft);
    if (isUnread || (!isWritten && KUSTOMIZATION.test(path))) return { starts: [] };
    const objects = objectsIn(path, file.text, file.shown);
    const again = objects.find((object) => seen.size === seen.add(idOf(object)).size);
    if (again !== undefined) throw refuseBuild(by, field, `${again.kind} ${quote(again.name)} is there twice`);
    const configs = itemsOf(entry, by, there.at);
    const all = configs.map((config) => ({ ...startBy(list, config), folder: dirname(by.file.shown) }));
    const starts = all.filter((start) => isStart(start));
    const isWhole = !objects.some(({ isListed, isRemembered }) => isListed || isRemembered);
    const isOurs = isWhole && starts.length === objects.length && starts.every(({ isShown }) => isShown);
    return { starts, isOurs, change: isWhole ? changeOfBuiltins(objects) : undefined };
  });
}

const VALIDATED =
  'a validator starts this function, which asks STS, and then kustomize refuses its Secrets. Move it to `transformers`';

/** Refuses a component that is named as a base, and the reverse, as kustomize does; and an object of Flux in a file of that name. */
export function checkFit({ value, isRefused }: PipelineFile, { list, field, text }: Entry, by: PipelineFile): void {
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

/** Most kustomizations in each other. */
export const MOST_LEVELS = 500;
export const TOO_DEEP = `it is in more than ${MOST_LEVELS} others that include each other. Leave some out`;

/** What it takes to look at an entry of a kustomization, or at what stands, in characters that are handed to a run. */
export const LOOK = 5;

/** What its labels and entries take, each time that it is included. */
const CHARACTERS_OF_AN_ENTRY = 10;

/** kubernetes-sigs/kustomize, kustomize/v5.8.1, api/internal/loader/fileloader.go, errIfArgEqualOrHigher. */
export const AROUND = 'which is this folder, one around it, or one from which this one is included. Leave it out';
