import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ended, type ProcessOptions, runProcess } from '../../run-function.ts';

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
export async function openContainers(): Promise<Containers> {
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
