import { existsSync } from 'node:fs';

const SHELL = '/bin/sh';

/**
 * Ends the process at once. `process.exit` waits for lookups of host names that are under way, in threads that nobody can stop:
 * for minutes where a resolver does not answer. Then a program takes the place of this one that only gives its exit code
 * (docs/decisions/024-a-process-that-ends.md).
 */
export function endProcess(code: number): never {
  if (isLookingUp() && existsSync(SHELL)) {
    try {
      process.execve?.(SHELL, [SHELL, '-c', `exit ${code}`], {});
    } catch {
      // a system, or a permission, without it
    }
  }
  process.exit(code);
}

function isLookingUp(): boolean {
  return process.getActiveResourcesInfo().includes('GetAddrInfoReqWrap');
}
