import type { ObjectRef } from '../findings/say.ts';
import { isNumberInGo } from '../krm/parse-yaml.ts';
import { type PlainObject, readAlike, readObjects } from '../krm/plain-objects.ts';
import { INTERNAL, isOfHosts } from '../model/annotations.ts';
import {
  apiVersionOf,
  CLUSTER_GENERATOR_KIND,
  CONTROLLER_KINDS,
  CORE_KINDS,
  coreObject,
  EXTERNAL_SECRET_KIND,
  GENERATOR_KINDS,
  INPUT_API_VERSION,
  INPUT_KIND,
} from '../model/kinds.ts';
import {
  attempt,
  type Fits,
  globOf,
  hasText,
  isRecord,
  listAt,
  stringsIn,
  textAt,
  valueAt,
} from '../model/plain-data.ts';
import {
  type Change,
  type Edit,
  isPlainPair,
  NO_CHANGE,
  type ObjectName,
  type Target,
  thenChanged,
} from './metadata-change.ts';

/** Shows of what a kustomization does that it leaves our objects alone. What is not shown here may touch anything. */

/** An object of each kind that is ours, or that ours are read from. */
const OURS: readonly ObjectRef[] = [
  ...[...GENERATOR_KINDS, CLUSTER_GENERATOR_KIND, EXTERNAL_SECRET_KIND].map((kind) => ({
    ...{ apiVersion: apiVersionOf(kind), kind, name: '' },
  })),
  ...CONTROLLER_KINDS.map((kind) => ({ apiVersion: apiVersionOf(EXTERNAL_SECRET_KIND), kind, name: '' })),
  { apiVersion: INPUT_API_VERSION, kind: INPUT_KIND, name: '' },
  ...CORE_KINDS.map((kind) => coreObject(kind, { name: '' })),
];

/** What an edit may touch, and the object without which kustomize does not build. */
export type Touch = Pick<Edit, 'mayTouch' | 'renames' | 'isWide' | 'names' | 'targets' | 'isDeleting'>;
export const ANYTHING: Touch = { mayTouch: () => true, renames: true, isWide: true };

/** True for a map with no other keys: kustomize reads those that are spelled otherwise too. */
export function hasOnly(value: unknown, keys: readonly string[]): boolean {
  return isRecord(value) && Object.keys(value).every((key) => keys.includes(key));
}

/** A patch: the objects that its documents name, or a list of operations. `renames`: it may change the name of an object. */
interface Patch {
  readonly named?: Touch;
  readonly renames: boolean;
  /** True for one that may take a name away. */
  readonly isLoss?: boolean;
  /** True for one that deletes. */
  readonly isDeleting?: boolean;
  /** False for several documents: a target is for one of them. */
  readonly isSingle: boolean;
}

/** A patch that surely changes no type; undefined for another one. */
export function readPatch(text: string): Patch | undefined {
  const objects = attempt(() => readObjects(text, ''));
  if (objects !== undefined) {
    const nameOf = (object: PlainObject): ObjectName => {
      const isDeleted = textAt(object.value(), ['$patch']) === 'delete';
      return { kinds: [object.kind], name: object.name, object, isDeleted };
    };
    const named = touchesNamed(objects.map(nameOf));
    const isSingle = objects.length === 1;
    return objects.length > 0 && objects.every(isPlainPatch)
      ? { named, renames: false, isSingle, isDeleting: named.names?.some(({ isDeleted }) => isDeleted) === true }
      : undefined;
  }
  const operations = text.startsWith('[') ? attempt(() => JSON.parse(text) as unknown) : readAlike(text); // as kustomize chooses
  if (!Array.isArray(operations) || !operations.every(isOperation)) return undefined;
  const paths = operations.flatMap((operation) => ['path', 'from'].flatMap((key) => textAt(operation, [key]) ?? []));
  const isPlain = paths.length >= operations.length && paths.every((path) => FIELD.test(path));
  if (!isPlain || hasText(operations, (text) => text.includes(INTERNAL.slice(0, -1)))) return undefined;
  const isRenaming = (operation: unknown) =>
    textAt(operation, ['op']) !== 'test' && ['path', 'from'].some((key) => NAMES.test(textAt(operation, [key]) ?? ''));
  const renaming = operations.filter(isRenaming);
  const isNamed = (operation: unknown) => textAt(operation, ['op']) === 'replace' && textAt(operation, ['value']);
  return { renames: renaming.length > 0, isLoss: !renaming.every(isNamed), isSingle: true };
}

