import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** What of package-lock.json is read. */
interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity: string } | undefined>>;
}

/**
 * Downloads Bun's runtime for another machine, such as `bun-linux-arm64`, into `folder`, and gives its path. Bun itself would
 * take what comes; here npm downloads, and it must be what the lock file names.
 */
export function bunRuntime(target: string, folder: string): string {
  const name = `@oven/${target.replace('arm64', 'aarch64')}`;
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock; // npm writes it in this shape
  const locked = lock.packages[`node_modules/${name}`];
  if (locked === undefined) throw new Error(`cannot build for "${target}": package-lock.json has no ${name}.`);
  const packed = output('npm', ['pack', '--json', `${name}@${locked.version}`], folder);
  const [tarball] = JSON.parse(packed) as { filename: string; integrity: string }[]; // npm's answer for one package
  if (tarball?.integrity !== locked.integrity)
    throw new Error(`cannot build for "${target}": ${name} is not what package-lock.json names.`);
  output('tar', ['-xzf', tarball.filename], folder);
  return join(folder, 'package/bin/bun');
}

function output(program: string, argv: readonly string[], cwd: string): string {
  const ended = spawnSync(program, argv, { cwd, encoding: 'utf8', timeout: 300_000 });
  if (ended.status !== 0) throw new Error(`${program} ended with ${ended.status ?? ended.signal}: ${ended.stderr}`);
  return ended.stdout;
}
