import { spawnSync } from 'node:child_process';
import { CLEAN_ENVIRONMENT, type Ended, runProcess } from '../run-function.ts';

/** Why nobody can mount here; absent: it works. */
export function whyNoMounts(): string | undefined {
  const tried = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { encoding: 'utf8' });
  return tried.status === 0 ? undefined : `mounts need root and \`unshare\`: ${tried.stderr ?? tried.error?.message}`;
}

/** Runs a shell script where its mounts are its own, and end with it. */
export function inMountNamespace(script: string, environment: Readonly<Record<string, string>>): Promise<Ended> {
  return runProcess('unshare', ['-m', 'bash', '--norc', '-euc', script], {
    environment: { ...CLEAN_ENVIRONMENT, ...environment },
  });
}