function isPlainPatch({ kind, isListed, value }: PlainObject): boolean {
  const { $patch = 'delete', items, metadata } = Object(value());
  const isOdd = (text: string, isKey: boolean) => isKey && (/^(?:<<$|\$)/.test(text) || text.startsWith(INTERNAL));
  return !isListed && items === undefined && isPlainKind(kind) && $patch === 'delete' && !hasText(metadata, isOdd);
}

const OPERATION = ['op', 'path', 'from', 'value'];
const OPERATIONS = ['add', 'remove', 'replace', 'move', 'copy', 'test'];
const isOperation = (operation: unknown) =>
  hasOnly(operation, OPERATION) && OPERATIONS.includes(textAt(operation, ['op']) ?? '');
/** A pointer to a field that is not of the type, nor may make it a list. Its part before the first slash counts for nothing (evanphx/json-patch, v4.13.0, patch.go). */
const FIELD = /^[^/]*\/(?!(?:kind|apiVersion|items)(?:\/|$))[A-Za-z]\w*(?:\/|$)/;
/** One to the name or namespace. kustomize keeps its own annotations (api/internal/builtins/PatchTransformer.go). */
const NAMES = /^[^/]*\/metadata(?:\/|\/name(?:space)?(?:\/.*)?)?$/s;

/** What a patch may touch: each document names an object, or the entry has a target for what is a single one. */
export function touchesOfPatch(entry: unknown, patch: Patch | undefined): readonly Touch[] {
  const [target, options] = ['target', 'options'].map((field) => valueAt(entry, [field]));
  const allowed = Object.entries(Object(options)).flatMap(([option, isSet]) => (isSet === false ? [] : [option]));
  if (patch === undefined || allowed.some((option) => option !== 'allowNameChange')) return [ANYTHING];
  if (target === undefined) return allowed.length === 0 && patch.named ? [patch.named] : [ANYTHING];
  if (!patch.isSingle) return [ANYTHING];
  const { mayTouch, patterns } = selected(target);
  const renames = allowed.length > 0 || patch.renames;
  const isWide = renames && (patch.isLoss || !isOfAnother(target, mayTouch));
  const isDeleting = patch.isDeleting === true;
  return [{ mayTouch, renames, isWide, isDeleting, targets: [{ select: target, mayTouch, patterns }] }];
}

/** True where objects of another kind than ours are selected: which names these have, nothing of ours reads. */
function isOfAnother(target: unknown, mayTouch: Touch['mayTouch']): boolean {
  return /^\w+$/.test(textAt(target, ['kind']) ?? '') && !OURS.some((object) => mayTouch(object));
}

/** What names objects by any name that they had on the way. */
export function touchesNamed(names: readonly ObjectName[]): Touch {
  const all = names.flatMap(({ kinds, name }) => kinds.map((kind) => ({ kind: kind.toLowerCase(), name })));
  const byKind = Map.groupBy(all, ({ kind }) => kind);
  const mayTouch: Touch['mayTouch'] = (of, now) =>
    (byKind.get(of.kind.toLowerCase()) ?? []).some(({ name }) => now === undefined || isOnTheWay(name, of.name, now));
  return { mayTouch, names };
}

/** False for a list too: kustomize takes its items. */
function isPlainKind(kind: string): boolean {
  return /^[A-Za-z][A-Za-z\d]*$/.test(kind) && !kind.endsWith('List');
}

/** Whether an object may have had a name between the one that is written and the one in the end: each is a part of the next. */
function isOnTheWay(name: string, original: string, now: string): boolean {
  return name === '' || (name.includes(original) && now.includes(name));
}

