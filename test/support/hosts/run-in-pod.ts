import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ended, EXECUTABLE, runProcess } from '../run-function.ts';

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

/** What Kubernetes gives a pod. */
interface Pod {
  readonly environment: Readonly<Record<string, string>>;
  /** PEM. */
  readonly certificateAuthority: string;
  readonly token: string;
}

/** Runs the built function with the token and the certificate where every pod has them. */
export async function runInPod(input: string, { environment, certificateAuthority, token }: Pod): Promise<Ended> {
  const folder = await mkdtemp(join(tmpdir(), 'sts-pod-'));
  try {
    await writeFile(join(folder, 'ca.crt'), certificateAuthority);
    await writeFile(join(folder, 'token'), token);
    const argv = [...UNSHARE, 'sh', '-c', MOUNT_AND_RUN, 'sh', EXECUTABLE];
    return await runProcess('unshare', argv, { input, environment: { ...environment, POD_FOLDER: folder } });
  } finally {
    await rm(folder, { recursive: true });
  }
}
