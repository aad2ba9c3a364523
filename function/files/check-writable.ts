import { accessSync, constants, lstatSync, type Stats } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { explainSystemError, systemCode } from '../findings/system-error.ts';
import { foldersAbove } from '../hosts/folders.ts';
import type { FilePath, SecretFile } from '../repository/find-files.ts';
import { isBelow } from '../repository/function-run.ts';

/** Checks that a file can be written, without writing. `isPreview`: only by what stands there, as in a package's copy elsewhere. */
export function checkWritable(file: FilePath | SecretFile, isPreview = false): Finding[] {
  try {
    const link = 'root' in file ? linkOnPath(file) : undefined;
    if (link !== undefined) return [unwritable(file, notAFolder(link), `${CURE_PUT_FOLDER}; nothing was written`)];
    const stats = statusOf(file.real);
    if (stats === undefined) statusOf(join('/', basename(file.real))); // one that is too long is an error in any folder
    if (stats?.isFile() === false) return [unwritable(file, 'it is not a regular file', CURE_MOVE_AWAY)];
    if (isPreview) return []; // a look at a deep folder is dear, and a preview may have very many Secrets
    const folder = foldersAbove(file.real).find((path) => statusOf(path) !== undefined) ?? file.real;
    statusOf(join(dirname(file.real), LONGEST_TEMPORARY)); // a path that is too long is an error
    if (stats !== undefined) accessSync(file.real, constants.W_OK);
    accessSync(folder, constants.W_OK | constants.X_OK); // writing replaces the file in its folder
    return [];
  } catch (error) {
    if (isPreview && systemCode(error) !== 'ENAMETOOLONG') return [];
    const isForbidden = ['EACCES', 'EPERM'].includes(systemCode(error));
    const cure = isForbidden ? 'Let this user write there; nothing was written' : undefined;
    return [unwritable(file, explainSystemError(error), cure)];
  }
}

/** A name as long as that of any temporary file: where that cannot be, no file is written, and those of other runs are not to wait for it. */
const LONGEST_TEMPORARY = '-'.repeat(80);

/** The cure for a file that must not be replaced. */
export const CURE_MOVE_AWAY = 'Move it away, or give the Secret another name; nothing was written';
/** The cure for a link or file in the place of a folder. */
export const CURE_PUT_FOLDER = 'Put a folder there';

/** The cause for not using a file below `link`. */
export function notAFolder(link: FilePath): string {
  return `${quote(link.shown)} is a link or a file`;
}

/** The first link or file among the folders of a place: its file would be outside of the package. */
export function linkOnPath({ real, root, shown }: SecretFile): FilePath | undefined {
  let link: string | undefined;
  for (const folder of foldersAbove(real)) {
    if (!isBelow(root, folder)) break;
    if (statusOf(folder)?.isDirectory() === false) link = folder;
  }
  return link === undefined ? undefined : { real: link, shown: join(shown, relative(real, link)) };
}

function statusOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** The finding for a file that cannot be written. */
export function unwritable({ shown }: Pick<FilePath, 'shown'>, cause: string, rest = 'Nothing was written'): Finding {
  return finding('FILE_UNWRITABLE', `cannot write ${quote(shown)}: ${cause}. ${rest}.`);
}

/** The finding for a file that is not as it was read. */
export function changedMeanwhile(file: Pick<FilePath, 'shown'>): Finding {
  return unwritable(file, 'somebody changed it meanwhile', 'Nothing was written; run again');
}
