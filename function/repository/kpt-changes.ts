import { dirname, join } from 'node:path';
import { foldersAbove } from '../hosts/folders.ts';
import { type Step, stepsOf } from '../hosts/kpt-steps.ts';
import { isPlainText } from '../krm/parse-yaml.ts';
import { type PlainObject, readObjects } from '../krm/plain-objects.ts';
import { splitDocuments } from '../krm/split-documents.ts';
import { annotationSlip } from '../model/annotations.ts';
import { asksForSecret, CONFIG_MAP_KIND, isCoreKind, isExternalSecret, PROGRAM } from '../model/kinds.ts';
import { attempt, cached, hasText, listAt, once, stringsIn, textAt, valueAt } from '../model/plain-data.ts';
import { labelValue, qualifiedName } from '../model/schema-parts.ts';
import { type Doubt, MOST_DOUBTS } from './doubts.ts';
import type { AllManifests } from './function-run.ts';
import { doubtsOfFaults, doubtsOfFiles, type KptFiles } from './kpt-files.ts';
import { faultsOfConfigs } from './kpt-sent.ts';
import { locationOfField } from './kustomize-edits.ts';
import { hasOnly } from './kustomize-proofs.ts';
import { inFolders, type PipelineFile } from './pipelines.ts';
import type { FileItem, ManifestFile } from './read-manifests.ts';

/**
 * Functions that neither add, remove nor rename an object of ours, where kpt takes them from its catalogue. set-labels may change which
 * entry a generator has, and a Secret's labels, set-image and set-namespace another object as their options say, apply-setters what has comments
 * (kptdev/krm-functions-catalog, functions/go and contrib/functions).
 */
const CATALOGUE =
  /^(?:gcr\.io\/kpt-fn|ghcr\.io\/kptdev\/krm-functions-catalog)\/(set-labels|set-image|set-namespace|apply-setters|(?:enforce-)?gatekeeper|kube(?:val|conform))(?:[:@]|$)/;

/** The packages at or below a folder, and those around it, the innermost first. */
export type Packages = ReturnType<typeof packagesOf>;

export function packagesOf(all: readonly PipelineFile[]) {
  const byFolder = inFolders(all);
  const around = (folder: string) => [...foldersAbove(folder)].flatMap((above) => byFolder.get(above) ?? []);
  const below = new Map<PipelineFile | undefined, PipelineFile[]>(all.map((kptfile) => [kptfile, [kptfile]]));
  for (const kptfile of all) for (const outer of around(dirname(kptfile.file.real))) below.get(outer)?.push(kptfile);
  return { around, inside: (folder: string) => below.get(byFolder.get(folder)) ?? [] };
}

/** What only kpt knows of a start: what others' steps of its packages and of those around do, and what it reads. */
export function doubtsOf(
  start: {
    readonly kptfile: PipelineFile;
    readonly step: Step;
    readonly config: FileItem | undefined;
    readonly items: readonly FileItem[];
  },
  packages: Packages,
  kpt: KptFiles,
): Doubt[] {
  const { kptfile, step } = start;
  const causes: readonly (readonly [isTrue: boolean, what: string, field?: string])[] = [
    [!isPlainly(step), `\`${step.field}\` may start another program, or this one with other settings`],
    [mayOverlap(step), `the selectors of \`${step.field}\` may find an object twice`, '.selectors'],
    [
      selectorsOf(step).some((selector) => valueAt(selector, ['annotations']) !== undefined),
      `\`${step.field}\` selects by annotations, of which kpt sets some itself`,
    ],
  ];
  return [
    ...otherSteps(start, packages, kpt),
    ...causes
      .filter(([isTrue]) => isTrue)
      .map(([, what, field = '']) => doubtAt(kptfile, `${step.field}${field}`, what)),
    ...doubtsOfFiles(kptfile, kpt),
  ].slice(0, MOST_DOUBTS);
}

export const doubtAt = (kptfile: PipelineFile, field: string, what: string, start = kptfile): Doubt => ({
  ...{ what, folder: dirname(start.file.shown), host: 'kpt', location: locationOfField(kptfile, field) },
});

/** True for a mutator that is this function by its bare name, which PATH has: an author gives no program there. With arguments it fails. */
const isPlainly = (step: Step) => !isValidator(step) && isBare(step);
const isBare = ({ value, words }: Step) => words.length === 0 && BARE.test(textAt(value, ['exec']) ?? '');
/** Only these characters end a word for kpt: behind another blank a path may go on. */
const BARE = new RegExp(String.raw`^[ \t\r\n]*${PROGRAM}(?:[ \t\r\n]|$)`);

/** The selectors of a step, those that leave out too. */
export const selectorsOf = ({ value }: Pick<Step, 'value'>) =>
  ['selectors', 'exclude'].flatMap((list) => listAt(value, [list]));