/**
 * What a selector may touch. Its patterns are those of Go, and stand for a whole kind, group or name (kubernetes-sigs/kustomize, kustomize/v5.8.1,
 * api/types/selector.go): only words, and dots that stand for something, are compared. Labels and annotations only make it select less.
 */
function selected(selector: unknown): Required<Pick<Target, 'mayTouch' | 'patterns'>> {
  const selectors = ['labelSelector', 'annotationSelector'].map((part) => textAt(selector, [part]) ?? '');
  const others = ['version', 'namespace'].flatMap((part) => textAt(selector, [part]) || []); // which make it select less
  const arePlain = selectors.every((text) => PLAIN_SELECTOR.test(text)) && others.every((text) => globsOf(text));
  if (!hasOnly(selector, SELECTOR) || !arePlain) return { mayTouch: () => true, patterns: 1 };
  const [kinds, groups, names] = ['kind', 'group', 'name'].map((part) => globsOf(textAt(selector, [part]) ?? ''));
  const [kind, group, name] = [kinds, groups, names].map((globs) => {
    const all = globs?.map(globOf);
    return (text: string) => all === undefined || all.some((fits) => fits(text));
  }) as [Fits, Fits, Fits];
  const words = names?.every((word) => !word.includes('*')) ? names : undefined;
  const mayTouch: Touch['mayTouch'] = (original, now) =>
    kind(original.kind) &&
    group(original.apiVersion.includes('/') ? original.apiVersion.replace(/\/.*/s, '') : '') &&
    (now === undefined ||
      (words ? words.some((word) => isOnTheWay(word, original.name, now)) : now !== original.name || name(now)));
  return { mayTouch, patterns: Math.max(1, ...[kinds, groups, names].map((globs = []) => globs.length)) };
}

const SELECTOR = ['group', 'version', 'kind', 'name', 'namespace', 'labelSelector', 'annotationSelector'];
/** What surely is a selector of labels: others may end the build. */
const PLAIN_SELECTOR = /^(?:!?[\w./-]+(?: *(?:=|==|!=) *[\w.-]+| +(?:not)?in \([\w., -]+\))?(?:, *(?=[\w!])|$))*$/;
/** The most characters of a pattern that is compared. */
const LONGEST = 200;

/** What a pattern may stand for, as words with `*`; undefined for anything. */
function globsOf(pattern: string): readonly string[] | undefined {
  const [, grouped, plain] = /^\^?(?:\(([^()^$]*)\)|([^()^$]*))\$?$/.exec(pattern) ?? [];
  const words = (grouped ?? plain ?? '').split('|');
  if (pattern.length > LONGEST || !words.every((word) => /^(?:[\w-]|\.[*+?]?)+$/.test(word))) return undefined;
  return words.map((word) => word.replaceAll(/\.[*+?]?/g, '*'));
}

/** What replacements touch: their targets. */
export function touchOfReplacements(replacements: readonly unknown[]): Touch {
  const touches = replacements.flatMap((replacement): (Touch & Target)[] => {
    const sources = ['source', 'sourceValue'].filter((part) => (valueAt(replacement, [part]) ?? null) !== null);
    if (!hasOnly(replacement, ['source', 'sourceValue', 'targets']) || sources.length !== 1) return [ANYTHING];
    return listAt(replacement, ['targets']).map((target) => {
      const select = valueAt(target, ['select']);
      const fields = listAt(target, ['fieldPaths']).map((path) => String(path).replace(/^\./, '')); // as kustomize reads them
      const { mayTouch, patterns } = selected(select);
      const renames =
        fields.length === 0 || fields.some((field) => /^metadata(?!\.labels\.)/.test(field) && !isNote(field));
      const isKept =
        hasOnly(target, ['select', 'reject', 'fieldPaths', 'options']) &&
        fields.every((field) => /^(?!(?:kind|apiVersion|items)(?:\.|$))[A-Za-z]\w*(?:\.|$)/.test(field));
      const isWide = renames && !isOfAnother(select, mayTouch);
      return isKept ? { select, mayTouch, patterns, renames, isWide } : { ...ANYTHING };
    });
  });
  if (touches.length === 0) return ANYTHING;
  return {
    mayTouch: (...object) => touches.some(({ mayTouch }) => mayTouch(...object)),
    renames: touches.some(({ renames }) => renames),
    isWide: touches.some(({ isWide }) => isWide),
    targets: touches,
  };
}

