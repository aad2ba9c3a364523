import {
  chmodSync,
  constants,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SPEC_HASH_ANNOTATION } from '../../model/annotations.ts';
import { PROGRAM } from '../../model/program.ts';
import { digestOf } from './program.ts';

const EXECUTABLE_MODE = 0o755;
const FILE_MODE = 0o644;
const BUILD = new RegExp(`^\\.${PROGRAM}-[0-9a-f]{12}$`);

/** True when `path` is free, or has a link to this function or a build of it. */
export function isReplaceable(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return true;
  if (stats.isSymbolicLink()) return basename(readlinkSync(path)) === PROGRAM;
  return stats.isFile() && readFileSync(path).includes(SPEC_HASH_ANNOTATION);
}

/** Copies the executable file to `path`, unless an equal one is there. */
export function placeFile(path: string, source: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  const isSame = stats?.isFile() === true && readFileSync(path).equals(readFileSync(source));
  if (isSame && (stats.mode & 0o777) === EXECUTABLE_MODE) return;
  replace(path, (temporary) => copy(source, temporary, EXECUTABLE_MODE));
}

/** Creates a link at `path`, unless an equal one is there. */
export function placeLink(path: string, target: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isSymbolicLink() && readlinkSync(path) === target) return;
  mkdirSync(dirname(path), { recursive: true });
  replace(path, (temporary) => symlinkSync(target, temporary));
}

/**
 * Copies the script build beside `path` into a folder named by its digest, with a link to its launcher at `path`. So a change of build
 * is one rename. The previous build stays until the next installation, since running processes may still load parts of it.
 */
export function placeBuild(path: string, source: string, files: readonly string[]): void {
  const digest = digestOf(source, files);
  const name = `.${PROGRAM}-${digest}`;
  const folder = join(dirname(path), name);
  const isInstalled = () => isBuild(folder, digest, files);
  if (!isInstalled()) {
    const make = (temporary: string) => {
      mkdirSync(temporary);
      for (const file of files)
        copy(join(source, file), join(temporary, file), file === PROGRAM ? EXECUTABLE_MODE : FILE_MODE);
      chmodSync(temporary, EXECUTABLE_MODE);
      if (!isInstalled()) rmSync(folder, { recursive: true, force: true }); // incomplete or changed
    };
    replace(folder, make, isInstalled);
  }
  const previous = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? dirname(readlinkSync(path)) : name;
  placeLink(path, `${name}/${PROGRAM}`);
  for (const other of readdirSync(dirname(path))) {
    if (BUILD.test(other) && other !== name && other !== previous)
      rmSync(join(dirname(path), other), { recursive: true });
  }
}

function isBuild(folder: string, digest: string, files: readonly string[]): boolean {
  try {
    return digestOf(folder, files) === digest && (lstatSync(join(folder, PROGRAM)).mode & 0o111) === 0o111;
  } catch {
    return false;
  }
}

function copy(from: string, to: string, mode: number): void {
  copyFileSync(from, to, constants.COPYFILE_EXCL);
  chmodSync(to, mode);
}

/** Replaces `path` atomically. An error is ignored if `isInstalled`: another run was faster. */
function replace(path: string, make: (temporary: string) => void, isInstalled = () => false): void {
  const temporary = join(dirname(path), `.${PROGRAM}.${process.pid}.tmp`);
  rmSync(temporary, { recursive: true, force: true });
  try {
    make(temporary);
    renameSync(temporary, path);
  } catch (error) {
    if (!isInstalled()) throw error;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