/**
 * The same of a package without such a start, in which a step may start this function by another name; undefined where none may. Where no
 * generator is in sight, a program may add some; a container has no credentials. As a validator this function makes nothing.
 */
export function doubtsOfStarts(kptfile: PipelineFile, kpt: KptFiles, hasSpecs: boolean): Doubt[] | undefined {
  const first = stepsOf(kptfile, () => true).find(
    (step) => (hasSpecs || 'exec' in step.how) && inCatalogue(step) === undefined && !isBare(step),
  );
  if (first === undefined) return undefined;
  const start = doubtAt(kptfile, first.field, `\`${first.field}\` may start this function`);
  return [start, ...doubtsOfFiles(kptfile, kpt)].slice(0, MOST_DOUBTS);
}

/** What may keep kpt from rendering a package that has no run, around packages that have one: kpt renders all, or none. */
export function doubtsOfWhole(top: PipelineFile, { inside }: Packages, kpt: KptFiles): Doubt[] {
  const context = { place: 'apart', readsLabels: false, there: kpt.there } as const;
  const others = inside(dirname(top.file.real)).filter((of) => mutatorsOf(of).length === 0);
  const stepDoubts = others.flatMap((of) => [
    ...stepsOf(of, () => true)
      .filter((step) => !isSafe(step, of, context))
      .map(({ field }) => doubtAt(of, field, `\`${field}\` may fail`, top)),
    ...faultsOfConfigs(of, kpt.there).map(() => doubtAt(of, 'pipeline', 'kpt refuses a `configPath`', top)),
  ]);
  return [...doubtsOfFaults(top, kpt), ...doubtsOfFiles(top, kpt), ...stepDoubts].slice(0, 1);
}

/** The first of others' steps in each package that may change what a start reads or makes, and another order of packages. */
function otherSteps(
  { kptfile, step: ours, config }: Parameters<typeof doubtsOf>[0],
  { inside, around }: Packages,
  { there }: KptFiles,
): Doubt[] {
  const doubts: Doubt[] = [];
  const readsLabels = once(() =>
    hasText([ours.value, config?.item.toJS()], (text, isKey) => isKey && text === 'labels'),
  );
  const outer = new Set(around(dirname(kptfile.file.real)));
  for (const of of [...inside(dirname(kptfile.file.real)), ...outer]) {
    if (doubts.length >= MOST_DOUBTS) break;
    const tell = (field: string, what: string) => doubts.push(doubtAt(of, field, what, kptfile));
    if (/^true$/i.test(textAt(of.value, ['metadata', 'annotations', BREADTH_FIRST]) ?? ''))
      tell('metadata.annotations', `\`${BREADTH_FIRST}\` changes the order of packages`);
    const steps = stepsOf(of, () => true);
    const index = steps.findIndex(({ field }) => of === kptfile && field === ours.field);
    const harmfulIndex = steps.findIndex((step, number) => {
      const place = !outer.has(of) && (index < 0 || number < index) ? 'before' : 'behind';
      return number !== index && !isPlainly(step) && !isSafe(step, of, { place, readsLabels: readsLabels(), there });
    });
    const harmful = steps[harmfulIndex];
    if (harmful === undefined) continue;
    const isLater = index >= 0 && harmfulIndex > index;
    const does = isValidator(harmful)
      ? 'may fail'
      : `may change what this function reads or makes${isLater ? ', and runs after it' : ''}`;
    tell(harmful.field, `\`${harmful.field}\` ${does}`);
  }
  return doubts;
}

/** With it kpt renders a package before those inside (kptdev/kpt, v1.0.0-beta.61, internal/util/render/executor.go, hydrateBfsOrder). */
const BREADTH_FIRST = 'kpt.dev/bfs-rendering';

/** True for a step that is a function of kpt's catalogue by its exact name; a program may have any name. */
const inCatalogue = ({ value }: Step) => CATALOGUE.exec(textAt(value, ['image']) ?? '')?.[1];

/** Functions that change nothing. Where such a check fails, kpt says so. */
const CHECKS = /gatekeeper|kube/;
const isValidator = ({ field }: Step) => field.startsWith('pipeline.validators');
/** The steps that start this function, but for validators: kpt drops what these make. */
export const mutatorsOf = (kptfile: PipelineFile) => stepsOf(kptfile).filter((step) => !isValidator(step));

interface StepContext {
  /** Where a step is for a start; `apart`: in a package of which the start gets nothing. */
  readonly place: 'before' | 'behind' | 'apart';
  /** True where the start chooses by labels. */
  readonly readsLabels: boolean;
  readonly there: AllManifests;
}

