import { dirname, resolve } from 'node:path';
import { type Finding, finding } from '../../findings/finding.ts';
import { quote, shellWord } from '../../findings/quote.ts';
import { listAt, valueAt } from '../../model/plain-data.ts';
import { BASES, type PipelineFile, type Start, startsOf } from '../pipelines.ts';
import { type Hosted, type There, toRun } from './function-run.ts';
import type { FileItem } from './read-manifests.ts';

/** A kustomization that another one includes is built through that one. */
export function kustomizeRuns(kustomizations: readonly PipelineFile[], there: There): Hosted[] {
  const byFolder = new Map(kustomizations.map((one) => [dirname(one.file.real), one]));
  const basesOf = (one: PipelineFile) => pathsOf(one).flatMap((path) => byFolder.get(path) ?? []);
  const included = new Set(kustomizations.flatMap(basesOf));
  const starts = new Map(kustomizations.map((one) => [one, startsOf(one, there.at)]));
  return kustomizations
    .filter((one) => !included.has(one))
    .flatMap((root) => {
      const built = new Set([root]);
      for (const one of built) for (const base of basesOf(one)) built.add(base); // the set grows in this loop
      return [...built].flatMap((one) =>
        (starts.get(one) ?? []).map((start) => toKustomizeRun(start, one, { root, byFolder, there })),
      );
    });
}

/** The paths of a kustomization's resources and bases. Addresses of other repositories are no paths here. */
function pathsOf({ file, value }: PipelineFile): string[] {
  return BASES.flatMap((field) => listAt(value, [field]).map((entry) => resolve(dirname(file.real), String(entry))));
}

/** Fields by which a kustomization changes specs before a transformer gets them, and Secrets after the function. */
const CHANGES = [
  ...['namePrefix', 'nameSuffix', 'namespace', 'commonLabels', 'labels', 'commonAnnotations', 'components'],
  ...['patches', 'patchesStrategicMerge', 'patchesJson6902', 'replacements', 'vars', 'configurations'],
  ...['secretGenerator', 'configMapGenerator'],
];

function toKustomizeRun(
  { list, config }: Start,
  one: PipelineFile,
  { root, byFolder, there }: { root: PipelineFile; byFolder: ReadonlyMap<string, PipelineFile>; there: There },
): Hosted {
  const items = list === 'generators' ? [] : resourcesOf(one, byFolder, there.at);
  const folder = dirname(root.file.shown);
  const notCounted = [...new Set([root, one])].flatMap((changing) => changesBy(changing, folder));
  const run = toRun({ folder, host: 'kustomize', files: there.files, config, findings: [], notCounted }, items);
  return { run, root: dirname(root.file.real), claimed: [config, ...items] };
}

/** Says what a plan from files leaves out, and how to plan with it. */
function changesBy({ file, value }: PipelineFile, root: string): Finding[] {
  const fields = CHANGES.filter((field) => valueAt(value, [field]) !== undefined);
  if (fields.length === 0) return [];
  const exact = `STS_FUNCTION_MODE=plan kustomize build --enable-alpha-plugins --enable-exec ${shellWord(root)}`;
  const said = `the plan leaves out what ${fields.map((field) => `\`${field}\``).join(', ')} of ${quote(file.shown)} change. \`${exact}\` plans with them.`;
  return [finding('PLAN', said)];
}

/** The items of a kustomization's resources, and of those of its bases. */
function resourcesOf(
  kustomization: PipelineFile,
  byFolder: ReadonlyMap<string, PipelineFile>,
  at: There['at'],
): FileItem[] {
  const paths = new Set(pathsOf(kustomization));
  for (const path of paths) for (const inside of pathsIn(byFolder.get(path))) paths.add(inside); // the set grows in this loop
  return [...paths].flatMap((path) => (byFolder.has(path) ? [] : at(path)));
}

function pathsIn(kustomization: PipelineFile | undefined): string[] {
  return kustomization === undefined ? [] : pathsOf(kustomization);
}
