import { dirname } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { say, theObject } from '../findings/say.ts';
import { isIgnored } from '../model/annotations.ts';
import { isExternalSecret, keyOfSecret, objectKey, SEALED_SECRET_KIND, secretObject } from '../model/kinds.ts';
import { defined, textAt, valueAt } from '../model/plain-data.ts';
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
  return all.flatMap(({ run, draft: { jobs, handled } = { jobs: [], handled: [] } }) => {
    const { host, folder, byKey, doubts = [], after } = run;
    if (jobs.length === 0 || after.edits.length + doubts.length > 0) return [];
    const ours = new Set(handled.map(objectKey));
    const items = host === 'kustomize' ? itemsOf(folder) : [...byKey.values()].flat();
    const writers = new Map(
      items.flatMap(({ item, file }) => {
        const { object } = item;
        const name = object && !ours.has(objectKey(object)) ? nameOfSecret(item) : undefined;
        const namespace = after.change.namespace ?? item.namespace;
        return object && name ? [[keyOfSecret(defined({ name, namespace })), { object, file }] as const] : [];
      }),
    );
    return jobs.flatMap(({ requester, target, form }) => {
      const end = renamed(target, after.change);
      const writer = form.merge === undefined ? writers.get(keyOfSecret(end)) : undefined;
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

/** The name of the Secret that a controller makes of an object. */
function nameOfSecret({ apiVersion = '', kind, object, toJS }: FileItem['item']): string | undefined {
  if (kind === SEALED_SECRET_KIND && apiVersion.startsWith('bitnami.com/')) return object?.name;
  if (!isExternalSecret({ apiVersion, kind }) || isIgnored(toJS())) return undefined;
  const target = valueAt(toJS(), ['spec', 'target']);
  return MAKING.includes(valueAt(target, ['creationPolicy'])) ? (textAt(target, ['name']) ?? object?.name) : undefined;
}
