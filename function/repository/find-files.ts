import { type Dirent, lstatSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Code } from '../findings/codes.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { explainUnreadable } from '../findings/system-error.ts';
import { KUSTOMIZATION } from '../krm/file-positions.ts';
import { resolve } from '../model/paths.ts';
import { attempt, cached, distinct, globOf } from '../model/plain-data.ts';
import { NOT_A_FILE, readBounded } from './read-file.ts';

/** A file by the path that the user gave, and by its real path. */
export interface FilePath {
  /** The path in messages: it begins with the one that was given. */
  readonly shown: string;
  readonly real: string;
  /** True for a file that kpt leaves out of its package, or may leave out, as far as we know. */
  readonly isIgnored?: boolean | 'perhaps' | undefined;
  /** True for a file that only kpt reads. */
  readonly isHidden?: boolean;
  /** True for a file that the user named, and that is in no folder that was read. */
  readonly isAlone?: boolean;
  /** What it has, if it is no file but standard input. */
  readonly bytes?: Uint8Array;
  /** Of a file that only a kustomization names: whether it is inside of what the user named. */
  readonly brought?: 'inside' | 'outside';
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
/** Those that kpt reads (kptdev/kpt, v1.0.0-beta.61, internal/pkg/pkg.go, MatchAllKRM). */
const OF_KPT = /\.(?:ya?ml|json)$|^Kptfile$/;

/**
 * The files that `paths` name, each once, in a stable order: a file itself; of a folder, with its subfolders, every file whose name
 * matches. Left out are names that begin with a dot, and node_modules; but kpt reads them, so who looks for Kptfiles gets those of
 * packages too. No symbolic link in a folder is followed: a link into the package would give a file twice, and a link out of it would let
 * the package choose what else is read. `readInput`: what `-` is, as a file of this folder. `unread`: what kpt would read there nevertheless.
 */
export function findFiles(paths: readonly string[], names: RegExp, readInput?: () => Uint8Array) {
  const context: SearchContext = { names, faults: [], unread: [], left: new Set() };
  const searches = paths.map((path): readonly FilePath[] => {
    const file = { shown: path, real: resolve(path) };
    if (path === '-' && readInput !== undefined) return [{ ...file, bytes: readInput() }];
    return readOrReport({ file }, context.faults, () => filesAt(path, context));
  });
  // a file that several paths lead to is as the outermost folder has it: what kpt leaves out, its packages say
  const rootOf = (path = '') => attempt(() => realpathSync(path)) ?? resolve(path);
  const byDepth = searches.map((files, index) => ({ files, root: rootOf(paths[index]) }));
  const inOrder = byDepth.toSorted((first, second) => second.root.length - first.root.length);
  const byPath = new Map(inOrder.flatMap(({ files }) => files.map((file) => [file.real, file] as const)));
  const files = distinct(searches.flat(), ({ real }) => real).map((file) => byPath.get(file.real) ?? file);
  const isLeft = ({ real }: FilePath) => context.left.has(real);
  return { ...context, files: files.map((file) => (isLeft(file) ? { ...file, isIgnored: true } : file)) };
}

interface SearchContext {
  readonly names: RegExp;
  readonly faults: UnreadableFile[];
  readonly unread: FilePath[];
  /** Real paths of hidden files of packages that kpt leaves out too. */
  readonly left: Set<string>;
}

function filesAt(shown: string, context: SearchContext): readonly FilePath[] {
  const stats = statSync(shown);
  const file = { shown, real: realpathSync(shown) };
  if (stats.isDirectory()) return filesIn(file, context);
  if (stats.isFile()) return [{ ...file, isAlone: true }];
  context.faults.push({ file, finding: unreadable(shown, NOT_A_FILE) }); // a pipe has no folder, and cannot be read twice
  return [];
}

/** Folder after folder, since a package may have so many in each other that the stack of calls would not do. */
function filesIn(top: FilePath, context: SearchContext): readonly FilePath[] {
  const files: FilePath[] = [];
  const open: Visit[] = [{ at: top, isFolder: true }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.isFolder) for (const entry of entriesIn(next, context).reverse()) open.push(entry);
    else files.push(next.at);
  }
  return files;
}

