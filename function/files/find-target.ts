import { existsSync, lstatSync, readdirSync, type Stats, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import type { Finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { systemCode } from '../findings/system-error.ts';
import { nearestAbove } from '../hosts/folders.ts';
import { readKptfile } from '../hosts/kptfile.ts';
import { type Item, itemKey } from '../krm/item.ts';
import type { Job } from '../model/job.ts';
import { keyOfSecret, objectKey } from '../model/kinds.ts';
import { attempt, cached, defined } from '../model/plain-data.ts';
import { type FilePath, type SecretFile, unreadable, unreadableFile } from '../repository/find-files.ts';
import { type FunctionRun, packagesIn } from '../repository/function-run.ts';
import { documentsOf, type ManifestFile, readManifests } from '../repository/read-manifests.ts';
import { CURE_PUT_FOLDER, linkOnPath, notAFolder } from './check-writable.ts';

/** Where a Secret is or goes: it replaces an item, or is appended to its file. */
export interface TargetFile {
  readonly file: FilePath | SecretFile;
  /** The file's text; absent: there is no file. */
  readonly formerText?: string;
  /** Owner and mode of the file when it was read. */
  readonly stats?: Stats;
  readonly item?: Item;
  /** True when the file has other objects. */
  readonly isShared?: true;
  /** True when the file belongs neither to this user nor to the owner of the spec's folder. */
  readonly isForeign?: true;
}

/** The target of a job, in the file that has its Secret or would get it; a finding where that cannot be read. */
export function findTarget(job: Job, run: FunctionRun): TargetFile | Finding {
  const key = keyOfSecret(job.target);
  const spec = run.byKey.get(objectKey(job.requester))?.[0]?.file ?? run.configFile;
  if (spec === undefined) throw new Error('a generator of no file');
  const [there] = run.byKey.get(key) ?? [];
  const root = unreadAround(packageOf(spec, run), run);
  if (root !== undefined)
    return unreadable(spec.shown, `it is in package ${quote(root)}, whose pipeline was not read. Name that folder`);
  const target = there === undefined ? targetAt(placeSecret(job, spec, run), key, run) : inFile(there.file, there.item);
  return 'code' in target || !isForeign(target, spec) ? target : { ...target, isForeign: true };
}

function inFile(file: ManifestFile, item: Item): TargetFile {
  const isShared = objectsIn(file) > 1 ? ({ isShared: true } as const) : {};
  return { file, item, formerText: file.text, ...defined({ stats: file.stats }), ...isShared };
}

/** How many objects a file has, those of others too, which are no items. */
const objectsIn = (file: ManifestFile) => Math.max(file.items.length, documentsOf(file).length);

/** The target at a Secret's place, or a finding when the file there cannot be read. */
function targetAt(file: SecretFile, key: string, run: FunctionRun): TargetFile | Finding {
  if (!mayBeThere(file.real, run)) return { file };
  let stats: Stats | undefined;
  try {
    stats = lstatSync(file.real, { throwIfNoEntry: false });
  } catch (error) {
    if (systemCode(error) === 'ENAMETOOLONG') return { file }; // no such file can exist
    return unreadableFile(file.shown, error);
  }
  if (stats?.isFile() !== true) return { file };
  const link = linkOnPath(file);
  if (link !== undefined) return unreadable(file.shown, `${notAFolder(link)}. ${CURE_PUT_FOLDER}`);
  const reads = cached(READ, run.files, () => new Map<string, ManifestFile>()); // very many runs may have one target
  const read = run.files.get(file.real) ?? { ...cached(reads, file.real, () => readManifests(file)), ...file };
  if (read.fault !== undefined) return read.fault;
  const item = read.items.find((candidate) => itemKey(candidate) === key);
  if (item !== undefined && run.host !== 'kpt') return inFile(read, item); // kpt gives what it reads to the function
  return { file, formerText: read.text, stats, ...(objectsIn(read) > 0 ? { isShared: true } : {}) };
}

/** False where the folder surely has no file of that name: a look at each of very many places in a deep folder is dear. */
function mayBeThere(path: string, { files }: FunctionRun): boolean {
  const listed = cached(NAMES, files, () => new Map<string, ReadonlySet<string> | undefined>());
  const names = cached(listed, dirname(path), (folder) =>
    attempt(() => new Set(readdirSync(folder).map((name) => name.toLowerCase()))),
  );
  return names === undefined || names.has(basename(path).toLowerCase()); // some systems ignore case
}

/** The names in folders of targets. */
const NAMES = new WeakMap<FunctionRun['files'], Map<string, ReadonlySet<string> | undefined>>();

/** Files that are no manifests of any run. */
const READ = new WeakMap<FunctionRun['files'], Map<string, ManifestFile>>();

/** Decides by owner, not by content: in a folder such as /tmp another user may have written any text. */
function isForeign({ stats }: TargetFile, spec: FilePath): boolean {
  return stats !== undefined && stats.uid !== process.getuid?.() && stats.uid !== statSync(dirname(spec.real)).uid;
}

const WRITABLE_BY_ALL = 0o002;

/**
 * The file of a Secret that has none yet. In a kpt package it is where `kpt fn render` would put it: `[NAMESPACE/]secret_NAME.yaml` in
 * the folder of the nearest Kptfile. Elsewhere it is `secret_NAME.yaml` beside the spec, in a subfolder named after the Secret's
 * namespace if that is not the generator's. Names were checked when the spec was read, so none has a slash.
 */
function placeSecret({ requester, target }: Job, spec: FilePath, run: FunctionRun): SecretFile {
  const { name, namespace } = target;
  const root = packageOf(spec, run);
  const isInFolder = root === undefined ? namespace !== requester.namespace : namespace !== undefined;
  const file = `${isInFolder && namespace !== undefined ? `${namespace}/` : ''}secret_${name}.yaml`;
  const top = root ?? dirname(spec.real);
  const [shown, real] = cached(BEFORE, spec, () =>
    [shownFolder(top, spec), top].map((path) => join(path, '-').slice(0, -1)),
  );
  return { root: top, real: `${real}${file}`, shown: `${shown}${file}`, ...defined({ brought: spec.brought }) };
}

/** What stands before a Secret's file, as shown and as it is: a spec in two thousand folders may have very many. */
const BEFORE = new WeakMap<FilePath, readonly string[]>();

/** True for a package that nobody has read, unless kpt surely starts nothing there: its pipeline may say otherwise what is issued, and what may be. */
function isUnread(root: string, files: FunctionRun['files']): boolean {
  const kptfile = join(root, 'Kptfile');
  const unread = cached(UNREAD, files, () => new Map<string, boolean>());
  return cached(unread, kptfile, () => {
    const file = files.get(kptfile) ?? readManifests({ shown: kptfile, real: kptfile, isAlone: true }, readKptfile);
    return file.fault !== undefined;
  });
}

const UNREAD = new WeakMap<FunctionRun['files'], Map<string, boolean>>();

/** The outermost package that nobody has read, of this one and those around it: kpt runs their steps over what is inside. */
function unreadAround(root: string | undefined, { host, files }: FunctionRun): string | undefined {
  if (root === undefined) return undefined;
  if (host === 'kpt') return isUnread(root, files) ? root : undefined; // kpt was given this one
  const outermost = cached(OUTERMOST, files, () => new Map<string, string | undefined>());
  const outermostOf = (inner: string): string | undefined =>
    cached(outermost, inner, () => {
      const outer = dirname(inner) === inner ? undefined : packageAround(dirname(inner), files);
      return (outer && outermostOf(outer)) ?? (isUnread(inner, files) ? inner : undefined);
    });
  return outermostOf(root);
}

const OUTERMOST = new WeakMap<FunctionRun['files'], Map<string, string | undefined>>();

/** The folder of the package that a spec is in. In a run of kpt it is kpt's: that of the nearest Kptfile, whoever may write there. */
function packageOf({ real }: FilePath, { host, files }: FunctionRun): string | undefined {
  if (host === 'kpt') return packagesIn(files)(real);
  const packages = cached(PACKAGES, files, () => new Map<string, string | undefined>());
  return cached(packages, dirname(real), (folder) => packageAround(folder, files));
}

/** A folder of a spec, or above it, as it is behind the path that was given; where that is a link, and leads elsewhere, the folder itself. */
function shownFolder(real: string, spec: FilePath): string {
  const shown = join(dirname(spec.shown), relative(dirname(spec.real), real));
  const isSame = attempt(() => {
    const [first, other] = [statSync(shown), statSync(real)]; // to resolve each part of a deep path would take long
    return first.dev === other.dev && first.ino === other.ino;
  });
  return isSame ? shown : real; // there may be none of that name
}

/** The package of each folder: a file may have very many generators. */
const PACKAGES = new WeakMap<FunctionRun['files'], Map<string, string | undefined>>();

/** The search of each owner, for all runs over the same files: a package may have very many folders in each other. */
const SEARCHES = new WeakMap<FunctionRun['files'], Map<number, (path: string) => string | false | undefined>>();

/**
 * The folder of the nearest Kptfile. The search stops at a folder of another owner, or one that everybody may write, such as /tmp: a
 * Kptfile of another user must not choose where credentials go.
 */
function packageAround(folder: string, files: FunctionRun['files']): string | undefined {
  const owner = statSync(folder).uid;
  /** The folder if it is a package; false where the search ends. */
  const look = (at: string) => {
    const kptfile = lstatSync(join(at, 'Kptfile'), { throwIfNoEntry: false });
    if (kptfile?.isFile() && kptfile.uid === owner) return at;
    return at === homedir() || existsSync(join(at, '.git')) ? false : undefined;
  };
  const lookAbove = (at: string) => {
    const { uid, mode } = statSync(at);
    return uid === owner && (mode & WRITABLE_BY_ALL) === 0 ? look(at) : false;
  };
  const searches = cached(SEARCHES, files, () => new Map());
  const search = cached(searches, owner, () => nearestAbove(lookAbove));
  return (look(folder) ?? search(folder)) || undefined;
}