/** True for the path of an annotation that means nothing to kustomize. */
function isNote(path: string): boolean {
  const [, key] = /^metadata\.annotations\.\[?([\w./-]+)\]?$/.exec(path) ?? [];
  return key !== undefined && !isOfHosts(key);
}

/** True for a field of another kind than ours, in metadata or below another field. */
function isOfOthers(spec: unknown, ours = OURS): boolean {
  const kind = textAt(spec, ['kind']) ?? '';
  const isTyped =
    ['group', 'version'].every((part) => ['string', 'undefined'].includes(typeof valueAt(spec, [part]))) &&
    [true, false, undefined].includes(valueAt(spec, ['create']) as boolean | undefined);
  return (
    isTyped &&
    hasOnly(spec, ['group', 'version', 'kind', 'path', 'create']) &&
    /^(?!(?:kind|apiVersion)(?:\[\])?(?:\/|$))[A-Za-z]\w*(?:\[\])?(?:\/|$)/.test(textAt(spec, ['path']) ?? '') &&
    isPlainKind(kind) &&
    !ours.some((object) => object.kind.toLowerCase() === kind.toLowerCase())
  );
}

/**
 * True for fields of other kinds than ours. kustomize adds them to its own; one of its own that is for all kinds goes where another has its
 * path, which only those of metadata and images are, or the build fails (kubernetes-sigs/kustomize, kustomize/v5.8.1, api/types/fieldspec.go).
 */
export function areOfOthers(specs: unknown): specs is readonly unknown[] {
  const isBeside = (spec: unknown) =>
    isOfOthers(spec) && !/^metadata\b/.test(textAt(spec, ['path']) ?? '') && fitsItsOwn(spec);
  return Array.isArray(specs) && specs.every(isBeside);
}

/** True for a field with the `create` of each field of kustomize's own that it may meet: with another one the build fails (the same, `MergeOne`). */
function fitsItsOwn(spec: unknown): boolean {
  const [kind = '', path = ''] = ['kind', 'path'].map((part) => textAt(spec, [part]));
  const isCreated = valueAt(spec, ['create']) === true;
  if (kind === 'CustomResourceDefinition') return !isCreated;
  if (HAS_FIELDS.test(kind)) return isCreated && /\bmetadata\/(?:labels|annotations)$|^spec\/replicas$/.test(path);
  return isCreated || !path.includes('[]'); // as images of all kinds are
}
/** Kinds with such fields (kubernetes-sigs/kustomize, api/v0.21.1, internal/konfig/builtinpluginconsts). */
const HAS_FIELDS =
  /^(?:Service|ReplicationController|Deployment|ReplicaSet|DaemonSet|StatefulSet|Job|CronJob|PodDisruptionBudget|NetworkPolicy|Namespace|APIService)$/;

const isReference = (spec: unknown) => isOfOthers(spec, SECRETS) && valueAt(spec, ['create']) !== true;

const SPECS = [
  ...['namePrefix', 'nameSuffix', 'namespace', 'commonLabels', 'labels', 'templateLabels', 'commonAnnotations'],
  ...['images', 'replicas'],
];
const SECRETS = OURS.filter(({ kind }) => kind === 'Secret');

/** Fields that a file of `configurations` adds, with their `create`. */
export type AddedFields = ReadonlyMap<string, boolean>;

/**
 * What a file of `configurations` adds that is about other kinds alone; undefined for another one. References and variables are replaced
 * behind all functions.
 */
