import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from '../run-function.ts';

/** Where `test/hosts/install.sh` links the programs that it builds. */
export const HOSTS_BIN = join(ROOT, '.hosts/bin');

/** The path of one of them. */
export function realProgram(name: string): string {
  return join(HOSTS_BIN, name);
}

/** @throws Error naming the command to run, when one of these paths is missing: such a test never passes. */
export function requirePrograms(paths: readonly string[]): void {
  const missing = paths.filter((path) => !existsSync(path)).map((path) => relative(ROOT, path));
  if (missing.length === 0) return;
  throw new Error(
    `cannot test with real hosts: there is no ${missing.join(', no ')}. Run \`npm run test:hosts\`, which builds them.`,
  );
}
