import type { ObjectRef } from '../findings/say.ts';
import { splitDocuments } from '../krm/split-documents.ts';
import {
  apiVersionOf,
  CLUSTER_GENERATOR_KIND,
  CORE_KINDS,
  coreObject,
  EXTERNAL_SECRET_KIND,
  GENERATOR_KINDS,
  INPUT_API_VERSION,
  INPUT_KIND,
} from '../model/kinds.ts';
import { parseBounded } from '../model/parse-bounded.ts';
import { attempt, cached, globOf, isRecord, listAt, once, stringsIn, textAt, valueAt } from '../model/plain-data.ts';
import type { AllManifests } from './function-run.ts';
import { type Change, type Edit, INTERNAL, isPlainAnnotation, NO_CHANGE, thenChanged } from './metadata-change.ts';

/** Shows of what a kustomization does that it leaves our objects alone. What is not shown here may touch anything. */

/** An object of each kind that is ours, or that ours are read from. */
const OURS: readonly ObjectRef[] = [
  ...[...GENERATOR_KINDS, CLUSTER_GENERATOR_KIND, EXTERNAL_SECRET_KIND].map((kind) => ({
    ...{ apiVersion: apiVersionOf(kind), kind, name: '' },
  })),
  { apiVersion: INPUT_API_VERSION, kind: INPUT_KIND, name: '' },
  ...CORE_KINDS.map((kind) => coreObject(kind, { name: '' })),
];

type MayTouch = Edit['mayTouch'];
/** `isWide`: it may also give other objects our kinds and names. */
export type Touch = Pick<Edit, 'mayTouch' | 'isWide'>;
export const ANYTHING: Touch = { mayTouch: () => true, isWide: true };

/** The documents of a text, without a merge; undefined where a program in Go may find others in it. */
function plainDocuments(text: string): readonly unknown[] | undefined {
  if (/^%|\r(?!\n)|[\u0085\u2028\u2029]/m.test(text)) return undefined;
  return attempt(() => splitDocuments(text).map(({ start, end }) => parseBounded(text.slice(start, end)).toJS()));
}

/** True for a map with no other keys: kustomize reads those that are spelled otherwise too. */
function hasOnly(value: unknown, keys: readonly string[]): boolean {
  return isRecord(value) && Object.keys(value).every((key) => keys.includes(key));
}

/** What is shown of a text, each once: many entries of many kustomizations may name it. */
export function proofsOf(there: AllManifests, text: unknown) {
  const cache = cached(PROOFS, there, () => new Map<unknown, Proofs>());
  return cached(cache, text, () => {
    const documents = once(() => plainDocuments(typeof text === 'string' ? text : '') ?? []);
    return {
      count: once(() => splitDocuments(String(text)).length),
      patches: once(() => patchesIn(documents())),
      replacements: once(() => (documents().length === 1 ? documents().flat().flatMap(touchesOfReplacement) : [])),
      isOfOtherKinds: once(() => isOfOtherKinds(documents())),
      changeOfBuiltins: once(() => changeOfBuiltins(documents())),
    };
  });
}

interface Proofs {
  /** How many documents it has. */
  readonly count: () => number;
  readonly patches: () => readonly Patch[];
  /** None where they are not plain. */
  readonly replacements: () => readonly Touch[];
  readonly isOfOtherKinds: () => boolean;
  readonly changeOfBuiltins: () => Change | undefined;
}
const PROOFS = new WeakMap<AllManifests, Map<unknown, Proofs>>();

/** `renames`: it may change the name of an object. */
type Patch = Touch & { readonly renames?: boolean };

/** What a patch may touch: each document names an object, or the entry has a target for what is a single one. */
export function touchesOfPatch(entry: unknown, { patches }: Proofs): readonly Touch[] {
  const [target, options] = ['target', 'options'].map((field) => valueAt(entry, [field]));
  const allowed = Object.entries(Object(options)).flatMap(([option, isSet]) => (isSet === false ? [] : [option]));
  const isPlain =
    hasOnly(entry, ['path', 'patch', 'target', 'options']) && allowed.every((option) => option === 'allowNameChange');
  if (!isPlain || patches().length === 0) return [ANYTHING];
  if (target === undefined) return allowed.length === 0 ? patches() : [ANYTHING];
  const mayTouch = selected(target);
  const renames = allowed.length > 0 || patches().some((patch) => patch.renames);
  return [{ mayTouch, isWide: renames && OURS.some((object) => mayTouch(object)) }];
}