export function fieldsOfOtherKinds(config: unknown): AddedFields | undefined {
  if (!isRecord(config)) return undefined;
  const added = new Map<string, boolean>();
  const areAdded = Object.entries(config).every(([field, specs]) => {
    if (!Array.isArray(specs)) return false;
    if (field === 'varReference') return specs.every((spec) => isDefault(spec) || isReference(spec));
    if (field !== 'nameReference')
      return (
        SPECS.includes(field) &&
        areOfOthers(specs) &&
        specs.every((spec) => {
          const key = JSON.stringify([field, ...['kind', 'path'].map((part) => valueAt(spec, [part]))]);
          return isAgreed(added, key, valueAt(spec, ['create']) === true);
        })
      );
    return specs.every((spec) => {
      const referrers = valueAt(spec, ['fieldSpecs']);
      const isPlain = hasOnly(spec, ['group', 'version', 'kind', 'fieldSpecs']) && Array.isArray(referrers);
      return isPlain && referrers.every(isReference);
    });
  });
  return areAdded ? added : undefined;
}

/** Adds a field; false where it is there with another `create`. */
function isAgreed(added: Map<string, boolean>, key: string, isCreated: boolean): boolean {
  const there = added.get(key) ?? isCreated;
  added.set(key, isCreated);
  return there === isCreated;
}

/** So many fields of several files are compared: very many kustomizations may name these. */
const MOST_ADDED = 200;

/** True for files of `configurations` that are about other kinds alone, and agree. */
export function areOfOtherKinds(files: readonly (AddedFields | undefined)[]): boolean {
  if (!files.every((file) => file !== undefined)) return false;
  if (files.length < 2) return true;
  if (files.reduce((sum, { size }) => sum + size, 0) > MOST_ADDED) return false;
  const added = new Map<string, boolean>();
  return files.every((file) => [...file].every(([key, isCreated]) => isAgreed(added, key, isCreated)));
}

/** The kinds that a file of `configurations` adds to those with `replicas`, by nothing but their name. */
export function scaledBy(config: unknown): readonly string[] {
  const isPlain = (spec: unknown) =>
    hasOnly(spec, ['kind', 'path', 'create']) && textAt(spec, ['path']) === 'spec/replicas';
  const kinds = listAt(config, ['replicas']).flatMap((spec) => (isPlain(spec) && textAt(spec, ['kind'])) || []);
  return [...new Set(kinds)];
}

/** True for a place of variables that kustomize knows by itself. */
function isDefault(spec: unknown): boolean {
  return hasOnly(spec, ['path']) && /^metadata\/(?:labels|annotations)$/.test(textAt(spec, ['path']) ?? '');
}

const BUILTIN: ReadonlyMap<unknown, 'labels' | 'annotations'> = new Map([
  ['LabelTransformer', 'labels'],
  ['AnnotationsTransformer', 'annotations'],
]);

/** What kustomize's own transformers of labels and annotations do; undefined where an object is another one. */
export function changeOfBuiltins(objects: readonly PlainObject[]): Change | undefined {
  const changes = objects.map(({ kind, apiVersion, value }) => {
    const field = BUILTIN.get(kind);
    if (field === undefined || apiVersion !== 'builtin') return undefined;
    const pairs = Object(valueAt(value(), [field]));
    const specs = listAt(value(), ['fieldSpecs']);
    const relevant = specs.filter((spec) => !isOfOthers(spec));
    const isPlain =
      hasOnly(value(), ['apiVersion', 'kind', 'metadata', field, 'fieldSpecs']) &&
      hasOnly(valueAt(value(), ['metadata']), ['name']) &&
      Object.entries(pairs).every((pair) => isPlainPair(pair) && !isNumberInGo({ value: pair[1], type: 'PLAIN' })) &&
      relevant.every((spec) => hasOnly(spec, ['path', 'create']) && textAt(spec, ['path']) === `metadata/${field}`) &&
      relevant.every((spec) => valueAt(spec, ['create']) === true);
    return isPlain ? { ...NO_CHANGE, ...(relevant.length > 0 && { [field]: stringsIn(pairs) }) } : undefined;
  });
  if (!changes.every((change) => change !== undefined)) return undefined;
  return changes.length === 0 ? undefined : changes.reduce(thenChanged);
}
