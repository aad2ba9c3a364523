import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Pushes what build-image.ts made, all machines as one: the image to the first argument, Crossplane's package to the second.
 * A reference may not hold a tag: both get the version. The image's digest goes to `dist/image/digest`.
 */
const root = join(import.meta.dirname, '..');
const folder = join(root, 'dist/image');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const [image, functionPackage] = process.argv.slice(2);
if (image === undefined || functionPackage === undefined) throw new Error('usage: push-image.ts IMAGE PACKAGE');

const made = readdirSync(folder);
const files = (ending: string) => made.filter((name) => name.endsWith(ending)).map((name) => join(folder, name));
const list = `${image}:v${version}`;
run('podman', ['manifest', 'create', list, ...files('.tar').map((file) => `docker-archive:${file}`)]);
run('podman', ['manifest', 'push', '--all', `--digestfile=${join(folder, 'digest')}`, list, `docker://${list}`]);
run('crossplane', ['xpkg', 'push', `--package-files=${files('.xpkg').join(',')}`, `${functionPackage}:v${version}`]);

function run(program: string, argv: readonly string[]): void {
  const { status, signal, error } = spawnSync(program, argv, { stdio: 'inherit', timeout: 900_000 });
  if (status !== 0) throw new Error(`${program} ${argv[0]} ended with ${status ?? signal}`, { cause: error });
}
