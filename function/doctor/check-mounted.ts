import { basename } from 'node:path';
import { quote } from '../findings/quote.ts';
import { isSlip } from '../model/meant-kind.ts';
import { cached, isRecord, listAt, textAt, valueAt } from '../model/plain-data.ts';
import type { Survey } from './survey.ts';

/** Where Crossplane's chart puts it, and with it the pods of its Functions. */
export const NAMESPACE = 'crossplane-system';
/** By these fields a kustomization may rename what it makes, or tell a runtime of the name. */
const RENAMING = ['configurations', 'crds', 'namePrefix', 'nameSuffix', 'replacements', 'transformers'];

const FOUND = new WeakMap<Survey, ReturnType<typeof configMapsIn>>();
/** So many names are compared. */
const MOST = 200;

/** Why no ConfigMap of this name is mounted with this key. Where none has nearly that name it may come from anywhere. */
export function checkMounted(survey: Survey, name: string, key: string): [cause: string, cure: string] | undefined {
  const all = cached(FOUND, survey, configMapsIn);
  const configMaps = all.filter((each) => each.name === name);
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

/** The ConfigMaps of manifests and kustomizations. `keys` and `namespace` are undefined where they are not known. */
function configMapsIn({ repository: { all, kustomizations } }: Survey) {
  const isMoved = kustomizations.some(({ value }) => textAt(value, ['namespace']));
  const manifests = all.flatMap(({ item: { kind, object, toJS } }) => {
    if (kind !== 'ConfigMap' || object === undefined) return [];
    const keys = ['data', 'binaryData'].flatMap((field) => Object.keys(valueAt(toJS(), [field]) ?? {}));
    return { name: object.name, namespace: isMoved ? undefined : object.namespace, keys, isHashed: false };
  });
  const mayRename = kustomizations.some(({ value }) => isRecord(value) && RENAMING.some((field) => field in value));
  const made = kustomizations.flatMap((kustomization) =>
    listAt(kustomization.value, ['configMapGenerator']).map((entry) => {
      const isWhole = ['env', 'envs', 'behavior'].every((field) => valueAt(entry, [field]) === undefined);
      const keyed = ['files', 'literals'].flatMap((field) => listAt(entry, [field]).map(String));
      const options = [valueAt(entry, ['options']), valueAt(kustomization.value, ['generatorOptions'])];
      const isKept = options.some((each) => valueAt(each, ['disableNameSuffixHash']) === true);
      return {
        name: textAt(entry, ['name']) ?? '',
        namespace: isMoved ? undefined : textAt(entry, ['namespace']),
        keys: isWhole ? keyed.map((text) => (/^.+?(?==)/s.exec(text) ?? [basename(text)])[0]) : undefined,
        isHashed: isWhole && !mayRename && !isKept,
      };
    }),
  );
  return [...manifests, ...made];
}
