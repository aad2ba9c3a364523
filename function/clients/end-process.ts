import { existsSync } from 'node:fs';

const SHELL = '/bin/sh';

/**
 * Ends the process at once. `process.exit` waits for DNS lookups in threads that cannot be stopped, for minutes if a resolver does not
 * answer. During one, a shell that only exits with `code` replaces the process (docs/decisions/024-a-process-that-ends.md).
 */
export function endProcess(code: number): never {
  if (isLookingUp() && existsSync(SHELL)) {
    try {
      process.execve?.(SHELL, [SHELL, '-c', `exit ${code}`], {});
    } catch {
      // not supported or not permitted: exit as usual
    }
  }
  process.exit(code);
}

function isLookingUp(): boolean {
  return process.getActiveResourcesInfo().includes('GetAddrInfoReqWrap');
}
