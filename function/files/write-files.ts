import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { FindingError } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { explainSystemError, systemCode } from '../findings/system-error.ts';
import { attempt, succeeds } from '../model/plain-data.ts';
import type { FilePath } from '../repository/find-files.ts';
import { changedMeanwhile, checkWritable, unwritable } from './check-writable.ts';
import type { FileChange } from './files-destination.ts';
import { uninterrupted } from './uninterrupted.ts';

/** A new file holds credentials: only its owner may read it. */
const NEW_FILE_MODE = 0o600;
const PERMISSIONS = 0o7777;
const OWNER_PERMISSIONS = 0o700;
const GROUP_PERMISSIONS = 0o070;
const OTHERS_PERMISSIONS = 0o007;
/** What chown takes for "change no owner". */
const AS_IT_IS = -1;
/** Prefix of temporary files. Their names end in `.tmp`, so that neither kpt nor kustomize reads them. */
const TEMPORARY = '.function-sts-assume-role';
/** Says in the name of a temporary file where the process ID in it means something: on this machine, until it starts anew, in this container. */
export const MACHINE = createHash('sha256').update(scopeOfProcesses()).digest('hex').slice(0, 8);

/** Containers may have one host name, and machines that share a folder too. */
function scopeOfProcesses(): string {
  const scope = attempt(
    () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8') + readlinkSync('/proc/self/ns/pid'),
  );
  return scope ?? (process.platform === 'linux' ? randomBytes(8).toString('hex') : hostname()); // not to be known, or no containers
}

/** A change whose new text is complete in a temporary file. */
interface StagedFile {
  readonly change: FileChange;
  readonly temporary: string;
}

/**
 * Replaces files, and is not interrupted. `random` is the part of a temporary file's name that no package can bring a file for.
 * @throws FindingError of code FILE_UNWRITABLE. It names the files that were written, if there are any.
 */
export function writeFiles(
  changes: readonly FileChange[],
  random = () => randomBytes(8).toString('hex'),
): Promise<void> {
  return uninterrupted(() => replaceFiles(changes, random));
}

/**
 * Replaces files, all or none as far as a file system can. Every new text is on the disk in a temporary file of the same folder before
 * the first rename, and a rename is atomic: a reader always sees a whole file, old or new.
 */
function replaceFiles(changes: readonly FileChange[], random: () => string): void {
  const staged: StagedFile[] = [];
  try {
    for (const change of changes) stage(change, staged, random);
    for (const change of changes) checkUnchanged(change);
    for (const [index, { change, temporary }] of staged.entries()) {
      orUnwritable(
        change,
        () => renameSync(temporary, change.real),
        () => alreadyWritten(changes.slice(0, index)),
      );
    }
  } catch (error) {
    for (const { temporary } of staged) rmSync(temporary, { force: true });
    throw error;
  }
  for (const folder of new Set(changes.map(({ real }) => dirname(real)))) syncFolder(folder);
}

