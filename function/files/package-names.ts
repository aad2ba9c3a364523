import { statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { commonFolder } from '../hosts/folders.ts';
import { attempt, cached } from '../model/plain-data.ts';

/** Names of packages that another checkout gives them too: from the path that was named, of several from the folder around all. */
export interface PackageNames {
  readonly nameOf: (folder: string) => string;
  /** The folder of a name, as the user names it. */
  readonly folderOf: (name: string) => string;
}

export function packageNames(paths: readonly string[]): PackageNames {
  const isFile = (path: string) => path === '-' || attempt(() => statSync(path))?.isFile();
  const folders = paths.map((path) => (isFile(path) ? dirname(path) : path));
  const around = commonFolder(folders.map((folder) => resolve(folder)));
  const [first = '.'] = folders;
  const shown = folders.length === 1 ? first : folders.every(isAbsolute) ? around : relative('', around);
  const [names, shownBy] = [new Map<string, string>(), new Map<string, string>()]; // very many Secrets may be in one deep folder
  return {
    nameOf: (folder) => cached(names, folder, () => relative(around, resolve(folder)) || '.'),
    folderOf: (name) => cached(shownBy, name, () => join(shown, name)),
  };
}
