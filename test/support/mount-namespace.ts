import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLEAN_ENVIRONMENT, type Ended, EXECUTABLE, runProcess } from './run-function.ts';

/** Why nobody can mount here; absent: it works. */
export function whyNoMounts(): string | undefined {
  const tried = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { encoding: 'utf8' });
  return tried.status === 0 ? undefined : `mounts need root and \`unshare\`: ${tried.stderr ?? tried.error?.message}`;
}

/** Runs a shell script where its mounts are its own, and end with it. */
export function inMountNamespace(script: string, environment: Readonly<Record<string, string>>): Promise<Ended> {
  return runProcess('unshare', ['-m', 'bash', '--norc', '-euc', script], {
    environment: { ...CLEAN_ENVIRONMENT, ...environment },
  });
}

/** A mount namespace of its own, which a user namespace lets anybody have; /var/run is a link to /run. */
const UNSHARE = ['--map-root-user', '--mount'];
const MOUNT_AND_RUN =
  'mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io && ' +
  'ln -s "$POD_FOLDER" /run/secrets/kubernetes.io/serviceaccount && exec "$@"';

/** Why this machine cannot give a process the folder that a pod has; undefined: it can. */
export async function noPodReason(): Promise<string | undefined> {
  try {
    const { exit, stderr } = await runProcess('unshare', [...UNSHARE, 'mount', '-t', 'tmpfs', 'none', '/run'], {});
    return exit === 0 ? undefined : stderr.trim();
  } catch (error) {
    return String(error); // there is no such program
  }
}

/** What Kubernetes mounts into every pod. */
export interface ServiceAccountFiles {
  /** PEM. */
  readonly certificateAuthority: string;
  readonly token: string;
}

/** How a program is started so that it finds the files of a folder where every pod has them. */
interface InPod {
  readonly program: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Writes the files into a folder, and says how to start a program with them. */
export async function inPod(program: string, folder: string, files: ServiceAccountFiles): Promise<InPod> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'ca.crt'), files.certificateAuthority);
  await writeFile(join(folder, 'token'), files.token);
  const argv = [...UNSHARE, 'sh', '-c', MOUNT_AND_RUN, 'sh', program];
  return { program: 'unshare', argv, environment: { POD_FOLDER: folder } };
}

/** Runs the built function with the token and the certificate where every pod has them. */
export async function runInPod(
  input: string,
  { environment, ...files }: ServiceAccountFiles & { readonly environment: Readonly<Record<string, string>> },
): Promise<Ended> {
  const folder = await mkdtemp(join(tmpdir(), 'sts-pod-'));
  try {
    const pod = await inPod(EXECUTABLE, folder, files);
    return await runProcess(pod.program, pod.argv, { input, environment: { ...environment, ...pod.environment } });
  } finally {
    await rm(folder, { recursive: true });
  }
}
