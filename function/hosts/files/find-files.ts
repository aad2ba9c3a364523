import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Finding, finding } from '../../findings/finding.ts';
import { quote } from '../../findings/quote.ts';
import { explainUnreadable } from '../../model/system-error.ts';

/** A file by the path that the user gave, and by its real path. */
export interface FilePath {
  /** For messages: begins with the path that was given. */
  readonly shown: string;
  readonly real: string;
}

/** A file or folder that cannot be read. */
export interface Fault {
  readonly file: FilePath & { readonly text?: string };
  readonly isFolder?: true;
  readonly finding: Finding;
}

/** A file for a Secret, and the folder that it must not leave. */
export interface Place extends FilePath {
  readonly root: string;
}

/** Names of files that may hold manifests. */
export const MANIFEST = /\.(?:ya?ml|json)$/i;

/**
 * The files that `paths` name, each once, in a stable order: a file itself; of a folder, with its subfolders, every file whose name
 * matches. Left out are names that begin with a dot, node_modules, and symbolic links in a folder: a link into the package would give a
 * file twice, and a link out of it would let the package choose what else is read.
 */
export function findFiles(
  paths: readonly string[],
  names: RegExp,
): {
  readonly files: readonly FilePath[];
  readonly faults: readonly Fault[];
} {
  const faults: Fault[] = [];
  const files = new Map<string, FilePath>();
  for (const path of paths) {
    const given = { shown: path, real: resolve(path) };
    for (const file of readOrReport({ file: given }, faults, () => filesAt(path, names, faults)))
      if (!files.has(file.real)) files.set(file.real, file);
  }
  return { files: [...files.values()], faults };
}

function filesAt(shown: string, names: RegExp, faults: Fault[]): readonly FilePath[] {
  const stats = statSync(shown);
  const file = { shown, real: realpathSync(shown) };
  if (stats.isDirectory()) return filesIn(file, names, faults);
  if (stats.isFile()) return [file];
  faults.push({ file, finding: unreadable(shown, 'it is not a regular file. Write it to one') }); // a pipe has no folder, and cannot be read twice
  return [];
}

function filesIn(folder: FilePath, names: RegExp, faults: Fault[]): readonly FilePath[] {
  const entries = readOrReport({ file: folder, isFolder: true }, faults, () =>
    readdirSync(folder.real, { withFileTypes: true }),
  );
  const ours = entries.filter(({ name }) => !name.startsWith('.') && name !== 'node_modules');
  return ours
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const at = { shown: join(folder.shown, entry.name), real: join(folder.real, entry.name) };
      if (entry.isDirectory()) return filesIn(at, names, faults);
      return entry.isFile() && names.test(entry.name) ? [at] : [];
    });
}

function readOrReport<T>(at: Omit<Fault, 'finding'>, faults: Fault[], read: () => readonly T[]): readonly T[] {
  try {
    return read();
  } catch (error) {
    faults.push({ ...at, finding: unreadableFile(at.file.shown, error) });
    return [];
  }
}

/** The finding for a file or folder that the system cannot read. */
export function unreadableFile(shown: string, error: unknown): Finding {
  return unreadable(shown, explainUnreadable(error));
}

/** The finding for a file that is not read. */
export function unreadable(shown: string, cause: string): Finding {
  return finding('INPUT_UNREADABLE', `cannot read ${quote(shown)}: ${cause}.`);
}