/** What is looked at next: a file, or a folder with all that is in it. */
interface Visit {
  readonly at: FilePath;
  readonly isFolder: boolean;
  /** The package of kpt around it. */
  readonly around?: Package | undefined;
}

interface Package {
  readonly ignores: Ignores;
  /** Where its own paths begin, or those of the package around it. */
  readonly start: number;
  /** True below `.git`, where kpt finds no further package (kptdev/kpt, v1.0.0-beta.61, internal/pkg/pkg.go, Subpackages). */
  readonly isGit?: boolean;
}

function entriesIn({ at: folder, around }: Visit, { names, faults, unread, left }: SearchContext): Visit[] {
  const entries = readOrReport({ file: folder, isFolder: true }, faults, () =>
    readdirSync(folder.real, { withFileTypes: true }),
  );
  const [shown = '', real = ''] = [folder.shown, folder.real].map((path) => join(path, '-').slice(0, -1)); // join builds long paths piece by piece
  const pathOf = (name: string) => ({ shown: `${shown}${name}`, real: `${real}${name}` });
  const kptfile = names.test('Kptfile') ? entries.find(({ name }) => name === 'Kptfile') : undefined;
  if (kptfile && around?.isGit) return [];
  const isLinked = (entry: Dirent) => entry.isSymbolicLink() && KUSTOMIZATION.test(entry.name) && names.test('Kptfile');
  for (const entry of entries)
    if (entry === kptfile ? !entry.isFile() : isLinked(entry))
      faults.push({ file: pathOf(entry.name), finding: unreadable(`${shown}${entry.name}`, NO_HOST_FILE) });
  const hasRules = entries.some(({ name }) => name === '.krmignore');
  const rules = kptfile ? { ignores: ignoredByKpt(real, hasRules), start: around?.start ?? real.length } : around;
  const before = kptfile ? undefined : folder.isIgnored;
  return entries
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry): Visit[] => {
      const { name } = entry;
      const isHidden = folder.isHidden === true || name.startsWith('.') || name === 'node_modules';
      if (isHidden && rules === undefined) return [];
      const [path, isFolder] = [pathOf(name), entry.isDirectory()];
      const isLeftOut =
        before === true || (!isFolder && !OF_KPT.test(name)) || rules?.ignores(path.real, name, isFolder);
      const isOdd = isFolder
        ? name.includes('\ufffd')
        : OF_KPT.test(name) && ODD_PATH.test(path.real.slice(rules?.start));
      if (rules && isOdd && isLeftOut !== true) {
        faults.push({ file: path, finding: unreadable(path.shown, NO_NAME) });
        return [];
      }
      const at = { ...path, isHidden, isIgnored: rules && name !== 'Kptfile' && (isLeftOut || before) };
      if (isFolder) return [{ at, isFolder, around: rules && name === '.git' ? { ...rules, isGit: true } : rules }];
      if (isHidden && at.isIgnored === true) {
        if (names.test(name)) left.add(path.real);
        return [];
      }
      if (rules && !entry.isFile() && isLeftOut !== true && name !== 'Kptfile') unread.push(at);
      return entry.isFile() && names.test(name) ? [{ at, isFolder }] : [];
    });
}
/** kpt finds no file by such a path, writes none, or writes another one (kubernetes-sigs/kustomize, kyaml/v0.21.1, kio/pkgio_writer.go). */
const ODD_PATH = /\.\.|[\ufffd\p{Cc}\u2028\u2029]/u;
const NO_NAME = 'its path is no UTF-8, or has `..` or a line break, and kpt may read or write another file. Rename it';
const NO_HOST_FILE = 'it is a link or no file, and no link is followed. Put the file itself there';

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

type Ignores = (path: string, name: string, isFolder: boolean) => FilePath['isIgnored'];

