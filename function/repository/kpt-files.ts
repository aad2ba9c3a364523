import { dirname } from 'node:path';
import { type Finding, FindingError, finding, messageOf } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { say } from '../findings/say.ts';
import { WRAPPED } from '../krm/edit-item.ts';
import { KUSTOMIZATION } from '../krm/file-positions.ts';
import { isTornByComment } from '../krm/parse-yaml.ts';
import { type PlainObject, readObjects } from '../krm/plain-objects.ts';
import { splitDocuments } from '../krm/split-documents.ts';
import { isExternalSecret } from '../model/kinds.ts';
import { attempt, cached, defined, valueAt } from '../model/plain-data.ts';
import { type Shaping, takersOf } from './catalogue-shapes.ts';
import type { Doubt } from './doubts.ts';
import { type FilePath, unreadable } from './find-files.ts';
import type { AllManifests } from './function-run.ts';
import type { PipelineFile } from './pipelines.ts';
import type { ManifestFile } from './read-manifests.ts';

/** What kpt reads, and what it would read of links and pipes. */
export interface KptFiles {
  readonly there: AllManifests;
  /** The first of these in a folder, so many at most. */
  readonly unreadAt: (folder: string, most: number) => readonly FilePath[];
}

/** What kpt reads and we do not, or kpt perhaps does not. */
export const doubtsOfFiles = (kptfile: PipelineFile, files: KptFiles) =>
  cached(DOUBTS, kptfile, () => doubtsIn(kptfile, files));

const DOUBTS = new WeakMap<PipelineFile, readonly Doubt[]>();
/** More are not told. */
const MOST_LINKS = 20;

function doubtsIn(kptfile: PipelineFile, { there, unreadAt }: KptFiles): Doubt[] {
  const folder = dirname(kptfile.file.shown);
  const real = dirname(kptfile.file.real);
  const links = unreadAt(real, MOST_LINKS);
  const left = there
    .filesAt(real)
    .find(
      (file) => file.isIgnored === 'perhaps' && (file.items.length > 0 || verdictOn(file, true).fault !== undefined),
    );
  return [
    ...links.map(({ shown }) => say`kpt reads ${quote(shown)}, which is a link or no file`),
    ...(left === undefined ? [] : [say`kpt may leave out ${quote(left.shown)}, as .krmignore says`]),
  ].map((what) => ({ what, folder, host: 'kpt' as const }));
}

/** The first file of a package for which kpt refuses it, or in which kpt may find other objects than this function. */
export function faultsOfFiles(files: readonly ManifestFile[]): Finding[] {
  const faults = verdictsOn(files).map(({ fault }) => fault);
  return [faults.find((fault) => fault !== undefined) ?? []].flat();
}

/** The same of a package that has no run which it would refuse: what cannot be read, too. */
export function doubtsOfFaults({ file: { real, shown } }: PipelineFile, { there }: KptFiles): Doubt[] {
  const first = verdictsOn(there.filesAt(dirname(real))).find(({ file, fault }) => (file.fault ?? fault) !== undefined);
  const what = first && say`kpt refuses ${quote(first.file.shown)}, or reads it otherwise`;
  return what === undefined ? [] : [{ what, folder: dirname(shown), host: 'kpt' }];
}

function verdictsOn(files: readonly ManifestFile[]) {
  const read = files.values().filter(({ isIgnored }) => isIgnored !== 'perhaps');
  const areTemplates = files.some(({ items }) => items.some(isExternalSecret)); // it may read them in a ConfigMap
  return read.map((file) => ({ file, ...verdictOn(file, areTemplates) }));
}

/** True where a function of the catalogue surely takes each object. */
export const areTaken = (files: readonly ManifestFile[], by: Shaping) =>
  cached(
    cached(TAKEN, files, () => new Map()),
    by,
    () => verdictsOn(files).every(({ takers }) => takers.has(by)),
  );

/** Very many steps may ask. */
const TAKEN = new WeakMap<readonly ManifestFile[], Map<Shaping, boolean>>();

