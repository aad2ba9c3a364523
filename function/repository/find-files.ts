import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ignore from 'ignore';
import type { Code } from '../findings/codes.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { explainUnreadable } from '../findings/system-error.ts';
import { attempt, distinct } from '../model/plain-data.ts';
import { WorkBudget } from '../model/run-limits.ts';
import { NOT_A_FILE, readBounded } from './read-file.ts';

/** A file by the path that the user gave, and by its real path. */
export interface FilePath {
  /** The path in messages: it begins with the one that was given. */
  readonly shown: string;
  readonly real: string;
  /** True for a file that kpt leaves out of its package. */
  readonly isIgnored?: true;
}

/** A file or folder that cannot be read. */
export interface UnreadableFile {
  readonly file: FilePath & { readonly text?: string };
  readonly isFolder?: true;
  readonly finding: Finding;
}

/** A file for a Secret, and the folder that it must not leave. */
export interface SecretFile extends FilePath {
  readonly root: string;
}

/** Names of files that may hold manifests. */
export const MANIFEST = /\.(?:ya?ml|json)$/i;

/**
 * The files that `paths` name, each once, in a stable order: a file itself; of a folder, with its subfolders, every file whose name
 * matches. Left out are names that begin with a dot, node_modules, and symbolic links in a folder: a link into the package would give a
 * file twice, and a link out of it would let the package choose what else is read.
 */
export function findFiles(paths: readonly string[], names: RegExp) {
  const faults: UnreadableFile[] = [];
  const work = new WorkBudget();
  const files = paths.flatMap((path) => {
    const file = { shown: path, real: resolve(path) };
    return readOrReport({ file }, faults, () => filesAt(path, names, { faults, work }));
  });
  return { files: distinct(files, ({ real }) => real), faults };
}

/** What is found beside the files, and what all packages may spend. */
interface SearchContext {
  readonly faults: UnreadableFile[];
  readonly work: WorkBudget;
}

function filesAt(shown: string, names: RegExp, context: SearchContext): readonly FilePath[] {
  const stats = statSync(shown);
  const file = { shown, real: realpathSync(shown) };
  if (stats.isDirectory()) return filesIn(file, names, context);
  if (stats.isFile()) return [file];
  context.faults.push({ file, finding: unreadable(shown, NOT_A_FILE) }); // a pipe has no folder, and cannot be read twice
  return [];
}

/** Folder after folder, since a package may have so many in each other that the stack of calls would not do. */
function filesIn(top: FilePath, names: RegExp, context: SearchContext): readonly FilePath[] {
  const files: FilePath[] = [];
  const open: Visit[] = [{ at: top, isFolder: true }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { at, ignores } = next;
    const isIgnored = ignores?.(next.isFolder ? `${at.real}/` : at.real) === true;
    if (next.isFolder) {
      const ofFolder = isIgnored ? { ...next, ignores: () => true } : next; // all that is in it
      for (const entry of entriesIn(ofFolder, names, context).reverse()) open.push(entry);
    } else files.push(isIgnored ? { ...at, isIgnored } : at);
  }
  return files;
}

/** What is looked at next: a file, or a folder with all that is in it. */
interface Visit {
  readonly at: FilePath;
  readonly isFolder: boolean;
  /** What the package around it keeps from kpt. */
  readonly ignores?: Ignores | undefined;
}

function entriesIn({ at: folder, ignores: around }: Visit, names: RegExp, context: SearchContext): Visit[] {
  const { faults } = context;
  const entries = readOrReport({ file: folder, isFolder: true }, faults, () =>
    readdirSync(folder.real, { withFileTypes: true }),
  );
  const ignores = entries.some(({ name }) => name === 'Kptfile') ? ignoredByKpt(folder, context) : around;
  const [shown = '', real = ''] = [folder.shown, folder.real].map((path) => join(path, '-').slice(0, -1)); // join builds long paths piece by piece
  const ours = entries.filter(({ name }) => !name.startsWith('.') && name !== 'node_modules');
  return ours
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry): Visit[] => {
      const at = { shown: `${shown}${entry.name}`, real: `${real}${entry.name}` };
      if (entry.isDirectory()) return [{ at, isFolder: true, ignores }];
      return entry.isFile() && names.test(entry.name) ? [{ at, isFolder: false, ignores }] : [];
    });
}