/** A line that is a plain path. */
const PART = String.raw`(?!\s)[^/*?[\]\\!#\ufffd\p{Cc}]+(?<!\s)`;
const PLAIN = new RegExp(`^/?(?:${PART}/){0,7}${PART}/?$`, 'u');
/** A line with wildcards in its parts. */
const WILD = /^\/*[\w.\-*?][\w.\-/*?]*$/;
/** Longer lines end kpt's reading. */
const MOST_OF_KRMIGNORE = 2 ** 16;
/** Most signs in it that stand for others: each is looked for in each name. */
const MOST_WILD = 100;

/**
 * What the `.krmignore` of a package keeps from kpt, which looks for it beside a Kptfile alone (kubernetes-sigs/kustomize, kyaml/v0.21.1,
 * kio/ignorefilesmatcher.go). A plain path is found at any depth, with `/` before it at the top, with `/` behind it as a folder; `!` wins in
 * any order (monochromegane/go-gitignore, gitignore.go). A name with stars is found at any depth. What else there is may leave out files
 * in the folders of the line whose name, or that of a folder around them, fits its last part; with a line that wins or is of another kind,
 * all.
 */
function ignoredByKpt(folder: string, isThere: boolean): Ignores {
  if (!isThere) return () => false;
  const read = attempt(() => readBounded(`${folder}.krmignore`));
  if (read === undefined || 'cause' in read || read.bytes.length >= MOST_OF_KRMIGNORE) return () => 'perhaps';
  const all = read.bytes
    .toString()
    .split(/\r?\n/)
    .map((line) => line.replaceAll(/^ +|(?<! ) +$/g, ''));
  const lines = all.filter((line) => line !== '' && !line.startsWith('#'));
  const plain = new Set(lines.filter((line) => PLAIN.test(line)));
  const others = lines.filter((line) => !plain.has(line));
  if (!others.every((line) => WILD.test(line)) || others.join('').replaceAll(/[^*?]/g, '').length > MOST_WILD)
    return () => 'perhaps';
  const fits = others.map((line) => ({
    isLike: globOf(basename(line).replaceAll('?', '*')),
    isSure: !/[/?]/.test(line),
    folders: new Set(
      dirname(line)
        .split('/')
        .filter((part) => /^[\w-][^*?]*$/.test(part)),
    ),
  }));
  return (path, name, isFolder) => {
    const inside = path.slice(folder.length);
    const ends = inside
      .split('/')
      .slice(-8)
      .map((_, index, last) => last.slice(index).join('/'));
    const isNamed = [`/${inside}`, ...ends].some((end) => plain.has(end) || (isFolder && plain.has(`${end}/`)));
    const fitting = fits.filter(({ isLike }) => isLike(name));
    if (isNamed || fitting.some(({ isSure }) => isSure)) return true;
    const around = new Set(fitting.length > 0 ? dirname(inside).split('/') : []);
    return fitting.some(({ folders }) => folders.isSubsetOf(around)) && 'perhaps';
  };
}

/** What stands at a path; undefined where nothing does. `isReal`: no link leads to it. */
export type LookAt = (path: string) => { readonly stats: Stats; readonly isReal: boolean } | undefined;

/** Looks at each path once: many entries may name one, and a path may go through two thousand folders. */
export function newLookAt(): LookAt {
  const cache = new Map<string, ReturnType<LookAt>>();
  const lookAt: LookAt = (path) =>
    cached(cache, path, () => {
      const stats = attempt(() => lstatSync(path, { throwIfNoEntry: false }));
      const isReal = () => path === dirname(path) || lookAt(dirname(path))?.isReal === true;
      return stats && { stats, isReal: !stats.isSymbolicLink() && isReal() };
    });
  return lookAt;
}

/** The finding for a file or folder that the system cannot read. */
export function unreadableFile(shown: string, error: unknown): Finding {
  return unreadable(shown, explainUnreadable(error));
}

/** The finding for a file that is not read. */
export function unreadable(shown: string, cause: string, code: Code = 'INPUT_UNREADABLE'): Finding {
  return finding(code, `cannot read ${quote(shown)}: ${cause}.`);
}
