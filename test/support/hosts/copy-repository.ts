import { execFileSync } from 'node:child_process';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ROOT } from '../run-function.ts';

/** What a fresh checkout does not have and costs minutes to make. */
const BUILT = ['node_modules', 'dist', '.hosts'];

/** Files of the repository that are in git, or would be after `git add`. */
export function repositoryFiles(): string[] {
  const command = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const deleted = new Set(gitFiles(['ls-files', '-z', '--deleted']));
  return gitFiles(command).filter((file) => !deleted.has(file));
}

/** Copies the repository into an empty folder; what was built is linked. */
export async function copyRepository(folder: string): Promise<void> {
  for (const file of repositoryFiles()) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await cp(join(ROOT, file), join(folder, file), { verbatimSymlinks: true });
  }
  for (const name of BUILT) await symlink(join(ROOT, name), join(folder, name));
}

function gitFiles(argv: readonly string[]): string[] {
  const listed = execFileSync('git', argv, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 });
  return listed.split('\0').filter((file) => file !== '');
}
