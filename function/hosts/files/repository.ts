import { dirname, resolve } from 'node:path';
import { type Finding, FindingError, finding } from '../../findings/finding.ts';
import { quote } from '../../findings/quote.ts';
import { readMap } from '../../krm/item.ts';
import { isKptfile } from '../../model/kinds.ts';
import { checkNested } from '../kpt-steps.ts';
import type { PipelineFile } from '../pipelines.ts';
import { type FilePath, findFiles, MANIFEST } from './find-files.ts';
import { type FunctionRun, isBelow, type There } from './function-run.ts';
import { kptfilesOf, kptRuns } from './kpt-runs.ts';
import { endlessOf, kustomizeRuns } from './kustomize-runs.ts';
import { looseRuns } from './loose-runs.ts';
import {
  type FileItem,
  isOfInterest,
  isOfOurGroup,
  isPolicy,
  type ManifestFile,
  readManifests,
} from './read-manifests.ts';

/** What files and folders hold for this function. */
export interface Repository extends Pick<There, 'all' | 'at'> {
  /** As the user named them. */
  readonly paths: readonly string[];
  readonly files: readonly FilePath[];
  readonly kptfiles: readonly PipelineFile[];
  /** Those that can be built. */
  readonly kustomizations: readonly PipelineFile[];
  readonly runs: readonly FunctionRun[];
  /** Files with a Policy, which is not used. */
  readonly policies: readonly FilePath[];
  /** What could not be read, and in which pipelines something is wrong. */
  readonly findings: readonly Finding[];
}

/** Names of files that are read: manifests, Kptfiles and kustomizations. */
const NAMES = new RegExp(`${MANIFEST.source}|^(?:Kptfile|Kustomization)$`, 'i');
const KUSTOMIZATION = /(?:^|\/)(?:kustomization\.ya?ml|Kustomization)$/;
/** Files that say how their folder is rendered. */
const HOST_FILE = new RegExp(`${KUSTOMIZATION.source}|(?:^|/)Kptfile$`);

/**
 * Reads `paths`, and finds the runs in them as their hosts would start them: each step of a Kptfile, with what is in its package and
 * subpackages; each object by which a kustomization starts the function, in the kustomizations that no other one includes; then what is
 * in no such pipeline, with the Input beside it. `check` is called before each file and throws when the time of the run is up; `see` gets
 * each file that could be read.
 */
export function readRepository(
  paths: readonly string[],
  check: () => void = () => {},
  see: (file: ManifestFile) => void = () => {},
): Repository {
  const found = findFiles(paths, NAMES);
  const named = new Set(paths.map((path) => resolve(path)));
  const isNamed = ({ shown }: FilePath) => named.has(resolve(shown));
  const read = found.files.map((file) => {
    check();
    return readOne(file, see);
  });
  const all = read.flatMap(({ items = [] }) => items);
  const there = { all, files: new Map(all.map(({ file }) => [file.real, file])), at: indexOf(all) };
  const written = read.flatMap(({ kustomization }) => kustomization ?? []);
  const endless = endlessOf(written);
  const kustomizations = written.filter((one) => !endless.has(one));
  const faults = [...read.flatMap((one) => one.fault ?? []), ...[...endless].map(faultOf)];
  const kptfiles = kptfilesOf(all);
  const hosted = [...kptRuns(kptfiles, there), ...kustomizeRuns(kustomizations, there)];
  const isHosted = ({ file }: Fault) => hosted.some(({ root }) => isBelow(root, file.real));
  // without its pipeline nobody knows with which options a package is rendered
  const unknown = faults
    .filter(({ file }) => HOST_FILE.test(file.real))
    .map(({ file }) => there.at(dirname(file.real)));
  const loose = looseRuns([...hosted, ...unknown.map((claimed) => ({ claimed }))], there, isNamed);
  const looseFaults = faults.filter((one) => !isHosted(one) && !HOST_FILE.test(one.file.real));
  return {
    ...{ paths, files: found.files, kptfiles, kustomizations, all, at: there.at },
    runs: inOrder([
      ...hosted.map(({ run, root }) => {
        const own = faults.filter(({ file }) => isBelow(root, file.real));
        return refusedBy(run, [...found.findings, ...own.map((one) => one.finding)]);
      }),
      ...loose.map((run) => refusedBy(run, [...found.findings, ...looseFaults.map((one) => one.finding)])),
    ]),
    policies: all.flatMap(({ item, file }) => (isPolicy(item) ? [file] : [])),
    findings: [
      ...found.findings,
      ...faults.map((one) => one.finding),
      ...checkNested(kptfiles.map(({ file, value }) => ({ path: file.shown, value }))),
    ],
  };
}

/** A file that cannot be read. It refuses the runs that it may belong to. */
interface Fault {
  readonly file: FilePath;
  readonly finding: Finding;
}

function faultOf({ file }: PipelineFile): Fault {
  const message = `cannot read ${quote(file.shown)}: it includes itself, or a kustomization that does. Remove the circle from \`resources\`.`;
  return { file, finding: finding('INPUT_UNREADABLE', message) };
}

/** What one file has: items, or a kustomization, or a fault. */
interface Read {
  readonly items?: readonly FileItem[];
  readonly kustomization?: PipelineFile;
  readonly fault?: Fault;
}

function readOne(path: FilePath, see: (file: ManifestFile) => void): Read {
  const file = readManifests(path, isOfInterest);
  if ('code' in file) return { fault: { file: path, finding: file } };
  see(file);
  try {
    if (KUSTOMIZATION.test(path.real))
      return { kustomization: { file, value: readMap(file.text, { name: quote(path.shown), line: 1 }) } };
    for (const item of file.items) if (isKptfile(item) || isOfOurGroup(item)) item.toJS(); // its aliases may be too many
    return { items: file.items.map((item) => ({ item, file })) };
  } catch (error) {
    if (error instanceof FindingError) return { fault: { file: path, finding: error.finding } };
    throw error;
  }
}

function inOrder(runs: readonly FunctionRun[]): FunctionRun[] {
  return runs.toSorted((a, b) => (a.folder < b.folder ? -1 : a.folder > b.folder ? 1 : 0));
}

function refusedBy(run: FunctionRun, findings: readonly Finding[]): FunctionRun {
  return { ...run, findings: [...findings, ...run.findings] };
}

function indexOf(all: readonly FileItem[]): There['at'] {
  const byPath = new Map<string, FileItem[]>();
  for (const one of all) {
    for (let path = one.file.real; ; path = dirname(path)) {
      const at = byPath.get(path) ?? [];
      byPath.set(path, at);
      at.push(one);
      if (path === dirname(path)) break;
    }
  }
  return (path) => byPath.get(path) ?? [];
}
