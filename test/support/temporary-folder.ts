import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

/** A folder of files. */
export interface TemporaryFolder extends Disposable {
  readonly path: string;
  /** Writes a file and gives its path; folders come by themselves. */
  write(name: string, text: string | Uint8Array, mode?: number): string;
  /** Every file, by its path in the folder. */
  read(): Record<string, string>;
  /** Removes it. */
  close(): void;
}

export function temporaryFolder(files: Readonly<Record<string, string>> = {}, parent = tmpdir()): TemporaryFolder {
  const path = mkdtempSync(join(parent, 'files-'));
  const write = (name: string, text: string | Uint8Array, mode = 0o666) => {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
    return file;
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  const close = () => rmSync(path, { recursive: true });
  return { path, write, read: () => readFolder(path), close, [Symbol.dispose]: close };
}

/** Every file below a folder: its path in the folder, and its text. Links are not followed. */
export function readFolder(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry) => join(entry.parentPath, entry.name)).toSorted();
  return Object.fromEntries(files.map((file) => [relative(folder, file), readFileSync(file, 'utf8')]));
}
