import { basename, dirname, isAbsolute, join } from 'node:path';
import { type Finding, FindingError, finding } from '../../findings/finding.ts';
import { quote } from '../../findings/quote.ts';
import { parseDocuments } from '../../krm/documents.ts';
import type { Item } from '../../krm/item.ts';
import { printBlock } from '../../krm/print.ts';
import { isKptfile } from '../../model/kinds.ts';
import { listAt, textAt, valueAt } from '../../model/plain-data.ts';
import { type Step, stepsOf } from '../kpt-steps.ts';
import type { PipelineFile } from '../pipelines.ts';
import { type Hosted, isBelow, type There, toRun } from './function-run.ts';
import type { FileItem, ManifestFile } from './read-manifests.ts';

/** kpt runs a step over the resources of its package and of the subpackages (kptdev/kpt, v1.0.0-beta.67, pkg/lib/kptops/render_executor.go). */
export function kptRuns(kptfiles: ReturnType<typeof kptfilesOf>, { files, at }: There): Hosted[] {
  return kptfiles.flatMap(({ file, value }) =>
    stepsOf({ value }).map((step) => {
      const inPackage = at(dirname(file.real));
      const { config, findings } = configOf(step, file, at);
      const { items, faults } = selectedBy(
        step,
        inPackage.filter(({ item }) => item !== config?.item),
      );
      const run = toRun(
        { folder: dirname(file.shown), host: 'kpt', files, config, findings: [...findings, ...faults] },
        items,
      );
      return { run, root: dirname(file.real), claimed: [...inPackage, ...(config === undefined ? [] : [config])] };
    }),
  );
}

/** The Kptfiles among the items. */
export function kptfilesOf(all: readonly FileItem[]): (PipelineFile & Pick<FileItem, 'file'>)[] {
  return all
    .filter(({ item, file }) => basename(file.real) === 'Kptfile' && isKptfile(item))
    .map(({ item, file }) => ({ file, value: item.toJS() }));
}

/** The functionConfig of a step: the object of a file in its package, or a ConfigMap of its values. */
function configOf(
  { field, value }: Step,
  kptfile: ManifestFile,
  at: There['at'],
): { config: FileItem | undefined; findings: readonly Finding[] } {
  const path = valueAt(value, ['configPath']);
  const data = valueAt(value, ['configMap']);
  const refuse = (cause: string) => {
    const message = `cannot read the functionConfig of \`${field}\` in ${quote(kptfile.shown)}: \`configPath\` ${cause}.`;
    return { config: undefined, findings: [finding('FUNCTION_CONFIG_INVALID', message)] };
  };
  if (path !== undefined) {
    if (typeof path !== 'string') return refuse('is not a string. Name the file of the Input');
    const folder = dirname(kptfile.real);
    const real = join(folder, path);
    if (isAbsolute(path) || !isBelow(folder, real))
      return refuse(`names ${quote(path)}, and kpt reads none outside of the package. Put the Input into it`);
    const config = at(real).find(({ file }) => file.real === real);
    if (config !== undefined) return { config, findings: [] };
    const shown = join(dirname(kptfile.shown), path);
    return refuse(`names ${quote(shown)}, which has no Input. Correct the path, or add the file`);
  }
  if (data === undefined) return { config: undefined, findings: [] };
  const text = printBlock({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'function-input' }, data });
  const written = { ...kptfile, ...parseDocuments(text, kptfile.shown) };
  const [item] = written.items;
  return { config: item && { item, file: written }, findings: [] };
}

/** The items that kpt sends to a step, and one that cannot be read for it: its own package is refused, and no other. */
function selectedBy(step: Step, all: readonly FileItem[]): { items: readonly FileItem[]; faults: readonly Finding[] } {
  try {
    return { items: all.filter(({ item }) => isSelected(item, step)), faults: [] };
  } catch (error) {
    if (error instanceof FindingError) return { items: [], faults: [error.finding] };
    throw error;
  }
}

/** True for an item that kpt sends to a step: `selectors` and `exclude` compare whole values. */
function isSelected(item: Item, { value }: Step): boolean {
  const selectors = listAt(value, ['selectors']);
  const fits = (selector: unknown) =>
    Object.entries(Object(selector)).every(([part, is]) => isEqualPart(item, part, is));
  return (selectors.length === 0 || selectors.some(fits)) && !listAt(value, ['exclude']).some(fits);
}

function isEqualPart({ object, apiVersion, kind, toJS }: Item, part: string, is: unknown): boolean {
  if (part === 'labels' || part === 'annotations') {
    return Object.entries(Object(is)).every(([key, wanted]) => textAt(toJS(), ['metadata', part, key]) === wanted);
  }
  return { apiVersion, kind, name: object?.name, namespace: object?.namespace ?? '' }[part] === is;
}
