import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCode } from '../../api/system-error.ts';
import type { FilePath } from './find-files.ts';
import { MACHINE, TEMPORARY } from './write-files.ts';

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
