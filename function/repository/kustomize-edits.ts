import { isUtf8 } from 'node:buffer';
import { type Finding, finding, type SourceLocation } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { type ObjectRef, type Sayable, say, theObject } from '../findings/say.ts';
import type { Item } from '../krm/item.ts';
import { isLostOnceWritten, isPlainText, isWrittenOtherwise } from '../krm/parse-yaml.ts';
import { readAlike } from '../krm/plain-objects.ts';
import { BEHAVIOR_ANNOTATION, NEEDS_HASH_ANNOTATION } from '../model/annotations.ts';
import type { Job } from '../model/job.ts';
import { coreObject, isGenerator, keyOfSecret } from '../model/kinds.ts';
import { isSlip } from '../model/meant-kind.ts';
import { attempt, cached, defined, listAt, textAt, valueAt } from '../model/plain-data.ts';
import type { Doubt } from './doubts.ts';
import { type FunctionRun, locationIn, locationOf } from './function-run.ts';
import { fieldsWith } from './kustomize-fields.ts';
import {
  ANYTHING,
  areOfOtherKinds,
  areOfOthers,
  fieldsOfOtherKinds,
  hasOnly,
  readPatch,
  scaledBy,
  type Touch,
  touchesNamed,
  touchesOfPatch,
  touchOfReplacements,
} from './kustomize-proofs.ts';
import { changeOf, type Edit, isPlainPair, NO_CHANGE, renamed, type Target } from './metadata-change.ts';
import { isWritten, type PipelineFile, pathIn } from './pipelines.ts';
import { readBounded } from './read-file.ts';

/** Fields that make objects, with the kind of these. A transformer gets them without a hash in their names. */
const MADE = { secretGenerator: 'Secret', configMapGenerator: 'ConfigMap' };
/** What makes such an object change one that is there. */
const CHANGING: readonly unknown[] = ['merge', 'replace'];

/** Kinds with `replicas`, of which kustomize wants the one that is named; `configurations` may add others. */
const SCALED = ['Deployment', 'ReplicaSet', 'ReplicationController', 'StatefulSet'];
/** The most kinds that are added: each is compared for each entry. */
const MOST_SCALED = 20;

/** The objects that a kustomization makes itself. */
export function madeBy({ value }: PipelineFile): ObjectRef[] {
  return Object.entries(MADE).flatMap(([list, kind]) =>
    listAt(value, [list]).flatMap((entry) =>
      CHANGING.includes(valueAt(entry, ['behavior'])) ? [] : madeObject(kind, entry),
    ),
  );
}

function madeObject(kind: string, entry: unknown): ObjectRef {
  const namespace = textAt(entry, ['namespace']);
  return coreObject(kind, { name: nameOf(entry), ...(namespace && { namespace }) });
}

/** What replacements touch, and the objects that they take their values from. */
const touchesOf = (replacements: readonly unknown[]) => ({
  ofTargets: touchOfReplacements(replacements),
  ofSources: replacements.flatMap(sourceOf),
});

/** The object that a replacement takes its value from. */
function sourceOf(replacement: unknown): readonly Touch[] {
  const source = valueAt(replacement, ['source']) ?? undefined;
  const [kind, name = ''] = ['kind', 'name'].map((part) => textAt(source, [part]));
  return source === undefined ? [] : [touchesNamed([{ kinds: kind ? [kind] : [], name, source }])];
}

const nameOf = (entry: unknown) => textAt(entry, ['name']) ?? '';

/** What reads the files that a kustomization names, each text once. */
export function newReaders() {
  const readOnce = <T>(read: (text: string) => T) => {
    const cache = new Map<string, T>();
    return (text = '') => cached(cache, text, read);
  };
  return {
    patchOf: readOnce(readPatch),
    addedIn: readOnce((text) => fieldsOfOtherKinds(readAlike(text))),
    scaledIn: readOnce((text) => scaledBy(readAlike(text))),
    replacementsIn: readOnce((text) => touchesOf([readAlike(text)].flat())),
    isFileLost: readOnce(isFileLost),
  };
}

/** True for a file at this path of which nobody reads what kustomize writes of it, in a ConfigMap. */
function isFileLost(path: string): boolean {
  const read = attempt(() => readBounded(path));
  const text = read === undefined || 'cause' in read || !isUtf8(read.bytes) ? '' : read.bytes.toString();
  return !text.includes('\r') && isLostOnceWritten(text); // else in quotes
}

/**
 * What a kustomization may change by other means than those of `Change`, its starts aside. `merged`: what must be there before components;
 * `scaled`: what must be there, or selects, when all is changed; `buildEdits`: what may change, or add, any object of the build. `textOf`: of a
 * path in it.
 */
