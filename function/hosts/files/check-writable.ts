import { accessSync, constants, lstatSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { type Finding, finding } from '../../api/finding.ts';
import { quote } from '../../api/quote.ts';
import { explainSystemError, systemCode } from '../../api/system-error.ts';
import type { FilePath, Place } from './find-files.ts';

/** What keeps a file from being written, as far as it shows before anything is done. */
export function checkWritable(file: FilePath | Place): Finding[] {
  try {
    const link = 'root' in file ? linkBefore(file) : undefined;
    if (link !== undefined) return [unwritable(file, isNoFolder(link), `${PUT_FOLDER}; nothing was written`)];
    const stats = look(file.real);
    if (stats?.isFile() === false) return [unwritable(file, 'it is not a regular file', MOVE_AWAY)];
    if (stats !== undefined) accessSync(file.real, constants.W_OK);
    accessSync(nearestFolder(file.real), constants.W_OK | constants.X_OK); // a file is replaced in its folder
    return [];
  } catch (error) {
    const isForbidden = ['EACCES', 'EPERM'].includes(systemCode(error));
    const cure = isForbidden ? 'Let this user write there; nothing was written' : undefined;
    return [unwritable(file, explainSystemError(error), cure)];
  }
}

/** What helps where a file is that is not to be replaced. */
export const MOVE_AWAY = 'Move it away, or give the Secret another name; nothing was written';
/** What helps where no folder is. */
export const PUT_FOLDER = 'Put a folder there';

/** Why a file behind `link` is not used. */
export function isNoFolder(link: FilePath): string {
  return `${quote(link.shown)} is a link or a file`;
}

/** What is no folder between the root of a place and its file, so that the file is elsewhere. */
export function linkBefore(place: Place): FilePath | undefined {
  return foldersOf(place).find(({ real }) => look(real)?.isDirectory() === false);
}

/** Folders between the root of a place and its file: one that is a link would lead out of the package. */
function foldersOf({ real, root, shown }: Place): FilePath[] {
  const folder = { real: dirname(real), root, shown: dirname(shown) };
  return folder.real === root ? [] : [...foldersOf(folder), folder];
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
