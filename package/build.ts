import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleInto } from './bundle.ts';
import { bundledPackages, noticesOf } from './third-party.ts';

/** Makes dist/: launcher, main chunk and lazy chunks, the notices of what is in it, and what esbuild says of it. */
const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const executable = join(dist, 'function-sts-assume-role');
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };

await rm(dist, { recursive: true, force: true });
await mkdir(dist);
const metafile = await bundleInto(dist);
await writeFile(join(dist, 'THIRD-PARTY-LICENSES.txt'), noticesOf(bundledPackages(metafile)));
await writeFile(join(dist, 'meta.json'), JSON.stringify(metafile));

// The first start fills the compile cache; a build that cannot start is no build.
const started = spawnSync(process.execPath, [executable, '--version'], { encoding: 'utf8', timeout: 30_000 });
if (started.stdout !== `${version}\n`) throw new Error(`the built executable does not start: ${started.stderr}`);

if (process.env.npm_config_loglevel !== 'silent') {
  const sizes = await Promise.all((await readdir(dist)).map(async (name) => (await stat(join(dist, name))).size));
  const megabytes = (sizes.reduce((sum, size) => sum + size, 0) / 1e6).toFixed(1);
  console.log(
    `Made dist/function-sts-assume-role ${version}, ${megabytes} MB with its chunks. Next: dist/function-sts-assume-role help`,
  );
}
