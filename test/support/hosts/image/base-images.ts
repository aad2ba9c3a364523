import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ROOT } from '../../run-function.ts';
import type { Containers } from './open-containers.ts';

/** The names under which the Dockerfile's bases are in the store. */
export interface BaseImages {
  readonly build: string;
  readonly runtime: string;
  /** The second one for a machine that is not this one: it has no libraries, since nothing runs there. */
  readonly foreign: string;
}

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
const USERS = `root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
`;

/**
 * Imports stand-ins for both bases, made of this machine's own files, since the real ones cannot be pulled everywhere: one with
 * Node.js, npm as it is set up here, a shell and tar; one with what the C library needs, and nothing else.
 */
export async function importBaseImages(containers: Containers): Promise<BaseImages> {
  const npm = dirname(dirname(await realpath(output('sh', ['-c', 'command -v npm']))));
  const build = await rootOf(containers, [
    ...withLibraries(['/bin/sh', '/usr/bin/env', '/usr/bin/tar', '/usr/bin/gzip']),
    ...withLibraries([join(ROOT, 'node_modules/node/bin/node')]).slice(1),
    CERTIFICATES,
  ]);
  await cp(join(ROOT, 'node_modules/node/bin/node'), join(build, 'usr/bin/node'));
  await cp(npm, join(build, 'usr/lib/node_modules/npm'), { recursive: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(build, 'usr/bin/npm'));
  const settings = output('npm', ['config', 'get', 'globalconfig']);
  await mkdir(join(build, 'usr/etc'));
  await cp(settings, join(build, 'usr/etc/npmrc')).catch(() => {}); // most machines have none
  const runtime = await rootOf(containers, [
    ...withLibraries([join(ROOT, 'node_modules/bun/bin/bun.exe')]).slice(1),
    CERTIFICATES,
  ]);
  return {
    build: await importImage(containers, build, 'build-base', [`NODE_EXTRA_CA_CERTS=${CERTIFICATES}`]),
    runtime: await importImage(containers, runtime, 'runtime-base'),
    foreign: await importImage(
      containers,
      await rootOf(containers, [CERTIFICATES]),
      'foreign-base',
      [],
      ['--arch=arm64'],
    ),
  };
}

/** A root folder with copies of these files, a list of users and a place for temporary files. */
async function rootOf({ folder }: Containers, files: readonly string[]): Promise<string> {
  const root = await mkdtemp(join(folder, 'base-'));
  for (const file of files) await cp(await realpath(file), join(root, file));
  for (const name of ['root', 'tmp', 'usr/bin']) await mkdir(join(root, name), { recursive: true });
  await chmod(join(root, 'tmp'), 0o1777);
  await chmod(root, 0o755);
  await writeFile(join(root, 'etc/passwd'), USERS);
  return root;
}

async function importImage(
  containers: Containers,
  root: string,
  name: string,
  environment: readonly string[] = [],
  more: readonly string[] = [],
): Promise<string> {
  const tarball = `${root}.tar`;
  output('tar', ['-C', root, '--owner=0', '--group=0', '--numeric-owner', '-cf', tarball, '.']);
  const changes = ['PATH=/usr/bin:/bin', ...environment].map((variable) => `--change=ENV=${variable}`);
  const reference = `localhost/${name}:local`;
  await containers.output(['import', ...more, ...changes, tarball, reference]);
  return reference;
}

/** The files, and the shared libraries that they name. */
function withLibraries(files: readonly string[]): string[] {
  const libraries = files.flatMap((file) => output('ldd', [file]).match(/\/\S+\.so\S*/g) ?? []);
  return [...new Set([...files, ...libraries])];
}

function output(program: string, argv: readonly string[]): string {
  const ended = spawnSync(program, argv, { encoding: 'utf8', timeout: 60_000 });
  if (ended.status !== 0) throw new Error(`${program} ended with ${ended.status ?? ended.signal}: ${ended.stderr}`);
  return ended.stdout.trim();
}