interface Verdict {
  /** Why kpt refuses the file, or may read it otherwise. */
  readonly fault: Finding | undefined;
  /** The functions of the catalogue that surely take all of its objects. */
  readonly takers: ReadonlySet<string>;
}

/** What kpt takes a file for, once for all packages that it is in. */
function verdictOn(file: ManifestFile, areTemplates: boolean): Verdict {
  return cached(VERDICTS[`${areTemplates}`], file, () => {
    const objects: PlainObject[] = [];
    const fault = faultOf(file, areTemplates, objects);
    const isAnchored = () => /[&*]/.test(file.text); // of a host's own file no more is known
    const hostFiles =
      file.value === undefined ? [] : [{ kind: '', apiVersion: '', isAnchored, value: () => file.value }];
    return { fault, takers: takersOf([...hostFiles, ...objects]) };
  });
}

type Verdicts = WeakMap<ManifestFile, Verdict>;
const VERDICTS = { true: new WeakMap() as Verdicts, false: new WeakMap() as Verdicts };

/**
 * Why kpt refuses a file (kptdev/kpt, v1.0.0-beta.61, pkg/api/kptfile/v1/validation.go, IsKRM), or may read it otherwise. `read` gets its
 * objects.
 */
function faultOf(
  { real, shown, text, isLeft, fault, value: kustomization }: ManifestFile,
  areTemplates: boolean,
  read: PlainObject[],
): Finding | undefined {
  if (fault !== undefined) return undefined;
  const isTorn = isTornByComment(text);
  const isMarked = (value: unknown) =>
    Object.keys(Object(valueAt(value, ['metadata', 'annotations']))).some((key) => OF_HOSTS.test(key));
  const isWrapped = (value: unknown) => WRAPPED in Object(value); // kpt writes that field in the place of the object
  const isFit = ({ name, apiVersion, isListed, value }: PlainObject) =>
    name && apiVersion && !isListed && attempt(() => isMarked(value()) || isWrapped(value())) === false;
  const isKustomization = KUSTOMIZATION.test(real) && kustomization !== undefined; // read as such
  if (isKustomization && isMarked(kustomization)) return unreadable(shown, `${UNFIT}. ${CURE}`);
  if (isKustomization) return isTorn ? unreadable(shown, `${WRITTEN}. ${CURE}`) : undefined;
  try {
    const objects = isLeft ? [] : readObjects(text, shown);
    const areFit = !isLeft && objects.length === splitDocuments(text).length && objects.every(isFit);
    if (!areFit) return unreadable(shown, `${isLeft ? LEFT : UNFIT}. ${CURE}`);
    for (const object of objects) read.push(object); // too many for one call
    const [only, another] = objects;
    const isWritten = !real.endsWith('.json') || another !== undefined || only?.isJson() !== false; // one object as JSON
    return isTorn || !isWritten || !objects.every(({ isKept }) => isKept(areTemplates))
      ? unreadable(shown, `${WRITTEN}. ${CURE}`)
      : undefined;
  } catch (error) {
    if (!(error instanceof FindingError)) throw error;
    const { code, location } = error.finding;
    return finding(code, `${messageOf(error.finding)} ${CURE}.`, defined({ location }));
  }
}

/** Annotations that hosts set themselves; what stands there is lost, with an anchor too (kubernetes-sigs/kustomize, kyaml/v0.21.1, kio). */
const OF_HOSTS = /^(?:internal\.config\.|(?:kustomize\.)?config\.k8s\.io\/id$|config\.kubernetes\.io\/(?:path|index)$)/;
const LEFT = 'it is too large, or no UTF-8';
const UNFIT =
  'kpt wants apiVersion, kind and metadata.name in each document, takes no objects out of a list, and sets its own annotations itself';
const WRITTEN =
  'kpt fails at it, or writes it otherwise: at a comment that is JSON or stands before a closing bracket, a list of containers, ports or the like with an item that is no map or an alias, or a folded text with an indented line, or an empty one at its end';
const CURE = 'Where kpt need not read the file, name it in .krmignore';
