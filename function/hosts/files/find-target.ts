import { lstatSync, type Stats } from 'node:fs';
import { GENERATOR_ANNOTATION } from '../../api/annotations.ts';
import type { Finding } from '../../api/finding.ts';
import { objectKey, secretKey } from '../../api/kinds.ts';
import type { Job } from '../../api/plan.ts';
import { systemCode } from '../../api/system-error.ts';
import { BEHIND_LINK, isBehindLink, unwritable } from './check-writable.ts';
import { unreadable, unreadableFile } from './find-files.ts';
import { type FileItem, type ManifestFile, type Package, readManifests, toFileItem } from './package.ts';
import { type Place, placeSecret } from './place-secret.ts';

/** Where a Secret is, or goes: into the place of an item, or behind what its file has. */
export type Target =
  | { readonly item: FileItem }
  | { readonly place: Place; readonly before?: string; readonly isForeign?: true };

/**
 * The target of a job; a finding when what is there cannot be seen. Its file may not be among those that were named, as when
 * only the spec was: it is looked for where it would be written.
 */
export function findTarget(job: Job, pack: Package): Target | Finding {
  const key = secretKey(job.target);
  const [there] = pack.byKey.get(key) ?? [];
  if (there !== undefined) return { item: there };
  const spec = pack.byKey.get(objectKey(job.generator))?.[0]?.in ?? pack.configFile;
  if (spec === undefined) throw new Error('a generator of no file');
  return targetAt(placeSecret(job, spec), key, pack);
}

/** What is at the place of a Secret: a finding when that cannot be seen. */
function targetAt(place: Place, key: string, pack: Package): Target | Finding {
  let stats: Stats | undefined;
  try {
    stats = lstatSync(place.real, { throwIfNoEntry: false });
  } catch (error) {
    if (systemCode(error) === 'ENAMETOOLONG') return { place }; // there is no such file, nor can there be one
    return unreadableFile(place.shown, error);
  }
  if (stats?.isFile() !== true) return { place };
  if (isBehindLink(place)) return unreadable(place.shown, BEHIND_LINK);
  const file = pack.files.get(place.real) ?? readManifests(place);
  if ('code' in file) return file;
  const isForeign = stats.uid !== process.getuid?.() && !file.items.some(isMarked);
  return inFile(key, file) ?? { place, before: file.text, ...(isForeign ? { isForeign } : {}) };
}

/** True for a Secret that this function made. */
function isMarked({ annotations }: FileItem['item']): boolean {
  return annotations[GENERATOR_ANNOTATION] !== undefined;
}

/** Credentials are not put into a file of somebody who does not know of them. */
export function checkOwner(target: Target): Finding[] {
  if ('item' in target || target.isForeign !== true) return [];
  return [unwritable(target.place, "it is another user's, and holds no Secret of this function")];
}

function inFile(key: string, file: ManifestFile): Target | undefined {
  const item = file.items.find(({ object }) => object !== undefined && objectKey(object) === key);
  return item === undefined ? undefined : { item: toFileItem(item, file) };
}