/** The documents of a patch; none where it may change a type, or is not plain. */
function patchesIn(documents: readonly unknown[]): readonly Patch[] {
  const [operations, more] = documents;
  if (Array.isArray(operations)) {
    const isPlain = more === undefined && operations.every((operation) => hasOnly(operation, OPERATION));
    const paths = operations.map((operation) => textAt(operation, ['path']) ?? '');
    const renames = paths.some((path) => NAMES.test(path));
    return isPlain && paths.every((path) => FIELD.test(path)) ? [{ ...ANYTHING, renames }] : [];
  }
  const patches = documents.map(mergePatch);
  return patches.every((patch) => patch !== undefined) ? patches : [];
}

const OPERATION = ['op', 'path', 'from', 'value'];
/** A pointer to a field that is not of the type. Its part before the first slash counts for nothing (evanphx/json-patch, v4.13.0, patch.go). */
const FIELD = /^[^/]*\/(?!(?:kind|apiVersion)(?:\/|$))[A-Za-z]\w*(?:\/|$)/;
/** One to metadata but for labels and an annotation that is not kustomize's own. */
const NAMES = /^[^/]*\/metadata(?!\/labels(?:\/|$)|\/annotations\/(?!internal\.))/;

function mergePatch(document: unknown): Patch | undefined {
  const metadata = valueAt(document, ['metadata']);
  const annotations = Object(valueAt(metadata, ['annotations']));
  const isPlain = [document, metadata, annotations].every((map) => !Object.hasOwn(Object(map), '<<'));
  const kind = textAt(document, ['kind']) ?? '';
  const isOwn = Object.keys(annotations).some((key) => key.startsWith(INTERNAL));
  return isPlain && isPlainKind(kind) && !isOwn ? touchesNamed(kind, valueAt(metadata, ['name'])) : undefined;
}

/** A strategic merge patch, or what a kustomization makes, names an object by any name that it had on the way. */
export function touchesNamed(kind: string, name: unknown): Touch {
  const own = kind.toLowerCase();
  const mayBe = onTheWay([typeof name === 'string' ? name : '']);
  return { mayTouch: (of, now) => of.kind.toLowerCase() === own && (now === undefined || mayBe(of.name, now)) };
}

/** False for a list too: kustomize takes its items. */
function isPlainKind(kind: string): boolean {
  return /^[A-Za-z][A-Za-z\d]*$/.test(kind) && !kind.endsWith('List');
}

/** Whether a word may be a name that an object had from the one that is written to the one by now: each is a part of the next. */
function onTheWay(words: readonly string[]) {
  return (written: string, now: string) =>
    words.some((word) => word === '' || (now.includes(word) && word.includes(written)));
}

/**
 * What a selector may touch. Its patterns are those of Go, and stand for a whole kind, group or name (kubernetes-sigs/kustomize, kustomize/v5.8.1,
 * api/types/selector.go): only words, and dots that stand for something, are compared. Labels and annotations only make it select less.
 */
function selected(selector: unknown): MayTouch {
  if (!hasOnly(selector, SELECTOR)) return () => true;
  const [kinds, groups, names] = ['kind', 'group', 'name'].map((part) => globsOf(textAt(selector, [part]) ?? ''));
  const isWord = names?.every((name) => !name.includes('*'));
  const mayFit = (globs: readonly string[] | undefined) => {
    const all = globs?.map(globOf);
    return (text: string) => all === undefined || all.some((fits) => fits(text));
  };
  const [kind, group, name] = [mayFit(kinds), mayFit(groups), mayFit(names)];
  const mayBe = names && isWord ? onTheWay(names) : (written: string, now: string) => now !== written || name(written);
  return (written, now) =>
    kind(written.kind) &&
    group(written.apiVersion.includes('/') ? written.apiVersion.replace(/\/.*/s, '') : '') &&
    (now === undefined || mayBe(written.name, now));
}

const SELECTOR = ['group', 'version', 'kind', 'name', 'namespace', 'labelSelector', 'annotationSelector'];
/** The most characters of a pattern that is compared. */
const LONGEST = 200;

/** What a pattern may stand for, as words with `*`; undefined for anything. */
function globsOf(pattern: string): readonly string[] | undefined {
  const [, grouped, plain] = /^\^?(?:\(([^()^$]*)\)|([^()^$]*))\$?$/.exec(pattern) ?? [];
  const words = (grouped ?? plain ?? '').split('|');
  if (pattern.length > LONGEST || !words.every((word) => /^(?:[\w-]|\.[*+?]?)+$/.test(word))) return undefined;
  return words.map((word) => word.replaceAll(/\.[*+?]?/g, '*'));
}

/** What an entry of `replacements` touches: a file, or its targets. */
export function touchesOfEntry(entry: unknown, inFile: (path: unknown) => Proofs): readonly Touch[] {
  if (!hasOnly(entry, ['path'])) return touchesOfReplacement(entry);
  const touches = inFile(valueAt(entry, ['path'])).replacements();
  return touches.length > 0 ? touches : [ANYTHING];
}