/** Each start asks for all. */
const SAFE = new WeakMap<Step, Map<string, boolean>>();
const isSafe = (step: Step, of: PipelineFile, context: StepContext) =>
  cached(
    cached(SAFE, step, () => new Map()),
    `${context.place} ${context.readsLabels}`,
    () => attempt(() => isHarmless(step, of, context)) ?? false, // its options may not be readable
  );

/** True for a step that surely leaves what a start gets and makes as it is. Without its options a function fails, and so does the render. */
function isHarmless(step: Step, of: PipelineFile, { place, readsLabels, there }: StepContext): boolean {
  const { value } = step;
  const name = inCatalogue(step) ?? '';
  const isApart = place === 'apart';
  if (mayOverlap({ value })) return false;
  if (isValidator(step) || CHECKS.test(name)) return CHECKS.test(name);
  const folder = dirname(of.file.real);
  const path = textAt(value, ['configPath']);
  const config = path ? configAt(join(folder, path), there) : undefined;
  const data = config ? config.data() : valueAt(value, ['configMap']);
  if (data === undefined) return false;
  const pairs = cached(PAIRS, Object(data), Object.entries);
  const has = (...options: readonly string[]) => options.some((option) => textAt(data, [option]));
  if (name === 'set-labels') {
    const isIdle = place === 'before' && !readsLabels && !cached(LABELS_KEPT, there.at(folder), keepLabels);
    return (isApart || isIdle) && cached(PLAIN_LABELS, pairs, arePlain);
  }
  if (name === 'set-image') return !path && hasOnly(data, ['name', ...OF_IMAGES]) && has('name') && has(...OF_IMAGES);
  if (name === 'apply-setters') return pairs.length > 0 && !hasSetters(there.filesAt(folder), pairs, isApart);
  if (name !== 'set-namespace' || place === 'behind') return false;
  const to = textAt(data, ['namespace']) || (config?.name === CONTEXT && textAt(data, ['name']));
  const namespaces = cached(NAMESPACES, there.at(folder), namespacesIn);
  return Boolean(to) && (isApart || namespaces.every((namespace) => namespace === to));
}
/** The only options of set-image: others end it (kptdev/krm-functions-catalog, functions/go/set-image/transformer/images_transformer.go). */
const OF_IMAGES = ['newName', 'newTag', 'digest'];

/** The ConfigMap of a file, as kpt hands it to a function. */
function configAt(real: string, { filesAt }: AllManifests): PlainObject | undefined {
  const file = filesAt(real).find((read) => read.real === real);
  const objects = file && cached(CONFIGS, file, () => attempt(() => readObjects(file.text, file.shown)));
  return objects?.find(({ kind }) => kind === CONFIG_MAP_KIND);
}
/** Very many steps may name one. */
const CONFIGS = new WeakMap<ManifestFile, readonly PlainObject[] | undefined>();

/** kpt's ConfigMap with the name of the package. */
const CONTEXT = 'kptfile.kpt.dev';

/** True where two selectors may find one object, which kpt sends twice then, and refuses: unless a field or label differs in all of them. */
function mayOverlap(step?: Pick<Step, 'value'>): boolean {
  const selectors = listAt(step?.value, ['selectors']).map((selector) => {
    const labels = Object.entries(stringsIn(valueAt(selector, ['labels']))).slice(0, MOST_LABELS);
    return new Map([
      ...Object.entries(stringsIn(selector)),
      ...labels.map(([key, is]) => [`labels ${key}`, is] as const),
    ]);
  });
  const differs = (part: string) => {
    const all = new Set(selectors.map((selector) => selector.get(part) || undefined));
    return !all.has(undefined) && all.size === selectors.length;
  };
  return selectors.length > 1 && ![...(selectors[0]?.keys() ?? [])].some(differs);
}
/** Each is compared with those of all selectors. */
const MOST_LABELS = 10;

const LABELS_KEPT = new WeakMap<readonly FileItem[], boolean>();

/** True where a Secret has labels, or gets those of what asks for it. */
const keepLabels = (items: readonly FileItem[]) =>
  items.some(({ item }) => item.kind === 'Secret' || isExternalSecret(item));

/** True for a label that this function takes on an object of ours. */
const isPlainLabel = ([name, value]: readonly [string, unknown]) =>
  qualifiedName.safeParse(name).success &&
  labelValue.safeParse(value).success &&
  annotationSlip([name, String(value)], true) === undefined;
/** Very many steps may have the same. */
const PLAIN_LABELS = new WeakMap<object, boolean>();
const arePlain = (pairs: readonly (readonly [string, unknown])[]) => pairs.length > 0 && pairs.every(isPlainLabel);

const NAMESPACES = new WeakMap<readonly FileItem[], ReturnType<typeof namespacesIn>>();

