import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../run-function.ts';

const LIBRARY = join(ROOT, '.hosts/lib/libfaketimeMT.so.1');

/** Why no process can have a clock of its own; absent: it can. */
export function whyNoClock(): string | undefined {
  return existsSync(LIBRARY)
    ? undefined
    : 'libfaketime is not there: test/hosts/install.sh gets it from Debian or Ubuntu';
}

/** A clock that jumps, for the processes that are started with its environment. */
export interface OwnClock {
  readonly environment: Readonly<Record<string, string>>;
  /** From now on so many seconds ahead of the machine's; negative: behind. The time that timers go by is never touched. */
  set(seconds: number): void;
  now(): Date;
  remove(): void;
}

export function ownClock(): OwnClock {
  const folder = mkdtempSync(join(tmpdir(), 'clock-'));
  const file = join(folder, 'offset');
  let ahead = 0;
  const set = (seconds: number) => {
    ahead = seconds;
    writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    renameSync(`${file}.new`, file); // nobody reads half of it
  };
  set(0);
  return {
    environment: {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    set,
    now: () => new Date(Date.now() + ahead * 1000),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
