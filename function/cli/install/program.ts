import { createHash, hash } from 'node:crypto';
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROGRAM } from '../../model/kinds.ts';
import { attempt } from '../../model/plain-data.ts';

const BUNDLE = 'main.cjs';
/** What a start keeps beside the code of a build (package/launcher.cjs). */
export const CACHE = '.compile-cache';

/** The program to install: the one executable file, or the script build (a launcher and the files that it loads). */
export type Program = { readonly file: string } | { readonly folder: string; readonly files: readonly string[] };

/** The running program. Subfolders of the script build are left out: they have a cache, or another build. */
export function runningProgram(): Program {
  const folder = dirname(realPath(process.argv[1] ?? '') ?? '');
  if (!statSync(join(folder, BUNDLE), { throwIfNoEntry: false })?.isFile()) return { file: process.execPath };
  return { folder, files: filesOf(folder) };
}

/** The names of the files that are in a folder itself. */
export function filesOf(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isFile() ? [entry.name] : [])).toSorted();
}

/** The executable of a program. */
export function executableOf(program: Program): string {
  return 'file' in program ? program.file : join(program.folder, PROGRAM);
}

/** A digest of the names and contents of files. */
export function digestOfFiles(folder: string, files: readonly string[]): string {
  const all = createHash('sha256');
  for (const file of files) all.update(`${file}\0`).update(hash('sha256', readFileSync(join(folder, file)), 'buffer'));
  return all.digest('hex').slice(0, 12);
}

/** Where a path leads; undefined: nowhere. */
export function realPath(path: string): string | undefined {
  return attempt(() => realpathSync(path)); // the one file has its code in a virtual file system
}