function stage(change: FileChange, staged: StagedFile[], random: () => string): void {
  const [fault] = checkWritable(change);
  if (fault !== undefined) throw new FindingError(fault);
  orUnwritable(change, () => {
    const folder = dirname(change.real);
    mkdirSync(folder, { recursive: true });
    const { temporary, descriptor } = openTemporary(folder, random);
    staged.push({ change, temporary });
    try {
      writeFileSync(descriptor, change.text);
      if (change.stats !== undefined) {
        keepOwner(descriptor, change.stats);
        const made = { path: temporary, gid: fstatSync(descriptor).gid };
        fchmodSync(descriptor, modeFor(change, change.stats, made));
      }
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
}

/** Most names that are tried. Even one that is taken is rare. */
const MOST_NAMES = 10;

function openTemporary(folder: string, random: () => string) {
  for (let tries = 1; ; tries++) {
    const temporary = join(folder, `${TEMPORARY}.${MACHINE}.${process.pid}.${random()}.tmp`);
    try {
      return { temporary, descriptor: openSync(temporary, 'wx', NEW_FILE_MODE) };
    } catch (error) {
      if (systemCode(error) !== 'EEXIST' || tries === MOST_NAMES) throw error;
    }
  }
}

/** Gives a new file the owner and group of the file that it replaces, as they were when it was read, or the group at least. */
function keepOwner(descriptor: number, { uid, gid }: Stats): void {
  // only root may give files to other users, and to groups that it is not in; writing goes on
  [uid, AS_IT_IS].some((owner) => succeeds(() => fchownSync(descriptor, owner, gid)));
}

/**
 * The mode of a replaced file. New credentials are readable for the owner alone. The owner may let a group read them later, and renewals
 * keep that mode unless it lets all users in, the new file has another group, or the mode is the mask of an access control list, which a
 * new file has not or has from its folder.
 */
function modeFor({ credentials, real }: FileChange, { mode, gid }: Stats, made: { path: string; gid: number }): number {
  const isChosen = credentials === 'renewed' && (mode & OTHERS_PERMISSIONS) === 0;
  const hasGroup = (mode & GROUP_PERMISSIONS) !== 0;
  const isKept =
    credentials === undefined || (isChosen && (!hasGroup || (made.gid === gid && !haveAcl(real, made.path))));
  return mode & (isKept ? PERMISSIONS : OWNER_PERMISSIONS);
}

/**
 * True where one of the files has an access control list, or that cannot be told: Node.js cannot ask, `ls` shows `+` behind the mode. That
 * of BusyBox never does, and does not know the option either.
 */
function haveAcl(...files: readonly string[]): boolean {
  const options = { cwd: '/', env: { PATH: process.env.PATH }, encoding: 'utf8' } as const; // PATH may have relative folders
  const lists = process.platform === 'linux' ? ['--time-style=iso'] : [];
  const { status, stdout } = spawnSync('ls', ['-ld', ...lists, '--', ...files], options);
  return status !== 0 || /^.{10}\+/m.test(stdout);
}

/** Refuses to replace a file that somebody changed during the run: the edit would be lost, or who may read it be forgotten. */
function checkUnchanged(change: FileChange): void {
  const { real, stats, formerText } = change;
  const isUnchanged = orUnwritable(change, () => {
    try {
      const { mode, uid, gid } = lstatSync(real);
      const isSame = stats === undefined || (mode === stats.mode && uid === stats.uid && gid === stats.gid);
      return isSame && readFileSync(real, 'utf8') === formerText;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return formerText === undefined;
      throw error;
    }
  });
  if (!isUnchanged) throw new FindingError(changedMeanwhile(change));
}

function alreadyWritten(files: readonly FileChange[]): string {
  return files.length === 0
    ? 'Nothing was written'
    : `These were written before: ${files.map(({ shown }) => quote(shown)).join(', ')}`;
}

function orUnwritable<T>(change: FileChange, action: () => T, rest?: () => string): T {
  try {
    return action();
  } catch (error) {
    throw new FindingError(unwritable(change, explainSystemError(error), rest?.()));
  }
}

/** Flushes the renames to the disk. A system that cannot do so flushes them later. */
function syncFolder(folder: string): void {
  // the files are whole in any case
  attempt(() => {
    const descriptor = openSync(folder, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
}

/** Longer than a run may take. */
const OLD_MILLISECONDS = 2 * 60 * 60_000;
/** The name of a temporary file, of former versions too, which had a number in place of random bytes. */
const NAME = new RegExp(`^\\${TEMPORARY}\\.([0-9a-f]{8})\\.(\\d+)\\.[0-9a-f]+\\.tmp$`);

/** Removes temporary files of killed runs from the folders of these files: they may hold credentials. Errors are ignored. */
export function removeLeftovers(files: readonly FilePath[]): void {
  for (const folder of new Set(files.map(({ real }) => dirname(real)))) {
    const names = attempt(() => readdirSync(folder)) ?? []; // the folder may not exist yet
    // another user's file stays; sessions were issued already, so the run goes on
    for (const name of names) attempt(() => isLeftover(folder, name) && rmSync(join(folder, name), { force: true }));
  }
}

/** True for a temporary file that no run writes: its process has ended, or it is old and of another machine or container. */
function isLeftover(folder: string, name: string): boolean {
  const [, machine, pid] = NAME.exec(name) ?? [];
  if (pid === undefined) return false;
  const stats = lstatSync(join(folder, name), { throwIfNoEntry: false });
  if (stats?.isFile() !== true) return false;
  if (machine === MACHINE) return Number(pid) === process.pid || !isRunning(Number(pid));
  return stats.mtimeMs < Date.now() - OLD_MILLISECONDS;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) !== 'ESRCH'; // EPERM: another user's process
  }
}
