import { dirname } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { say, theObject } from '../findings/say.ts';
import { isIgnored } from '../model/annotations.ts';
import { isExternalSecret, keyOfSecret, objectKey, SEALED_SECRET_KIND, secretObject } from '../model/kinds.ts';
import { cached, defined, textAt, valueAt } from '../model/plain-data.ts';
import type { Draft } from '../planner/draft.ts';
import { type FunctionRun, locationOf } from '../repository/function-run.ts';
import { renamed } from '../repository/metadata-change.ts';
import { newBuilds, type PipelineFile } from '../repository/pipelines.ts';
import type { FileItem } from '../repository/read-manifests.ts';
import type { Repository } from '../repository/repository.ts';

type Run = Readonly<{ run: FunctionRun; draft?: Pick<Draft, 'jobs' | 'handled'> }>;

/**
 * Warns of a Secret that something else of the same package, build or folder makes too: a SealedSecret, or an ExternalSecret of a store. Nothing
 * is said where kustomize may change a name.
 */
export function checkWriters(all: readonly Run[], { kustomizations, at }: Repository): Finding[] {
  const buildOf = newBuilds(kustomizations);
  const itemsOf = (folder: string) => {
    const { included, paths } = buildOf(folder);
    const isNaming = ({ value }: PipelineFile, index: number) =>
      ['namePrefix', 'nameSuffix', ...(index > 0 ? ['namespace'] : [])].some((field) => textAt(value, [field]));
    return included.some(isNaming) ? [] : [...paths].flatMap(at);
  };
  const byPlace = new Map(); // of very many starts
  return all.flatMap(({ run, draft: { jobs, handled } = { jobs: [], handled: [] } }) => {
    const { host, folder, byKey, doubts = [], after } = run;
    if (jobs.length === 0 || after.edits.length + doubts.length > 0) return [];
    const ours = new Set(handled.map(objectKey));
    const items = () => (host === 'kustomize' ? itemsOf(folder) : [...byKey.values()].flat());
    const byNamespace = cached(byPlace, host === 'kustomize' ? folder : byKey, () => new Map());
    const { namespace } = after.change;
    const writers: ReturnType<typeof writersIn> = cached(byNamespace, namespace, () => writersIn(items(), namespace));
    return jobs.flatMap(({ requester, target, form }) => {
      const end = renamed(target, after.change);
      const some = form.merge === undefined ? writers.get(keyOfSecret(end)) : undefined;
      const writer = some?.findLast(({ object }) => !ours.has(objectKey(object)));
      const file = byKey.get(objectKey(requester))?.[0]?.file ?? run.configFile;
      const isBeside = host !== 'none' || dirname(file?.real ?? '') === dirname(writer?.file.real ?? '');
      if (writer === undefined || !isBeside) return [];
      const message = say`${theObject(requester)} and ${theObject(writer.object)} both make ${theObject(secretObject(end))}, and each overwrites what the other made. Give one of them another name.`;
      const location = locationOf(run, { object: requester });
      return [
        {
          ...finding('TARGET_CONFLICT', message, { object: requester, ...defined({ location }) }),
          severity: 'warning',
        },
      ];
    });
  });
}

/** Policies of ExternalSecrets that make the whole Secret. */
const MAKING: readonly unknown[] = [undefined, 'Owner', 'Orphan'];

/** What makes a Secret, by the key of that. */
function writersIn(items: readonly FileItem[], changed: string | undefined) {
  const writers = items.flatMap(({ item, file }) => {
    const { object, namespace } = item;
    const name = object && nameOfSecret(item);
    const key = keyOfSecret(defined({ name: name ?? '', namespace: changed ?? namespace }));
    return object && name ? [{ object, file, key }] : [];
  });
  return Map.groupBy(writers, ({ key }) => key);
}

/** The name of the Secret that a controller makes of an object. */
function nameOfSecret({ apiVersion = '', kind, object, toJS }: FileItem['item']): string | undefined {
  if (kind === SEALED_SECRET_KIND && apiVersion.startsWith('bitnami.com/')) return object?.name;
  if (!isExternalSecret({ apiVersion, kind }) || isIgnored(toJS())) return undefined;
  const target = valueAt(toJS(), ['spec', 'target']);
  return MAKING.includes(valueAt(target, ['creationPolicy'])) ? (textAt(target, ['name']) ?? object?.name) : undefined;
}