/** The namespaces of all objects of a package that a run may read. */
function namespacesIn(items: readonly FileItem[]) {
  const ours = items.filter(({ item }) => asksForSecret(item) || isCoreKind(item.kind ?? ''));
  const isContext = ({ item: { kind, object } }: FileItem) => object?.name === CONTEXT && kind === CONFIG_MAP_KIND;
  const all = ours.flatMap((manifest) => (isContext(manifest) ? [] : [manifest.item.object?.namespace]));
  return [...new Set(all)];
}

const SETTERS = new WeakMap<readonly ManifestFile[], ReturnType<typeof settersOf>>();
/** Of options that many steps may name. */
const PAIRS = new WeakMap<object, readonly (readonly [name: string, value: unknown])[]>();

/** A field of a block with a plain value that a setter sets. */
const SET = /^\s*(?:- )?[\w./-]+: ([A-Za-z][\w:./@-]*) # kpt-set: (\S{1,1000})$/;
/** A setter in it. What is left of one in another, or has no value, has a `$`, which no value has. */
const SETTER = /\$\{([^${}]*)\}/;
/** A list or map on one line, the comments of setters aside: a comment in it may be of another value. */
const FLOW = /^[^#\n\r\u2028\u2029]*[{[]/m;
/** Most fields of a package that setters set, and steps for which these are looked at. */
const [MOST_FIELDS, MOST_STEPS] = [200, 100];

/**
 * True where a setter may change what is ours or, unless the type stands at the head, make another object ours. It replaces the name of each
 * setter in the comment, which gives the value (kptdev/krm-functions-catalog, functions/go/apply-setters/applysetters/apply_setters.go).
 */
function hasSetters(
  files: readonly ManifestFile[],
  pairs: readonly (readonly [string, unknown])[],
  isApart: boolean,
): boolean {
  const values = cached(VALUES, pairs, () => new Map(pairs));
  const areClear = cached(CLEAR, pairs, () => pairs.every((pair) => pair.every((text) => !/[${}]/.test(String(text)))));
  const isKept = ({ value, parts }: SetField) => {
    let at = 0;
    for (const [index, part] of parts.entries()) {
      const text = index % 2 === 0 ? part : String(values.get(part) ?? '$');
      if (!value.startsWith(text, at)) return false;
      at += text.length;
    }
    return at === value.length;
  };
  const setters = cached(SETTERS, files, settersOf);
  const { isUnclear, fields, names } = setters;
  setters.looks += 1;
  if (names.size === 0) return isUnclear && !isApart;
  const areThere = () => names.values().every((name) => values.get(name)); // or it fails, or leaves an object without a name
  if (setters.looks > MOST_STEPS || !areClear || !areThere()) return true;
  return !isApart && (isUnclear || !fields.every(isKept));
}

/** Very many steps may have the same. `CLEAR`: no setter is part of another's place, so their order, which is random, does not count. */
const CLEAR = new WeakMap<object, boolean>();
const VALUES = new WeakMap<object, ReadonlyMap<string, unknown>>();

function settersOf(files: readonly ManifestFile[]) {
  const all = files.flatMap(settersIn);
  const fields = all.flatMap((file) => file.fields);
  const names = new Set(all.flatMap((file) => file.names));
  const isUnclear = fields.length > MOST_FIELDS || all.some((file) => file.isUnclear);
  return { isUnclear, fields, names, looks: 0 };
}

/** The value of a field, and its comment: texts and, at odd places, names of setters. */
interface SetField {
  readonly value: string;
  readonly parts: readonly string[];
}

/** The fields of a file of ours that a setter may change, and the names of all setters in a file. */
interface SettersOfFile {
  readonly fields: readonly SetField[];
  readonly names: readonly string[];
  /** More may change, or another object may become ours. */
  readonly isUnclear: boolean;
}

function settersIn({ text, items }: ManifestFile): SettersOfFile[] {
  if (!text.includes('kpt-set')) return [];
  const lines = text.split('\n').filter((line) => line.includes('kpt-set'));
  const names = lines.flatMap((line) => {
    const parts = line.replace(/.*kpt-set/s, '').split(SETTER);
    return parts.flatMap((part, index) => (index % 2 === 1 || /[${}]/.test(part) ? part : [])); // an open one is no name of a setter
  });
  if (items.length === 0)
    return [{ isUnclear: splitDocuments(text).some(({ kind }) => kind === undefined), fields: [], names }];
  const fields = lines.map((line): SetField => {
    const [, value = '', pattern = ''] = SET.exec(line) ?? [];
    return { value, parts: isPlainText(value) ? pattern.split(SETTER) : ['$'] };
  });
  return [{ isUnclear: FLOW.test(text), fields, names }];
}