/** What `read` gives; nothing where the system refuses, which `faults` gets. */
export function readOrReport<T>(
  at: Omit<UnreadableFile, 'finding'>,
  faults: UnreadableFile[],
  read: () => readonly T[],
): readonly T[] {
  try {
    return read();
  } catch (error) {
    faults.push({ ...at, finding: unreadableFile(at.file.shown, error) });
    return [];
  }
}

type Ignores = (path: string) => boolean;

/**
 * What the `.krmignore` of a package keeps from kpt, which looks for it beside a Kptfile alone (kubernetes-sigs/kustomize, kyaml/v0.21.1,
 * kio/ignorefilesmatcher.go). Unlike git it lets `!` win in any order, takes `**` for `*`, and finds `a/b` at any depth
 * (monochromegane/go-gitignore, gitignore.go).
 */
function ignoredByKpt({ shown, real: folder }: FilePath, { faults, work }: SearchContext): Ignores | undefined {
  const lines = ignoreRulesIn(join(folder, '.krmignore')).map((line) => line.replaceAll(/^ +| +$/g, ''));
  if (lines.length === 0) return undefined;
  const asGit = lines.map((line) => line.replaceAll(/\*+/g, '*').replace(/^(!?)(?=[^/#]+\/.)/, '$1**/'));
  const rules = ignore({ ignorecase: false }).add(
    asGit.toSorted((a, b) => Number(a[0] === '!') - Number(b[0] === '!')),
  );
  const weight = lines.reduce((sum, line) => sum + 1 + 4 * (line.split('*').length - 1), 0);
  const own = new WorkBudget(work);
  let isRefused = false;
  return (path) => {
    const inside = path.slice(folder.length + 1);
    if (inside === '' || isRefused) return false;
    if (own.spend('matches', weight * inside.length)) return rules.ignores(inside); // it remembers the folders above
    isRefused = true;
    const cause =
      'to compare its rules with all paths takes more work than is left for one package. Leave out rules, or split it';
    const file = { shown: join(shown, '.krmignore'), real: join(folder, '.krmignore') };
    faults.push({ file, finding: unreadable(file.shown, cause, 'LIMIT_EXCEEDED') });
    return false;
  };
}

/** Each `*` becomes a part of a regular expression: many of them take long on a long path. Lines with more are not looked at. */
const MOST_WILDCARDS = 4;
/** Each line is compared with each path. Further ones are not looked at. */
const MOST_RULES = 500;

/** The lines of a `.gitignore` or `.krmignore`; none where there is no such file, or a link, or it is not ours to read. */
export function ignoreRulesIn(file: string): string[] {
  const read = attempt(() => readBounded(file)); // git follows no link here either
  const lines = read === undefined || 'cause' in read ? [] : read.bytes.toString().split(/\r?\n/);
  const usual = lines.filter((line) => !/^(?:#|\s*$)/.test(line) && line.split('*').length - 1 <= MOST_WILDCARDS);
  return usual.slice(0, MOST_RULES);
}

/** Those of `paths` in a folder that are there. No link on the way is followed: it would let the package choose what is read. */
export function withoutLinks(folder: string, paths: readonly string[]): string[] {
  // undefined where it is not there, or not ours to look at
  const isPlain = (path: string) => attempt(() => lstatSync(path).isSymbolicLink()) === false;
  const entries = paths.filter((path) =>
    path.split('/').every((_, index, parts) => isPlain(join(folder, ...parts.slice(0, index + 1)))),
  );
  return entries.map((path) => join(folder, path));
}

/** The finding for a file or folder that the system cannot read. */
export function unreadableFile(shown: string, error: unknown): Finding {
  return unreadable(shown, explainUnreadable(error));
}

/** The finding for a file that is not read. */
export function unreadable(shown: string, cause: string, code: Code = 'INPUT_UNREADABLE'): Finding {
  return finding(code, `cannot read ${quote(shown)}: ${cause}.`);
}
