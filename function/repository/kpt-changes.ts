import { dirname } from 'node:path';
import { foldersAbove } from '../hosts/folders.ts';
import { type Step, stepsOf } from '../hosts/kpt-steps.ts';
import { type PlainObject, readObjects } from '../krm/plain-objects.ts';
import { annotationSlip } from '../model/annotations.ts';
import { asksForSecret, CONFIG_MAP_KIND, isCoreKind, isExternalSecret, PROGRAM } from '../model/kinds.ts';
import { join } from '../model/paths.ts';
import { attempt, cached, hasText, listAt, once, stringsIn, textAt, valueAt } from '../model/plain-data.ts';
import { labelValue, qualifiedName } from '../model/schema-parts.ts';
import { isShaping } from './catalogue-shapes.ts';
import { type Doubt, MOST_DOUBTS } from './doubts.ts';
import type { AllManifests } from './function-run.ts';
import { areTaken, doubtsOfFaults, doubtsOfFiles, type KptFiles } from './kpt-files.ts';
import { hasSetters, SIGN } from './kpt-setters.ts';
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
  /^(?:gcr\.io\/kpt-fn|ghcr\.io\/kptdev\/krm-functions-catalog)\/((set-labels|set-image|set-namespace|apply-setters|(?:enforce-)?gatekeeper|kube(?:val|conform))(?:[:@].*)?)$/;
/** Versions whose source says so: earlier ones fail elsewhere, or change more. */
const VERSIONS = /^(?:set-labels:v0\.2|set-image:v0\.1|set-namespace:v0\.4|apply-setters:v0\.2)(?:\.\d+)?$/;

/** The packages at or below a folder, and those around it, the innermost first. */
export type Packages = ReturnType<typeof packagesOf>;

