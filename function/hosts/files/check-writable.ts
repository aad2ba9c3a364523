import { accessSync, constants, lstatSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { type Finding, finding } from '../../api/finding.ts';
import { quote } from '../../api/quote.ts';
import { explainSystemError } from '../../api/system-error.ts';
import type { FilePath } from './find-files.ts';
import type { Place } from './place-secret.ts';

/** What keeps a file from being written, as far as it shows before anything is done. */
export function checkWritable(file: FilePath | Place): Finding[] {
  try {
    if ('root' in file && isBehindLink(file)) return [unwritable(file, BEHIND_LINK)];
    const stats = look(file.real);
    if (stats?.isFile() === false) return [unwritable(file, 'it is not a regular file')];
    if (stats !== undefined) accessSync(file.real, constants.W_OK);
    accessSync(nearestFolder(file.real), constants.W_OK | constants.X_OK); // a file is replaced in its folder
    return [];
  } catch (error) {
    return [unwritable(file, explainSystemError(error))];
  }
}

export const BEHIND_LINK = 'a folder on its path is a link or a file';

/** True where a folder between the root of a place and its file is none, so that the file is elsewhere. */
export function isBehindLink(place: Place): boolean {
  return foldersOf(place).some((folder) => look(folder)?.isDirectory() === false);
}

/** Folders between the root of a place and its file: one that is a link would lead out of the package. */
function foldersOf({ real, root }: Place): string[] {
  const folder = dirname(real);
  return folder === root ? [] : [...foldersOf({ real: folder, root, shown: '' }), folder];
}

function nearestFolder(path: string): string {
  const folder = dirname(path);
  return look(folder) === undefined ? nearestFolder(folder) : folder;
}

function look(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** A file that cannot be written. */
export function unwritable({ shown }: Pick<FilePath, 'shown'>, cause: string, rest = 'Nothing was written'): Finding {
  return finding('FILE_UNWRITABLE', `cannot write ${quote(shown)}: ${cause}. ${rest}.`);
}