function touchesOfReplacement(entry: unknown): readonly Touch[] {
  const targets = listAt(entry, ['targets']);
  if (targets.length === 0 || !hasOnly(entry, ['source', 'sourceValue', 'targets'])) return [ANYTHING];
  return targets.map((target) => {
    const fields = listAt(target, ['fieldPaths']).map(String);
    const isPlain = hasOnly(target, ['select', 'reject', 'fieldPaths', 'options']);
    const mayTouch = selected(valueAt(target, ['select']));
    const renames = fields.length === 0 || fields.some((field) => /^metadata(?!\.labels\.)/.test(field));
    const isKept =
      isPlain && fields.every((field) => /^(?!(?:kind|apiVersion)(?:\.|$))[A-Za-z]\w*(?:\.|$)/.test(field));
    return isKept ? { mayTouch, isWide: renames && OURS.some((object) => mayTouch(object)) } : ANYTHING;
  });
}

/** True for a field of another kind than ours, in metadata or below another field. */
function isOfOthers(spec: unknown, ours = OURS): boolean {
  const kind = textAt(spec, ['kind']) ?? '';
  return (
    hasOnly(spec, ['group', 'version', 'kind', 'path', 'create']) &&
    /^(?!(?:kind|apiVersion)(?:\/|$))[A-Za-z]\w*(?:\[\])?(?:\/|$)/.test(textAt(spec, ['path']) ?? '') &&
    isPlainKind(kind) &&
    !ours.some((object) => object.kind.toLowerCase() === kind.toLowerCase())
  );
}

/** True for `fieldSpecs` or `fields` with which a kustomization changes other kinds than ours. */
export function areOfOthers(specs: unknown): boolean {
  return Array.isArray(specs) && specs.every((spec) => isOfOthers(spec));
}

const SPECS = [
  ...['namePrefix', 'nameSuffix', 'namespace', 'commonLabels', 'labels', 'templateLabels', 'commonAnnotations'],
  ...['images', 'replicas'],
];
const SECRETS = OURS.filter(({ kind }) => kind === 'Secret');

/** True for a file of `configurations` that is about other kinds alone. References and variables are replaced behind all functions. */
function isOfOtherKinds([config, ...more]: readonly unknown[]): boolean {
  if (!isRecord(config) || more.length > 0) return false;
  return Object.entries(config).every(([field, specs]) => {
    if (!Array.isArray(specs)) return false;
    if (field === 'varReference') return specs.every((spec) => isDefault(spec) || isOfOthers(spec, SECRETS));
    if (field !== 'nameReference') return SPECS.includes(field) && areOfOthers(specs);
    return specs.every((spec) => {
      const referrers = valueAt(spec, ['fieldSpecs']);
      const isPlain = hasOnly(spec, ['group', 'version', 'kind', 'fieldSpecs']) && Array.isArray(referrers);
      return isPlain && referrers.every((referrer) => isOfOthers(referrer, SECRETS));
    });
  });
}

/** True for a place of variables that kustomize knows by itself. */
function isDefault(spec: unknown): boolean {
  return hasOnly(spec, ['path']) && /^metadata\/(?:labels|annotations)$/.test(textAt(spec, ['path']) ?? '');
}

const BUILTIN: ReadonlyMap<unknown, 'labels' | 'annotations'> = new Map([
  ['LabelTransformer', 'labels'],
  ['AnnotationsTransformer', 'annotations'],
]);

/** What kustomize's own transformers of labels and annotations do; undefined where a document is another one. */
function changeOfBuiltins(documents: readonly unknown[]): Change | undefined {
  const changes = documents.map((document) => {
    const field = BUILTIN.get(valueAt(document, ['kind']));
    if (field === undefined || textAt(document, ['apiVersion']) !== 'builtin') return undefined;
    const pairs = Object(valueAt(document, [field]));
    const specs = listAt(document, ['fieldSpecs']);
    const own = specs.filter((spec) => !isOfOthers(spec));
    const isPlain =
      hasOnly(document, ['apiVersion', 'kind', 'metadata', field, 'fieldSpecs']) &&
      hasOnly(valueAt(document, ['metadata']), ['name']) &&
      Object.entries(pairs).every((pair) => pair[0] !== '<<' && isPlainAnnotation(pair)) &&
      own.every((spec) => hasOnly(spec, ['path', 'create']) && textAt(spec, ['path']) === `metadata/${field}`) &&
      own.every((spec) => valueAt(spec, ['create']) === true);
    return isPlain ? { ...NO_CHANGE, ...(own.length > 0 && { [field]: stringsIn(pairs) }) } : undefined;
  });
  if (!changes.every((change) => change !== undefined)) return undefined;
  return changes.length === 0 ? undefined : changes.reduce(thenChanged);
}
