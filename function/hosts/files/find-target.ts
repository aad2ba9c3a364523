import { lstatSync, type Stats } from 'node:fs';
import { GENERATOR_ANNOTATION } from '../../api/annotations.ts';
import type { Finding } from '../../api/finding.ts';
import { objectKey, secretKey } from '../../api/kinds.ts';
import type { Job } from '../../api/plan.ts';
import { systemCode } from '../../api/system-error.ts';
import { type Item, keyOf } from '../../krm/item.ts';
import { isNoFolder, linkBefore, MOVE_AWAY, PUT_FOLDER, unwritable } from './check-writable.ts';
import { type FilePath, unreadable, unreadableFile } from './find-files.ts';
import { type Package, readManifests } from './package.ts';
import { type Place, placeSecret } from './place-secret.ts';

/** Where a Secret is, or goes: into the place of an item, or behind what its file has. */
export interface Target {
  readonly file: FilePath | Place;
  /** The file's text; absent: there is no file. */
  readonly before?: string;
  readonly item?: Item;
  readonly isForeign?: true;
}

/**
 * The target of a job; a finding when what is there cannot be seen. Its file may not be among those that were named, as when
 * only the spec was: it is looked for where it would be written.
 */
export function findTarget(job: Job, pack: Package): Target | Finding {
  const key = secretKey(job.target);
  const [there] = pack.byKey.get(key) ?? [];
  if (there !== undefined) return { ...there, before: there.file.text };
  const spec = pack.byKey.get(objectKey(job.generator))?.[0]?.file ?? pack.configFile;
  if (spec === undefined) throw new Error('a generator of no file');
  return targetAt(placeSecret(job, spec), key, pack);
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
  if (item !== undefined) return { file: read, before: read.text, item };
  const isForeign = stats.uid !== process.getuid?.() && !read.items.some(isMarked);
  return { file: place, before: read.text, ...(isForeign ? { isForeign } : {}) };
}

/** True for a Secret that this function made. */
function isMarked({ annotations }: Item): boolean {
  return annotations[GENERATOR_ANNOTATION] !== undefined;
}

/** Credentials are not put into a file of somebody who does not know of them. */
export function checkOwner(target: Target): Finding[] {
  if (target.isForeign !== true) return [];
  return [unwritable(target.file, "it is another user's, and holds no Secret of this function", MOVE_AWAY)];
}
