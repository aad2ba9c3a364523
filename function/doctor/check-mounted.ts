import { basename } from 'node:path';
import type { SourceLocation } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { lineOf } from '../krm/line-of.ts';
import { parseObject } from '../krm/parse-yaml.ts';
import { isSlip } from '../model/meant-kind.ts';
import { asText, cached, isRecord, listAt, textAt, valueAt } from '../model/plain-data.ts';
import { locationIn } from '../repository/function-run.ts';
import { filesThrough, type PipelineFile, pathIn } from '../repository/pipelines.ts';
import type { FileItem } from '../repository/read-manifests.ts';
import { filesGiven, type Survey } from './survey.ts';

/** The one document that a ConfigMap has at a key; `value` is undefined where it has another number, or none that can be read. */
export type MountedText = Readonly<{ value: unknown; locationOf: (field: string) => SourceLocation }>;

/** Where Crossplane's chart puts it, and with it the pods of its Functions. */
export const NAMESPACE = 'crossplane-system';
/** By these fields a kustomization may rename what it makes, or tell a runtime of the name. */
const RENAMING = ['configurations', 'crds', 'namePrefix', 'nameSuffix', 'replacements', 'transformers'];

/** The key of an entry of `files` or `literals`. */
const keyOf = (entry: string) => (/^.+?(?==)/s.exec(entry) ?? [basename(entry)])[0];

const FOUND = new WeakMap<Survey, ReturnType<typeof configMapsIn>>();
/** The ConfigMaps of manifests and kustomizations, read once. */
export const configMapsOf = (survey: Survey) => cached(FOUND, survey, configMapsIn);
const byName = (survey: Survey) => Map.groupBy(configMapsOf(survey), (each) => each.name);
const BY_NAME = new WeakMap<Survey, ReturnType<typeof byName>>();
export const configMapsNamed = (survey: Survey, name: string) => cached(BY_NAME, survey, byName).get(name) ?? [];
/** So many names are compared. */
const MOST = 200;

/** Why no ConfigMap of this name is mounted with this key. Where none has nearly that name it may come from anywhere. */
export function checkMounted(survey: Survey, name: string, key: string): [cause: string, cure: string] | undefined {
  const all = configMapsOf(survey);
  const configMaps = configMapsNamed(survey, name);
  const what = `ConfigMap ${quote(name)}`;
  if (configMaps.length === 0) {
    const isPart = (other: string) => other.includes(name) || name.includes(other); // before or after a prefix
    const near = all.slice(0, MOST).find((each) => isSlip(name, each.name) && !isPart(each.name));
    return near && [`no manifest makes ${what}; did you mean ${quote(near.name)}?`, 'Correct the name'];
  }
  if (configMaps.every(({ keys }) => keys?.includes(key) === false))
    return [`${what} has no key ${quote(key)}`, 'Add it, or correct the name of the file'];
  if (configMaps.every(({ isHashed }) => isHashed))
    return [`kustomize adds a hash to the name of ${what}`, 'Give it `options: { disableNameSuffixHash: true }`'];
  const isElsewhere = (namespace = '') => namespace === 'default' || isSlip(namespace, NAMESPACE);
  return configMaps.every(({ namespace }) => isElsewhere(namespace))
    ? [`${what} is not in Crossplane's namespace`, `Put it there, for example into "${NAMESPACE}"`]
    : undefined;
}

/** What the only ConfigMap of this name has at this key, where a file shows it. */
export function mountedAt(survey: Survey, name: string, key: string): MountedText | undefined {
  const [first, second] = configMapsNamed(survey, name);
  if (first === undefined || second !== undefined) return undefined;
  const byKey = cached(MOUNTED, first, () => new Map<string, MountedText | undefined>());
  return cached(byKey, key, () => first.read(key));
}

/** The same at each of its first keys. */
export function mountedTexts(survey: Survey, name: string, most: number): unknown[] {
  const [first] = configMapsNamed(survey, name);
  return (first?.keys ?? []).slice(0, most).map((key) => mountedAt(survey, name, key)?.value);
}

const MOUNTED = new WeakMap<object, Map<string, MountedText | undefined>>();

function inManifest({ item, file }: FileItem, key: string): MountedText | undefined {
  const text = textAt(item.toJS(), ['data', key]);
  if (text === undefined) return undefined;
  const isBlock = text.trimEnd().includes('\n');
  const document: Parameters<typeof lineOf>[0] = { text, range: [0, text.length, text.length] }; // what is parsed of it is kept
  const locationOf = (field: string) => {
    const { line = 0, ...at } = locationIn(file, item, `data.${key}`);
    return { ...at, line: line + (isBlock ? lineOf(document, field) : 0) };
  };
  return { value: parseObject(text), locationOf };
}

/** The ConfigMaps of manifests and kustomizations. `keys` and `namespace` are undefined where they are not known. */
function configMapsIn({ repository }: Survey) {
  const { all, kustomizations, at } = repository;
  const moved = filesGiven({ repository }, 'namespace');
  const manifests = all.flatMap((manifest) => {
    const { kind, object, toJS } = manifest.item;
    if (kind !== 'ConfigMap' || object === undefined) return [];
    const keys = ['data', 'binaryData'].flatMap((field) => Object.keys(valueAt(toJS(), [field]) ?? {}));
    const read = (key: string) => inManifest(manifest, key);
    const namespace = moved.has(manifest.file.real) ? undefined : object.namespace;
    return { name: object.name, namespace, keys, isHashed: false, read, file: manifest.file };
  });
  const inFile = ({ file }: PipelineFile, entries: readonly string[], key: string): MountedText | undefined => {
    const entry = entries.find((text) => keyOf(text) === key);
    const items = entry === undefined ? [] : at(pathIn(file, entry.slice(entry.indexOf('=') + 1)));
    const [first] = items;
    if (first === undefined) return undefined;
    const locationOf = (field: string) => locationIn(first.file, first.item, field);
    return { value: items.length === 1 ? first.item.toJS() : undefined, locationOf };
  };
  const isRenaming = ({ value }: PipelineFile) => isRecord(value) && RENAMING.some((field) => field in value);
  const renamed = filesThrough(kustomizations, isRenaming);
  const made = kustomizations.flatMap((kustomization) =>
    listAt(kustomization.value, ['configMapGenerator']).map((entry) => {
      const { file } = kustomization;
      const isWhole = ['env', 'envs', 'behavior'].every((field) => valueAt(entry, [field]) === undefined);
      const keyed = ['files', 'literals'].flatMap((field) => listAt(entry, [field]).map(asText));
      const options = [valueAt(entry, ['options']), valueAt(kustomization.value, ['generatorOptions'])];
      const isKept = options.some((each) => valueAt(each, ['disableNameSuffixHash']) === true);
      return {
        name: textAt(entry, ['name']) ?? '',
        namespace: moved.has(file.real) ? undefined : textAt(entry, ['namespace']),
        keys: isWhole ? keyed.map(keyOf) : undefined,
        isHashed: isWhole && !renamed.has(file.real) && !isKept,
        file,
        read: (key: string) => inFile(kustomization, listAt(entry, ['files']).map(asText), key),
      };
    }),
  );
  return [...manifests, ...made];
}
