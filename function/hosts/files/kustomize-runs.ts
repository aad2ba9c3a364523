import { dirname, resolve } from 'node:path';
import { type Finding, finding } from '../../findings/finding.ts';
import { quote, shellWord } from '../../findings/quote.ts';
import { say, theObject } from '../../findings/say.ts';
import type { ObjectNeed } from '../../model/need.ts';
import { defined, listAt, valueAt } from '../../model/plain-data.ts';
import { BASES, type PipelineFile, STARTING, type Start, startsOf } from '../pipelines.ts';
import { type FunctionRun, type Hosted, isBelow, type There, toRun } from './function-run.ts';
import { builtBy, pathsOf } from './kustomize-names.ts';

/**
 * The kustomizations that include themselves, or one that does: kustomize builds none of them, so what they include besides is as if they
 * were not there.
 */
export function endlessOf(kustomizations: readonly PipelineFile[]): Set<PipelineFile> {
  const basesOf = basesAmong(kustomizations);
  const open = new Map(kustomizations.map((one) => [one, new Set(basesOf(one))]));
  const includedBy = new Map(kustomizations.map((one) => [one, new Set<PipelineFile>()]));
  for (const [one, bases] of open) for (const base of bases) includedBy.get(base)?.add(one);
  const ended = new Set(kustomizations.filter((one) => open.get(one)?.size === 0));
  for (const one of ended) {
    for (const other of includedBy.get(one) ?? []) {
      const bases = open.get(other);
      bases?.delete(one);
      if (bases?.size === 0) ended.add(other); // the set grows in this loop
    }
  }
  return new Set(kustomizations.filter((one) => !ended.has(one)));
}

function basesAmong(kustomizations: readonly PipelineFile[]): (one: PipelineFile) => PipelineFile[] {
  const byFolder = new Map(kustomizations.map((one) => [dirname(one.file.real), one]));
  return (one) => pathsOf(one).flatMap((path) => byFolder.get(path) ?? []);
}

/** A kustomization that another one includes is built through that one. */
export function kustomizeRuns(kustomizations: readonly PipelineFile[], there: There): Hosted[] {
  const byFolder = new Map(kustomizations.map((one) => [dirname(one.file.real), one]));
  const basesOf = basesAmong(kustomizations);
  const included = new Set(kustomizations.flatMap(basesOf));
  const starts = new Map(kustomizations.map((one) => [one, startsOf(one, there.at)]));
  return kustomizations
    .filter((one) => !included.has(one))
    .flatMap((root) => {
      const built = new Set([root]);
      for (const one of built) for (const base of basesOf(one)) built.add(base); // the set grows in this loop
      const folders = new Set([...built].map(({ file }) => dirname(file.real)));
      const strays = [...built].flatMap((one) => strayOf(one, byFolder, there.at));
      return [...built].flatMap((one) =>
        (starts.get(one) ?? []).map((start) => {
          const { run, claimed, ...hosted } = toKustomizeRun(start, one, { root, byFolder, there });
          const own = strays.length === 0 ? claimed : claimed.filter(({ file }) => isInOne(folders, file.real));
          return { ...hosted, claimed: own, run: { ...run, findings: [...strays, ...run.findings] } };
        }),
      );
    });
}

/**
 * Refuses what kustomize does: files outside of a kustomization's folder, which are another package's, unless that one is a kustomization
 * (kubernetes-sigs/kustomize, kustomize/v5.8.1, api/internal/loader/loadrestrictions.go).
 */
function strayOf(one: PipelineFile, byFolder: ReadonlyMap<string, PipelineFile>, at: There['at']): Finding[] {
  const folder = dirname(one.file.real);
  const isStray = (path: string) => !isBelow(folder, path) && !byFolder.has(path) && at(path).length > 0;
  return [...BASES, ...STARTING].flatMap((field) =>
    listAt(one.value, [field]).flatMap((entry) => {
      if (typeof entry !== 'string' || !isStray(resolve(folder, entry))) return [];
      const message = `cannot read \`${field}\` of ${quote(one.file.shown)}: it names ${quote(entry)}, and kustomize reads no file outside of the kustomization's folder. Name a folder with a kustomization of its own.`;
      return [finding('INPUT_UNREADABLE', message)];
    }),
  );
}

function isInOne(folders: ReadonlySet<string>, path: string): boolean {
  const folder = dirname(path);
  return folders.has(folder) || (folder !== path && isInOne(folders, folder));
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
  const { items, names } = list === 'generators' ? { items: [] } : builtBy(one, byFolder, there.at);
  const folder = dirname(root.file.shown);
  const notCounted = [...new Set([root, one])].flatMap((changing) => changesBy(changing, folder));
  const run = toRun(
    { folder, host: 'kustomize', files: there.files, config, findings: [], notCounted, ...defined({ names }) },
    items,
  );
  return { run, root: dirname(root.file.real), claimed: [config, ...items] };
}

/** Says what a plan from files leaves out, and how to plan with it. */
function changesBy({ file, value }: PipelineFile, root: string): Finding[] {
  const fields = CHANGES.filter((field) => valueAt(value, [field]) !== undefined);
  if (fields.length === 0) return [];
  const said = `the plan leaves out what ${inCode(fields)} of ${quote(file.shown)} change. ${exactPlan(root)} plans with them.`;
  return [finding('PLAN', said)];
}

function inCode(fields: readonly string[]): string {
  return fields.map((field) => `\`${field}\``).join(', ');
}

/** The command whose plan has all that kustomize changes. */
function exactPlan(folder: string): string {
  return `\`STS_FUNCTION_MODE=plan kustomize build --enable-alpha-plugins --enable-exec ${shellWord(folder)}\``;
}

/**
 * Whether kustomize may have an object that is not among the files: it makes or renames some, and `notCounted` gets those of which only
 * its own plan can tell.
 */
export function mayHave({ names, folder }: FunctionRun, { object, by }: ObjectNeed, notCounted: Finding[]): boolean {
  if (names === undefined) return false;
  if (names.has(object)) return true;
  const changing = [...names.renaming, ...names.edits];
  if (changing.length === 0) return false;
  const said = say`the plan leaves out ${theObject(object)} for ${theObject(by)}: it is not among the files, and ${inCode(changing)} may change that. ${exactPlan(folder)} tells.`;
  notCounted.push(finding('PLAN', said, { object: by }));
  return true;
}
