import { existsSync, lstatSync, type Stats, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Finding } from '../../api/finding.ts';
import type { Job } from '../../api/job.ts';
import { objectKey, secretKey } from '../../api/kinds.ts';
import { systemCode } from '../../api/system-error.ts';
import { type Item, keyOf } from '../../krm/item.ts';
import { isNoFolder, linkBefore, MOVE_AWAY, PUT_FOLDER, unwritable } from './check-writable.ts';
import { type FilePath, type Place, unreadable, unreadableFile } from './find-files.ts';
import { type ManifestFile, type Package, readManifests } from './package.ts';

/** Where a Secret is, or goes: into the place of an item, or behind what its file has. */
export interface Target {
  readonly file: FilePath | Place;
  /** The file's text; absent: there is no file. */
  readonly before?: string;
  /** Whose the file was when it was read, and who may use it. */
  readonly stats?: Stats;
  readonly item?: Item;
  /** The file is neither this user's nor of the owner of the spec's folder. */
  readonly isForeign?: true;
}

/**
 * The target of a job; a finding when what is there cannot be seen. Its file may not be among those that were named, as when
 * only the spec was: it is looked for where it would be written.
 */
export function findTarget(job: Job, pack: Package): Target | Finding {
  const key = secretKey(job.target);
  const spec = pack.byKey.get(objectKey(job.generator))?.[0]?.file ?? pack.configFile;
  if (spec === undefined) throw new Error('a generator of no file');
  const [there] = pack.byKey.get(key) ?? [];
  const target = there === undefined ? targetAt(placeSecret(job, spec), key, pack) : inFile(there.file, there.item);
  return 'code' in target || !isForeign(target, spec) ? target : { ...target, isForeign: true };
}

function inFile(file: ManifestFile, item: Item): Target {
  return { file, item, before: file.text, ...(file.stats === undefined ? {} : { stats: file.stats }) };
}

/** What is at the place of a Secret: a finding when that cannot be seen. */
function targetAt(place: Place, key: string, pack: Package): Target | Finding {
  let stats: Stats | undefined;
  try {
    stats = lstatSync(place.real, { throwIfNoEntry: false });
  } catch (error) {
    if (systemCode(error) === 'ENAMETOOLONG') return { file: place }; // there is no such file, nor can there be one
    return unreadableFile(place.shown, error);
  }
  if (stats?.isFile() !== true) return { file: place };
  const link = linkBefore(place);
  if (link !== undefined) return unreadable(place.shown, `${isNoFolder(link)}. ${PUT_FOLDER}`);
  const read = pack.files.get(place.real) ?? readManifests(place);
  if ('code' in read) return read;
  const item = read.items.find((one) => keyOf(one) === key);
  return item === undefined ? { file: place, before: read.text, stats } : inFile(read, item);
}

/** What somebody else wrote into a folder in which others may, as /tmp, looks like whatever they like: whose it is decides. */
function isForeign({ stats }: Target, spec: FilePath): boolean {
  return stats !== undefined && stats.uid !== process.getuid?.() && stats.uid !== statSync(dirname(spec.real)).uid;
}

/** Credentials are not put into a file of somebody else, who would read them. */
export function checkOwner(target: Target): Finding[] {
  if (target.isForeign !== true) return [];
  return [unwritable(target.file, "it is another user's", MOVE_AWAY)];
}

const WRITABLE_BY_ALL = 0o002;

/**
 * The file of a Secret that has none yet: under a folder with a Kptfile where `kpt fn render` would put it,
 * `[NAMESPACE/]secret_NAME.yaml` in the nearest such folder; elsewhere `secret_NAME.yaml` beside its spec, below a folder of its
 * namespace where that is not the generator's: so each has a file of its own. Names are checked
 * when a spec is read, so none of them holds a slash.
 */
function placeSecret({ generator, target }: Pick<Job, 'generator' | 'target'>, spec: FilePath): Place {
  const { name, namespace } = target;
  const folder = dirname(spec.real);
  const file = `secret_${name}.yaml`;
  const root = packageAround(folder);
  const isInFolder = root === undefined ? namespace !== generator.namespace : namespace !== undefined;
  const real = join(root ?? folder, isInFolder ? (namespace ?? '') : '', file);
  return { root: root ?? folder, real, shown: join(dirname(spec.shown), relative(folder, real)) };
}

/**
 * Looked for no further than what is surely its owner's: a Kptfile in a folder of others, or one that others put into a folder
 * that they may write, as /tmp, would choose where credentials go.
 */
function packageAround(folder: string): string | undefined {
  const { uid } = statSync(folder);
  for (let at = folder; at === folder || isOnlyOf(uid, at); at = dirname(at)) {
    const kptfile = lstatSync(join(at, 'Kptfile'), { throwIfNoEntry: false });
    if (kptfile?.isFile() && kptfile.uid === uid) return at;
    if (at === dirname(at) || at === homedir() || existsSync(join(at, '.git'))) return undefined;
  }
  return undefined;
}

/** True for a folder of this owner into which not everybody may put a file. */
function isOnlyOf(owner: number, folder: string): boolean {
  const { uid, mode } = statSync(folder);
  return uid === owner && (mode & WRITABLE_BY_ALL) === 0;
}
