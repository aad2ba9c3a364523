import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleInto } from './bundle.ts';

/** Makes dist/: launcher, ESM bundle and its lazy chunks. */
const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const executable = join(dist, 'function-sts-assume-role');
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };

await rm(dist, { recursive: true, force: true });
await mkdir(dist);
await bundleInto(dist);

// The first start fills the compile cache; a build that cannot start is no build.
const started = spawnSync(process.execPath, [executable, '--version'], { encoding: 'utf8', timeout: 30_000 });
if (started.stdout !== `${version}\n`) throw new Error(`the built executable does not start: ${started.stderr}`);
