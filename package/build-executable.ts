import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ADDRESS } from './address.ts';
import { bunRuntime } from './bun-runtime.ts';
import { bundledPackages, type Metafile, noticesOf } from './third-party.ts';

/** Makes dist/bin/function-sts-assume-role: one file that needs no runtime (docs/decisions/021-one-file.md), with the notices of what is in it. */
const root = join(import.meta.dirname, '..');
const folder = join(root, 'dist/bin');
const executable = join(folder, 'function-sts-assume-role');
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };

const here = `bun-${process.platform}-${process.arch}`;
const target = process.env.BUN_TARGET || here;
const download = await mkdtemp(join(tmpdir(), 'bun-runtime-'));
process.once('exit', () => rmSync(download, { recursive: true }));

const metafile = join(download, 'meta.json');
const made = join(download, 'function-sts-assume-role'); // Bun leaves maps beside it

/** The runtime's own notice: npm's package of it has no text. */
const BUN = `The runtime in this file is Bun by Oven, under the MIT licence. It is linked with JavaScriptCore
and other parts of WebKit (LGPL-2), tinycc (LGPL-2.1) and more libraries. Which ones, their licences, and how to link it anew with
others is at https://bun.com/docs/project/license; its own source, and that of its WebKit, at https://github.com/oven-sh.
`;

await mkdir(folder, { recursive: true });
run(join(root, 'node_modules/.bin/bun'), [
  ...['build', '--compile', '--bytecode', `--target=${target}`],
  // Names stay, which Bun's maps do not have: they cost no time here (docs/decisions/047-frames-of-a-fault.md).
  ...['--minify-syntax', '--minify-whitespace', '--sourcemap'],
  // As in the script: the ES modules of the SDK and of yaml, of which what is not used is left out.
  ...['--conditions=module', `--tsconfig-override=${join(root, 'package/one-file.tsconfig.json')}`],
  ...['--format=esm', '--splitting'], // what only servers and clusters need is left on disk until then
  ...(target === here ? [] : [`--compile-executable-path=${bunRuntime(target, download)}`]),
  // It runs in folders that others write: what is there must not set its environment or its runtime.
  ...['--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig'],
  `--metafile=${metafile}`,
  ...[`--define=VERSION=${JSON.stringify(version)}`, `--define=ADDRESS=${JSON.stringify(ADDRESS) ?? 'undefined'}`],
  ...[`--outfile=${made}`, join(root, 'function/main.ts')],
]);
await copyFile(made, executable);
await chmod(executable, 0o755);
const packages = bundledPackages(JSON.parse(await readFile(metafile, 'utf8')) as Metafile); // as esbuild writes it
await writeFile(join(folder, 'THIRD-PARTY-LICENSES.txt'), noticesOf(packages, BUN));

// A build that cannot start is no build; one for another machine starts there.
if (target === here && run(executable, ['--version']) !== `${version}\n`)
  throw new Error('the executable does not start');

function run(program: string, argv: readonly string[]): string {
  const ended = spawnSync(program, argv, { encoding: 'utf8', timeout: 120_000, cwd: root });
  if (ended.status !== 0) throw new Error(`${program} ended with ${ended.status ?? ended.signal}: ${ended.stderr}`);
  return ended.stdout;
}
