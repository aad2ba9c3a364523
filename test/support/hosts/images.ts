import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { releaseCommands } from '../read-workflows.ts';
import { CLEAN_ENVIRONMENT, type Ended, type ProcessOptions, ROOT, runProcess } from '../run-function.ts';
import { HOSTS_BIN, realProgram } from './real-programs.ts';

/** Podman with a store of its own, so that nothing of this machine's images is seen or left. */
export interface Containers {
  readonly folder: string;
  /** With which podman finds the store, also when another program starts it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs podman to its end. */
  run(argv: readonly string[], options?: ProcessOptions): Promise<Ended>;
  /** As `run`; gives standard output. @throws Error with standard error when it fails. */
  output(argv: readonly string[], options?: ProcessOptions): Promise<string>;
  /** Lets podman speak to a registry on loopback, without TLS. */
  trust(registry: string): Promise<void>;
  /** Removes containers, images and the folder. */
  close(): Promise<void>;
}

/** Why there are no containers here; absent: there are. */
export function whyNoContainers(): string | undefined {
  const tried = spawnSync('podman', ['--version'], { encoding: 'utf8' });
  if (tried.status !== 0) return 'there is no `podman`; `npm run test:hosts` installs it where apt-get and root are.';
  return process.getuid?.() === 0 ? undefined : 'podman is used as root here, so that a container has any user.';
}

/** What works without systemd, and without a network of its own for each container. */
const SETTINGS = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
netns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
`;

/** Opens an empty store. */
export async function startContainers(): Promise<Containers> {
  const folder = await mkdtemp(join(tmpdir(), 'containers-'));
  const [root, state] = [join(folder, 'root'), join(folder, 'state')];
  await mkdir(join(folder, 'home'));
  await writeFile(join(folder, 'containers.conf'), SETTINGS);
  await writeFile(
    join(folder, 'storage.conf'),
    `[storage]\ndriver = "overlay"\ngraphroot = "${root}"\nrunroot = "${state}"\n`,
  );
  const environment = {
    CONTAINERS_CONF: join(folder, 'containers.conf'),
    CONTAINERS_STORAGE_CONF: join(folder, 'storage.conf'),
    CONTAINERS_REGISTRIES_CONF: join(folder, 'registries.conf'),
    HOME: join(folder, 'home'),
  };
  const trust = (registry: string) =>
    writeFile(join(folder, 'registries.conf'), `[[registry]]\nlocation = "${registry}"\ninsecure = true\n`);
  await trust('127.0.0.1:1');
  const run: Containers['run'] = (argv, options = {}) =>
    runProcess('podman', argv, { ...options, environment: { ...environment, ...options.environment } });
  return {
    folder,
    environment,
    run,
    trust,
    output: async (argv, options) => {
      const { exit, stdout, stderr } = await run(argv, options);
      if (exit !== 0) throw new Error(`podman ${argv[0]} ended with ${exit}: ${stderr.slice(-4000)}`);
      return stdout;
    },
    close: async () => {
      await run(['rm', '--all', '--force', '--time=0']);
      await rm(folder, { recursive: true });
    },
  };
}

/** The names under which the Dockerfile's bases are in the store. */
interface BaseImages {
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
async function importBaseImages(containers: Containers): Promise<BaseImages> {
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
  const ended = spawnSync(program, argv, { encoding: 'utf8', timeout: 300_000 });
  if (ended.status !== 0) throw new Error(`${program} ended with ${ended.status ?? ended.signal}: ${ended.stderr}`);
  return ended.stdout.trim();
}

const BUILD_MILLISECONDS = 1_200_000;
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

/** The environment in which the release's commands find podman's store and the real CLI. */
function imageEnvironment(containers: Containers): Readonly<Record<string, string>> {
  return { ...containers.environment, PATH: [HOSTS_BIN, CLEAN_ENVIRONMENT.PATH].join(delimiter) };
}

/** Builds the image for this machine and for a foreign one with the release's own script; gives the name of the first. */
export async function buildImages(containers: Containers): Promise<string> {
  const bases = await importBaseImages(containers);
  const settings = join(process.env.HOME ?? '/', '.npmrc'); // where npm keeps what a registry asks for
  const environment = {
    ...imageEnvironment(containers),
    BUILD_BASE: bases.build,
    REVISION: 'a-revision',
    SOURCE: 'https://example.org/source',
    ...(existsSync(settings) ? { NPMRC: settings } : {}),
  };
  for (const [machine, RUNTIME_BASE] of [
    ['amd64', bases.runtime],
    ['arm64', bases.foreign],
  ] as const)
    await runScript('package/build-image.ts', [machine], { ...environment, RUNTIME_BASE });
  const [image] = (
    await containers.output(['images', '--format={{.Repository}}:{{.Tag}}', '--filter=reference=*-amd64'])
  )
    .trim()
    .split('\n');
  if (!image) throw new Error('there is no image for this machine');
  return image;
}

/** Runs the release's commands that push what was built, on the files that they would have downloaded. */
export async function pushImages(
  containers: Containers,
  environment: Readonly<Record<'REGISTRY' | 'GITHUB_REPOSITORY', string>>,
): Promise<void> {
  const cwd = await mkdtemp(join(containers.folder, 'push-'));
  await cp(join(ROOT, 'dist/image'), join(cwd, 'made'), { recursive: true });
  await cp(realpathSync(realProgram('crossplane')), join(cwd, 'made/crossplane'));
  const { exit, stderr } = await runProcess('bash', ['-e', '-c', releaseCommands('push', 'All machines as one')], {
    cwd,
    timeoutMilliseconds: BUILD_MILLISECONDS,
    environment: {
      ...imageEnvironment(containers),
      ...environment,
      GITHUB_REF_NAME: `v${version}`,
      GITHUB_OUTPUT: join(cwd, 'output'),
    },
  });
  if (exit !== 0) throw new Error(`the push ended with ${exit}: ${stderr.slice(-2000)}`);
}

/** Runs one of the release's scripts. @throws Error with what it wrote, when it fails. */
async function runScript(
  script: string,
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const options = { environment, cwd: ROOT, timeoutMilliseconds: BUILD_MILLISECONDS };
  const { exit, signal, stderr } = await runProcess('node', [script, ...argv], options);
  if (exit !== 0) throw new Error(`${script} ended with ${exit ?? signal}: ${stderr.slice(-2000)}`);
}