export function editsOf(
  by: PipelineFile,
  textOf: (path: unknown) => string | undefined,
  { patchOf, addedIn, scaledIn, replacementsIn }: ReturnType<typeof newReaders>,
) {
  const { value } = by;
  const edit = (field: string, touch = ANYTHING): Edit => ({ field, by, ...touch });
  const listed = (field: string, of: (entry: unknown) => readonly Touch[]) =>
    listAt(value, [field]).flatMap((entry) => of(entry).map((touch) => edit(field, touch)));
  const patchIn = (entry: unknown) => {
    const [patch, path] = ['patch', 'path'].map((name) => valueAt(entry, [name]));
    const text = path === undefined ? String(patch).trim() : patch === undefined ? textOf(path) : undefined; // as kustomize does
    return text === undefined ? undefined : patchOf(text);
  };
  const patched = (entry: unknown) => touchesOfPatch(entry, patchIn(entry));
  const areOperations = (entry: unknown) => textAt(entry, ['target', 'name']) && patchIn(entry)?.named === undefined;
  const named = (kinds: readonly string[], entry: unknown) => [touchesNamed([{ kinds, name: nameOf(entry) }])];
  const kindChange = (object: unknown) => {
    const kind = textAt(object, ['kind']);
    return kind ? named([kind], object) : [];
  };
  const { labels = {}, annotations = {} } = changeOf(value) ?? {};
  const isPlain =
    [labels, annotations].flatMap((pairs) => Object.entries(pairs)).every(isPlainPair) &&
    listAt(value, ['labels']).every((entry) => areOfOthers(valueAt(entry, ['fields']) ?? []));
  const touchesIn = (entry: unknown) =>
    hasOnly(entry, ['path']) ? replacementsIn(textOf(valueAt(entry, ['path']))) : touchesOf([entry]);
  const replaced = listed('replacements', (entry) => [touchesIn(entry).ofTargets]);
  const configurations = [...new Set(listAt(value, ['configurations']).map(textOf))];
  const configured = areOfOtherKinds(configurations.map((text) => addedIn(text)));
  const scaled = [...SCALED, ...configurations.flatMap((text) => scaledIn(text)).slice(0, MOST_SCALED)];
  return {
    merged: Object.entries(MADE).flatMap(([field, kind]) =>
      listed(field, (entry) =>
        CHANGING.includes(valueAt(entry, ['behavior']))
          ? [touchesNamed([{ kinds: [kind], name: nameOf(entry), object: madeObject(kind, entry) }])]
          : [],
      ),
    ),
    named: [
      ...(isPlain ? [] : [edit(Object.keys(labels).length > 0 ? 'labels' : 'commonAnnotations')]),
      ...listed('patches', patched),
      ...listed('patchesStrategicMerge', (entry) =>
        touchesOfPatch({}, patchOf(isWritten(String(entry)) ? String(entry) : (textOf(entry) ?? ''))),
      ),
      ...listed('patchesJson6902', (entry) => (areOperations(entry) ? patched(entry) : [ANYTHING])),
    ],
    replaced,
    scaled: [
      ...listed('replicas', (entry) => named(scaled, entry)),
      ...listed('replacements', (entry) => touchesIn(entry).ofSources),
      ...listed('vars', (entry) => kindChange(valueAt(entry, ['objref']))),
      ...replaced,
    ],
    buildEdits: [...fieldsWith('objects'), ...fieldsWith('anything')]
      .filter((field) => !isNothing(valueAt(value, [field])) && !(field === 'configurations' && configured))
      .map((field) => edit(field)),
  };
}

/** True for an empty list too, which changes nothing. */
const isNothing = (list: unknown) => (list ?? null) === null || (Array.isArray(list) && list.length === 0);

/** Warns of a target that selects none of the objects that stand then, and nearly one: kustomize says nothing. `after`: what comes behind patches. */
export function idleTarget(
  { field, by }: Edit,
  { select, mayTouch }: Target,
  objects: readonly (readonly [original: ObjectRef, now: ObjectRef, ...rest: unknown[]])[],
  after = NO_CHANGE,
): Finding | undefined {
  if (objects.some(([original, now]) => mayTouch(original, now.name))) return undefined;
  const [kind = '', name] = ['kind', 'name'].map((part) => textAt(select, [part]));
  const isLike = (word: string, name: string) => word === name || isSlip(word, name);
  const isNear = (now: ObjectRef) => !name || isLike(name, now.name) || name === renamed(now, after).name;
  /** A generator, which nobody patches by chance: by its kind, or by its name and a part of its kind. A component may stand beside any. */
  const isMissed = (now: ObjectRef) =>
    isGenerator(now) &&
    textAt(by.value, ['kind']) !== 'Component' &&
    (kind === now.kind || (name === now.name && kind.length > 3 && now.kind.startsWith(kind)));
  const [, near] = objects.find(([, now]) => isLike(kind, now.kind) && isNear(now)) ?? [];
  const [, there] = near === undefined ? (objects.find(([, now]) => isMissed(now)) ?? []) : [];
  const object = near ?? there;
  if (object === undefined) return undefined;
  const what = quote(['group', 'kind', 'name'].flatMap((part) => textAt(select, [part]) || []).join(' '));
  const [noun, hint] = field === 'replacements' ? ['replacement', ''] : ['patch', LATER];
  const message = say`\`${field}\` has a ${noun} without effect: its target ${what} selects no object${near === undefined ? ': there is' : ', and is nearly'} ${theObject(object)}. Correct it${hint}.`;
  return finding('PATCH_UNUSED', message, { location: locationOfField(by, field) });
}

