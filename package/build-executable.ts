import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bunRuntime } from './bun-runtime.ts';

/** Makes dist/bin/function-sts-assume-role: one file that needs no runtime (docs/decisions/021-one-file.md). */
const root = join(import.meta.dirname, '..');
const folder = join(root, 'dist/bin');
const executable = join(folder, 'function-sts-assume-role');
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };

const here = `bun-${process.platform}-${process.arch}`;
const target = process.env.BUN_TARGET || here;
const download = await mkdtemp(join(tmpdir(), 'bun-runtime-'));
process.once('exit', () => rmSync(download, { recursive: true }));

await mkdir(folder, { recursive: true });
run(join(root, 'node_modules/.bin/bun'), [
  ...['build', '--compile', '--bytecode', '--minify', `--target=${target}`],
  ...['--format=esm', '--splitting'], // what only servers and clusters need is left on disk until then
  ...(target === here ? [] : [`--compile-executable-path=${bunRuntime(target, download)}`]),
  // It runs in folders that others write: what is there must not set its environment or its runtime.
  ...['--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig'],
  ...[`--define=VERSION=${JSON.stringify(version)}`, `--outfile=${executable}`, join(root, 'function/main.ts')],
]);
await chmod(executable, 0o755);

// A build that cannot start is no build; one for another machine starts there.
if (target === here && run(executable, ['--version']) !== `${version}\n`)
  throw new Error('the executable does not start');

function run(program: string, argv: readonly string[]): string {
  const ended = spawnSync(program, argv, { encoding: 'utf8', timeout: 120_000 });
  if (ended.status !== 0) throw new Error(`${program} ended with ${ended.status ?? ended.signal}: ${ended.stderr}`);
  return ended.stdout;
}