export function packagesOf(all: readonly PipelineFile[]) {
  const byFolder = inFolders(all);
  const around = (folder: string) => [...foldersAbove(folder)].flatMap((above) => byFolder.get(above) ?? []);
  const below = new Map<PipelineFile | undefined, PipelineFile[]>(all.map((kptfile) => [kptfile, [kptfile]]));
  for (const kptfile of all) for (const outer of around(dirname(kptfile.file.real))) below.get(outer)?.push(kptfile);
  const inside = (folder: string) => below.get(byFolder.get(folder)) ?? [];
  const alone = new Map<PipelineFile, boolean>();
  const countChanges = (top: PipelineFile) =>
    inside(dirname(top.file.real)).reduce((sum, of) => sum + stepsOf(of, () => true).filter(mayWrite).length, 0);
  /** True where at most one step of what kpt renders at once is a function of the catalogue that writes. */
  const isAlone = (kptfile: PipelineFile) => {
    const top = around(dirname(kptfile.file.real)).at(-1) ?? kptfile;
    return cached(alone, top, () => countChanges(top) < 2);
  };
  return { around, inside, isAlone };
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
 * generator is in sight, a program may add some; a container has no credentials. As a validator this function makes nothing, but AWS is asked:
 * for a generator of its `configMap` too, which no file shows.
 */
export function doubtsOfStarts(kptfile: PipelineFile, kpt: KptFiles, hasSpecs: boolean): Doubt[] | undefined {
  const first = stepsOf(kptfile, () => true).find(
    (step) => (hasSpecs || 'exec' in step.how) && inCatalogue(step) === undefined && !(isBare(step) && isOfFiles(step)),
  );
  if (first === undefined) return undefined;
  const start = doubtAt(kptfile, first.field, `\`${first.field}\` may start this function`);
  return [start, ...doubtsOfFiles(kptfile, kpt)].slice(0, MOST_DOUBTS);
}

/** True for a step whose options, if it has some, stand in a file. */
const isOfFiles = ({ value }: Step) => !valueAt(value, ['configMap']);

/** What may keep kpt from rendering a package that has no run, around packages that have one: kpt renders all, or none. */
export function doubtsOfWhole(top: PipelineFile, { inside, isAlone }: Packages, kpt: KptFiles): Doubt[] {
  const context = { place: 'apart', readsLabels: false, isAlone: isAlone(top), there: kpt.there } as const;
  const others = inside(dirname(top.file.real)).filter((of) => mutatorsOf(of).length === 0);
  const stepDoubts = others.flatMap((of) =>
    stepsOf(of, () => true)
      .filter((step) => !isSafe(step, of, context))
      .map(({ field }) => doubtAt(of, field, `\`${field}\` may fail`, top)),
  );
  return [...doubtsOfFaults(top, kpt), ...doubtsOfFiles(top, kpt), ...stepDoubts].slice(0, 1);
}

/** The first of others' steps in each package that may change what a start reads or makes, and another order of packages. */
function otherSteps(
  { kptfile, step: ours, config }: Parameters<typeof doubtsOf>[0],
  { inside, around, isAlone }: Packages,
  { there }: KptFiles,
): Doubt[] {
  const doubts: Doubt[] = [];
  const readsLabels = once(() =>
    hasText([ours.value, config?.item.toJS()], (text, isKey) => isKey && text === 'labels'),
  );
  const outer = new Set(around(dirname(kptfile.file.real)));
  const inRender = { isAlone: isAlone(kptfile), there };
  const packages = [...inside(dirname(kptfile.file.real)), ...outer];
  const areOrdered = packages.filter((of) => stepsOf(of, () => true).length > 0).length > 1;
  for (const of of packages) {
    if (doubts.length >= MOST_DOUBTS) break;
    const tell = (field: string, what: string) => doubts.push(doubtAt(of, field, what, kptfile));
    if (areOrdered && /^true$/i.test(textAt(of.value, ['metadata', 'annotations', BREADTH_FIRST]) ?? ''))
      tell('metadata.annotations', `\`${BREADTH_FIRST}\` changes the order of packages`);
    const steps = stepsOf(of, () => true);
    const index = steps.findIndex(({ field }) => of === kptfile && field === ours.field);
    const harmfulIndex = steps.findIndex((step, number) => {
      const place = !outer.has(of) && (index < 0 || number < index) ? 'before' : 'behind';
      const context = { ...inRender, place, readsLabels: readsLabels() } as const;
      return number !== index && !isPlainly(step) && !isSafe(step, of, context);
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

/** The name of a step that is a function of kpt's catalogue by its exact name; a program may have any name. */
const inCatalogue = (step: Step) => catalogued(step)[2];
/** The same behind what it is taken from, and its version. */
const catalogued = ({ value }: Step) => CATALOGUE.exec(textAt(value, ['image']) ?? '') ?? [];

/** Functions that change nothing. Where such a check fails, kpt says so. */
const CHECKS = /gatekeeper|kube/;
/** Nor does any function of the catalogue as a validator: kpt drops what it makes. */
const OF_CATALOGUE = /^(?:gcr\.io\/kpt-fn|ghcr\.io\/kptdev\/krm-functions-catalog)\/[\w-]+(?:[:@]|$)/;
export const isValidator = ({ field }: Pick<Step, 'field'>) => field.startsWith('pipeline.validators');
/** The steps that start this function, but for validators: kpt drops what these make. */
export const mutatorsOf = (kptfile: PipelineFile) => stepsOf(kptfile).filter((step) => !isValidator(step));

/** True for a function of the catalogue that may write. */
const mayWrite = (step: Step) => !isValidator(step) && !CHECKS.test(inCatalogue(step) ?? 'kube');

interface StepContext {
  /** Where a step is for a start; `apart`: in a package of which the start gets nothing. */
  readonly place: 'before' | 'behind' | 'apart';
  /** True where the start chooses by labels. */
  readonly readsLabels: boolean;
  /** False where kpt runs another function of the catalogue in the same render: what one writes another reads. */
  readonly isAlone: boolean;
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
function isHarmless(step: Step, of: PipelineFile, { place, readsLabels, isAlone, there }: StepContext): boolean {
  const { value } = step;
  const [, version = '', name = ''] = catalogued(step);
  const isApart = place === 'apart' || isValidator(step);
  if (mayOverlap({ value })) return false;
  if (isValidator(step) && !isShaping(name) && name !== 'apply-setters')
    return OF_CATALOGUE.test(textAt(value, ['image']) ?? '');
  if (CHECKS.test(name)) return true;
  if (!VERSIONS.test(version)) return false;
  const folder = dirname(of.file.real);
  const path = textAt(value, ['configPath']);
  const config = path ? configAt(join(folder, path), there) : undefined;
  const data = config ? config.data() : valueAt(value, ['configMap']);
  if (data === undefined) return false;
  const options = cached(OPTIONS, Object(data), optionsOf);
  if (!options.areTexts && name !== 'apply-setters') return false;
  const files = there.filesAt(folder);
  if (isShaping(name) && !areTaken(files, name)) return false;
  const has = (...names: readonly string[]) => names.some((option) => textAt(data, [option]));
  if (name === 'set-labels') {
    const isIdle = place === 'before' && !readsLabels && !cached(LABELS_KEPT, there.at(folder), keepLabels);
    return (isApart || isIdle) && options.areLabels();
  }
  if (name === 'set-image') return !path && hasOnly(data, ['name', ...OF_IMAGES]) && has('name') && has(...OF_IMAGES);
  if (name === 'apply-setters')
    return options.values.size > 0 && !hasSetters(files, options, { isApart, isAlone, isBehind: place === 'behind' });
  if (name !== 'set-namespace' || (place === 'behind' && !isApart)) return false;
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
  return objects?.find(
    ({ kind, apiVersion, value }) =>
      kind === CONFIG_MAP_KIND && apiVersion === 'v1' && hasOnly(value(), ['apiVersion', 'kind', 'metadata', 'data']),
  );
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

type Options = ReturnType<typeof optionsOf>;
/** Very many steps may have the same. */
const OPTIONS = new WeakMap<object, Options>();

/** What a step's options are for the functions of the catalogue. */
function optionsOf(data: object) {
  const pairs: readonly (readonly [name: string, value: unknown])[] = Object.entries(data);
  return {
    values: new Map(pairs),
    areTexts: pairs.every(([, value]) => typeof value === 'string'),
    /** False where one setter may be a part of others. */
    arePlainNames: pairs.every(([name]) => !SIGN.test(name)),
    areLabels: once(() => pairs.length > 0 && pairs.every(isPlainLabel)),
  };
}

const NAMESPACES = new WeakMap<readonly FileItem[], ReturnType<typeof namespacesIn>>();

/** The namespaces of all objects of a package that a run may read. */
function namespacesIn(items: readonly FileItem[]) {
  const ours = items.filter(({ item }) => asksForSecret(item) || isCoreKind(item.kind ?? ''));
  const isContext = ({ item: { kind, object } }: FileItem) => object?.name === CONTEXT && kind === CONFIG_MAP_KIND;
  const all = ours.flatMap((manifest) => (isContext(manifest) ? [] : [manifest.item.object?.namespace]));
  return [...new Set(all)];
}
