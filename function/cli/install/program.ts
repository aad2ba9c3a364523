import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROGRAM } from '../../api/program.ts';

const CODE = 'main.mjs';

/** What is installed: the one file, or the script build, which is a launcher and what it loads. */
export type Program = { readonly file: string } | { readonly folder: string; readonly files: readonly string[] };

/** The program that runs. Subfolders of the script build are left out: they hold a cache, or another build. */
export function runningProgram(): Program {
  const folder = dirname(realPath(process.argv[1] ?? '') ?? '');
  if (!statSync(join(folder, CODE), { throwIfNoEntry: false })?.isFile()) return { file: process.execPath };
  const entries = readdirSync(folder, { withFileTypes: true });
  return { folder, files: entries.flatMap((entry) => (entry.isFile() ? [entry.name] : [])).toSorted() };
}

/** The executable of a program. */
export function executableOf(program: Program): string {
  return 'file' in program ? program.file : join(program.folder, PROGRAM);
}

/** Equal for equal files, and only for them. */
export function digestOf(folder: string, files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files)
    hash.update(`${file}\0`).update(
      createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest(),
    );
  return hash.digest('hex').slice(0, 12);
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined; // the one file has its code in a file system of its own
  }
}