const LATER = ': `namePrefix` and its like come later';

/** The files with patches of a kustomization. */
export function patchFiles({ file, value }: PipelineFile): readonly string[] {
  const paths = listAt(value, ['patches']).map((entry) => valueAt(entry, ['path']));
  const texts = new Set([...paths, ...listAt(value, ['patchesStrategicMerge'])]);
  const files = texts.values().filter((path): path is string => typeof path === 'string' && !isWritten(path));
  return [...new Set(files.map((path) => pathIn(file, path)))];
}

/** Files as items, and where their fields are: to find a line the item is parsed, which is done once for each. */
const LOCATIONS = new WeakMap<PipelineFile['file'], ReturnType<typeof newLocations>>();

function newLocations({ text }: PipelineFile['file']) {
  const item: Parameters<typeof locationIn>[1] = { text, range: [0, text.length, text.length] };
  return { item, byField: new Map<string, SourceLocation>() };
}

/** Where a field of a kustomization is written. */
export function locationOfField({ file }: Pick<PipelineFile, 'file'>, field: string): SourceLocation {
  const { item, byField } = cached(LOCATIONS, file, newLocations);
  return cached(byField, field, () => locationIn(file, item, field));
}

function inCode(fields: readonly string[]): string {
  return [...new Set(fields)].map((field) => `\`${field}\``).join(', ');
}

/** The same of edits, those of a kustomization in one. */
export function doubtsOfEdits(edits: readonly Edit[], what: Sayable, about: Omit<Doubt, 'what' | 'host'>): Doubt[] {
  return [...Map.groupBy(edits, ({ by }) => by)].map(([by, group]) => {
    const fields = group.map(({ field }) => field);
    const location = locationOfField(by, fields[0] ?? '');
    return { ...about, what: say`${inCode(fields)} of ${quote(by.file.shown)} ${what}`, host: 'kustomize', location };
  });
}

/** True where kustomize adds a generated Secret's keys to one that is there, or puts it in that one's place. */
export function changesAnother({ [BEHAVIOR_ANNOTATION]: text = '' }: Readonly<Record<string, string>>): boolean {
  return /^(?:merge|replace)$/.test(text);
}

/** True where kustomize adds a hash to the name of a generated Secret: it reads the annotation as Go's `strconv.ParseBool`. */
export function needsHash({ [NEEDS_HASH_ANNOTATION]: text }: Readonly<Record<string, string>>): boolean {
  return text !== undefined && !/^(?:0|f|F|false|False|FALSE)$/.test(text);
}

/** What a Secret has for kustomize: variables, and of a generator's a hash in its name and another Secret that it changes. */
export function doubtsOfOptions(job: Job, run: FunctionRun): Doubt[] {
  const { requester, annotations, form, target } = job;
  const hashOptions = [
    ...(needsHash(annotations) ? [NEEDS_HASH_ANNOTATION] : []),
    ...(changesAnother(annotations) ? [BEHAVIOR_ANNOTATION] : []),
  ];
  const variables = JSON.stringify(form).includes('$(') ? ['$(…)'] : [];
  const both = [requester, renamed(target, run.after.change)];
  const isClear = both.every(({ name, namespace = '' }) => isPlainText(name) && !isWrittenOtherwise(namespace));
  const unclear = isClear ? [] : ['metadata.name'];
  const items = run.byKey.get(keyOfSecret(target)) ?? [];
  const pairsOf = (item: Item) =>
    Object.entries({ ...Object(valueAt(item.toJS(), ['metadata', 'labels'])), ...item.annotations });
  const kept = items.flatMap(({ item }) => pairsOf(item).filter((pair) => !isPlainPair(pair)));
  const { annotations: fixed = {}, template } = form;
  const templates = (template?.templates ?? []).filter(({ target }) => target === 'Annotations');
  const odd = [
    ...Object.keys(fixed).filter((key) => !isPlainText(key)),
    ...templates.filter(({ key = '' }) => !isPlainText(key)).map(({ field }) => field),
    ...kept.map(([key]) => key),
  ];
  const set = [...(run.names === undefined ? hashOptions : []), ...variables, ...unclear, ...odd];
  if (set.length === 0) return [];
  const what = say`${inCode(set)} of ${theObject(requester)} may change its Secret`;
  const location = locationOf(run, { object: requester });
  return [{ what, folder: run.folder, host: 'kustomize', isLate: true, ...defined({ location }) }];
}
