import { createHash } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { FindingError } from '../../api/finding.ts';
import { quote } from '../../api/quote.ts';
import { explainSystemError, systemCode } from '../../api/system-error.ts';
import { checkWritable, unwritable } from './check-writable.ts';
import type { FilePath } from './find-files.ts';
import type { FileChange } from './rendered.ts';

/** A new file holds credentials: nobody else reads it. */
const NEW_FILE_MODE = 0o600;
const PERMISSIONS = 0o7777;
const OF_OWNER = 0o700;
const OF_ALL = 0o007;
/** Temporary files end in something that neither kpt nor kustomize takes for a manifest. */
const TEMPORARY = '.function-sts-assume-role';
/** Which machine a temporary file is of: only there does its process id say anything. */
const MACHINE = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** A change whose new text is complete in a temporary file. */
interface Staged {
  readonly change: FileChange;
  readonly temporary: string;
}

/**
 * Replaces files, all or none as far as a file system can: every new text is on the disk, in a temporary file of the same
 * folder, before the first rename, and a rename either happens or not. Whoever reads meanwhile sees a whole file, old or new.
 * @throws FindingError of code FILE_UNWRITABLE. It names the files that were written, if there are any.
 */
export function writeFiles(changes: readonly FileChange[]): void {
  const staged: Staged[] = [];
  try {
    for (const change of changes) stage(change, staged);
    for (const change of changes) checkUnchanged(change);
    for (const [index, { change, temporary }] of staged.entries()) {
      attempt(change, () => renameSync(temporary, change.real), written(changes.slice(0, index)));
    }
  } catch (error) {
    for (const { temporary } of staged) rmSync(temporary, { force: true });
    throw error;
  }
  for (const folder of new Set(changes.map(({ real }) => dirname(real)))) syncFolder(folder);
}

function stage(change: FileChange, staged: Staged[]): void {
  const [fault] = checkWritable(change);
  if (fault !== undefined) throw new FindingError(fault);
  attempt(change, () => {
    const folder = dirname(change.real);
    mkdirSync(folder, { recursive: true });
    const temporary = join(folder, `${TEMPORARY}.${MACHINE}.${process.pid}.${staged.length}.tmp`);
    const descriptor = openSync(temporary, 'wx', NEW_FILE_MODE);
    staged.push({ change, temporary });
    try {
      writeFileSync(descriptor, change.text);
      if (change.stats !== undefined) keepOwner(descriptor, change.stats, change.credentials);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
}

/** The new file is in all but its text the one that it replaces, as that was when it was checked whose it is; but for `modeFor`. */
function keepOwner(descriptor: number, { mode, uid, gid }: Stats, credentials: FileChange['credentials']): void {
  if (uid !== process.getuid?.() || gid !== process.getgid?.()) {
    try {
      fchownSync(descriptor, uid, gid);
    } catch {
      // only the system's owner may give files away; the text matters more
    }
  }
  fchmodSync(descriptor, modeFor(credentials, mode));
}

/**
 * Whoever could read what was in a file before was not to read the credentials that come into it: those are their owner's alone. He may
 * give them to a group then, and renewals leave it so; never to all users.
 */
function modeFor(credentials: FileChange['credentials'], mode: number): number {
  const isChosen = credentials === 'renewed' && (mode & OF_ALL) === 0;
  return mode & (credentials === undefined || isChosen ? PERMISSIONS : OF_OWNER);
}

/** Requests took time, in which somebody may have edited the file: then that edit would be lost. */
function checkUnchanged(change: FileChange): void {
  const now = attempt(change, () => {
    try {
      return readFileSync(change.real, 'utf8');
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  });
  if (now !== change.before)
    throw new FindingError(unwritable(change, 'somebody changed it meanwhile', 'Nothing was written; run again'));
}

function written(files: readonly FileChange[]): string {
  return files.length === 0
    ? 'Nothing was written'
    : `These were written before: ${files.map(({ shown }) => quote(shown)).join(', ')}`;
}

function attempt<T>(change: FileChange, action: () => T, rest?: string): T {
  try {
    return action();
  } catch (error) {
    throw new FindingError(unwritable(change, explainSystemError(error), rest));
  }
}

/** The renames themselves reach the disk. Not every system can: then they do a little later. */
function syncFolder(folder: string): void {
  try {
    const descriptor = openSync(folder, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // the files are whole in either case
  }
}

/** Longer than a run may take. */
const OLD_MILLISECONDS = 2 * 60 * 60_000;
const NAME = new RegExp(`^\\${TEMPORARY}\\.([0-9a-f]{8})\\.(\\d+)\\.\\d+\\.tmp$`);

/** Takes away what a run that was killed left beside these files: it may hold credentials. What cannot be removed stays. */
export function removeLeftovers(files: readonly FilePath[]): void {
  for (const folder of new Set(files.map(({ real }) => dirname(real)))) {
    for (const name of namesIn(folder)) {
      try {
        if (isLeftover(folder, name)) rmSync(join(folder, name), { force: true });
      } catch {
        // somebody else's, in a folder where only owners remove; credentials were minted already, and this must not cost them
      }
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // a folder that is not there yet
  }
}

/** Nobody writes it any more: its process has ended, or it is of another machine and old. */
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
    return systemCode(error) !== 'ESRCH'; // EPERM: somebody else's
  }
}
