import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { SPEC_HASH_ANNOTATION } from '../../model/annotations.ts';
import { PROGRAM } from '../../model/kinds.ts';
import { attempt } from '../../model/plain-data.ts';
import { CACHE, digestOfFiles, filesOf } from './program.ts';

const EXECUTABLE_MODE = 0o755;
const FILE_MODE = 0o644;
export const OTHERS_WRITE = 0o022;
const THIS_USER = process.getuid?.() ?? 0;
const BUILD = new RegExp(`^\\.${PROGRAM}-([0-9a-f]{12})$`);
/** The cause in a message about another program's file. `install` knows its own builds by this text and an annotation: do not change it. */
export const NOT_OURS = 'it is not of this function';
/** The first bytes of what Bun makes for Linux, macOS and Windows. */
const EXECUTABLE = /^(?:7f454c46|cffaedfe|4d5a)/;

/** True for what `install` put into the folder `home`, in any version: a link to the function there, or to a build beside it; a program. */
export function isOurs(path: string, home: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isSymbolicLink()) {
    const leads = resolve(dirname(path), readlinkSync(path));
    const isThere = (folder: string) => !relative(folder, leads).startsWith('..');
    const target = relative([home, realpathSync(home)].find(isThere) ?? home, leads);
    const build = dirname(target);
    const isOfBuild = target === join(build, PROGRAM) && BUILD.test(build);
    return target === PROGRAM || (isOfBuild && (isBuild(join(home, build)) || !existsSync(join(home, build))));
  }
  if (stats?.isFile() !== true) return false;
  const bytes = readFileSync(path);
  return (
    EXECUTABLE.test(bytes.toString('hex', 0, 4)) &&
    [SPEC_HASH_ANNOTATION, NOT_OURS].every((text) => bytes.includes(text))
  );
}

/** True for a folder whose name is the digest of its files, and that has nothing else but the cache of its starts. */
function isBuild(folder: string): boolean {
  const [, digest] = BUILD.exec(basename(folder)) ?? [];
  const isWhole = () => {
    if (!lstatSync(folder).isDirectory()) return false;
    const others = readdirSync(folder, { withFileTypes: true }).filter((file) => !file.isFile() && file.name !== CACHE);
    return others.length === 0 && digestOfFiles(folder, filesOf(folder)) === digest;
  };
  return digest !== undefined && (attempt(isWhole) ?? false); // else not there, or not ours to read
}

/** True for a build that runs, and that only this user and root may change. */
export function isUsable(build: string): boolean {
  const isRunnable = () => (lstatSync(join(build, PROGRAM)).mode & 0o111) === 0o111;
  const names = () => ['', ...readdirSync(build, { recursive: true, encoding: 'utf8' })];
  return isBuild(build) && isRunnable() && names().every((name) => isSafe(join(build, name)));
}

/** True for a build that this user made. */
export function isRemovable(build: string): boolean {
  return isBuild(build) && lstatSync(build).uid === THIS_USER;
}

function isSafe(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false }); // a start replaces files of the cache
  return stats === undefined || ([0, THIS_USER].includes(stats.uid) && (stats.mode & OTHERS_WRITE) === 0);
}

/** Copies the executable file to `path`, unless an equal one is there. */
export function placeFile(path: string, source: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  const isSame = stats?.isFile() === true && readFileSync(path).equals(readFileSync(source));
  if (isSame && isSafe(path) && (stats.mode & 0o777) === EXECUTABLE_MODE) return;
  replace(path, (temporary) => copy(source, temporary, EXECUTABLE_MODE));
}

/** Creates a link at `path`, unless an equal one is there. */
export function placeLink(path: string, target: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isSymbolicLink() && readlinkSync(path) === target) return;
  mkdirSync(dirname(path), { recursive: true });
  replace(path, (temporary) => symlinkSync(target, temporary));
}

/** Where `home` has this build of the script. */
export function buildIn(home: string, source: string, files: readonly string[]): string {
  return join(home, `.${PROGRAM}-${digestOfFiles(source, files)}`);
}

/**
 * Copies the script build beside `path` into the folder that `buildIn` names, with a link to its launcher at `path`. So a change of build
 * is one rename. The previous build stays until the next installation, since running processes may still load parts of it.
 */
export function placeBuild(path: string, source: string, files: readonly string[]): void {
  const home = dirname(path);
  const folder = buildIn(home, source, files);
  const isInstalled = () => isUsable(folder);
  if (!isInstalled()) {
    const make = (temporary: string) => {
      mkdirSync(temporary);
      for (const file of files)
        copy(join(source, file), join(temporary, file), file === PROGRAM ? EXECUTABLE_MODE : FILE_MODE);
      chmodSync(temporary, EXECUTABLE_MODE);
      if (!isInstalled() && isRemovable(folder)) rmSync(folder, { recursive: true }); // others may change it
    };
    replace(folder, make, isInstalled);
  }
  const name = basename(folder);
  const previous = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? dirname(readlinkSync(path)) : name;
  placeLink(path, `${name}/${PROGRAM}`);
  const left = readdirSync(home).filter((other) => other !== name && other !== previous);
  // one that another user started has a cache there, and stays; the function is installed
  for (const other of left.map((entry) => join(home, entry)))
    attempt(() => isRemovable(other) && rmSync(other, { recursive: true }));
}

function copy(from: string, to: string, mode: number): void {
  copyFileSync(from, to, constants.COPYFILE_EXCL);
  chmodSync(to, mode);
}

/** Replaces `path` atomically. An error is ignored if `isInstalled`: another run was faster. */
function replace(path: string, make: (temporary: string) => void, isInstalled = () => false): void {
  const folder = mkdtempSync(join(dirname(path), `.${PROGRAM}.`));
  try {
    const temporary = join(folder, PROGRAM);
    make(temporary);
    renameSync(temporary, path);
  } catch (error) {
    if (!isInstalled()) throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
