import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { Containers } from '../support/hosts/images.ts';
import { makeIdentity, writeServerFolder } from '../support/make-identity.ts';
import { runProcess } from '../support/run-function.ts';
import { until } from '../support/start-process.ts';

/** What of an image's settings a test looks at. */
interface ImageConfig {
  readonly User: string;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[] | null;
  readonly Labels: Readonly<Record<string, string>>;
  readonly ExposedPorts: Readonly<Record<string, unknown>>;
}

/** An image's settings. */
export async function configOf(containers: Containers, image: string): Promise<ImageConfig> {
  const [{ Config }] = JSON.parse(await containers.output(['inspect', image])) as [{ Config: ImageConfig }]; // podman's shape
  return Config;
}

/** The paths of all files of an image, those that podman itself adds too, and a tarball of them. */
export async function filesOf(
  containers: Containers,
  image: string,
): Promise<{ readonly tarball: string; readonly files: ReadonlySet<string> }> {
  const id = (await containers.output(['create', image, 'none'])).trim();
  const tarball = join(containers.folder, `${id}.tar`);
  await containers.output(['export', `--output=${tarball}`, id]);
  await containers.output(['rm', id]);
  const { stdout } = await runProcess('tar', ['-tf', tarball], {});
  return { tarball, files: new Set(stdout.split('\n').filter((path) => !path.endsWith('/'))) };
}

/** The machines that a registry on loopback has something for under a name. */
export async function machinesOf(reference: string): Promise<string[]> {
  const [, address, path, tag] = /^([^/]+)\/(.+):(.+)$/.exec(reference) ?? [];
  const types = [
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
  ];
  const answer = await fetch(`http://${address}/v2/${path}/manifests/${tag}`, { headers: { accept: types.join() } });
  const { manifests } = (await answer.json()) as { manifests: { platform: { architecture: string } }[] }; // of these types
  return manifests.map(({ platform }) => platform.architecture).toSorted();
}

const START_SECONDS = 300;
const IS_READY = "fetch('http://127.0.0.1:8080/readyz').then((answer) => console.log(answer.status), () => {})";
/** Says whether HTTP/2 is spoken to who has the certificate of the environment. */
const SPEAK = `
  let verdict = 'refused';
  const { CERT: cert, KEY: key } = process.env;
  const session = require('node:http2').connect('https://127.0.0.1:9443', { rejectUnauthorized: false, cert, key });
  session.on('remoteSettings', () => { verdict = 'served'; session.destroy(); });
  session.on('error', () => {}).on('close', () => console.log(verdict));`;

/**
 * Starts a container as Crossplane's pod is started, without an argument, with certificates and its user, in a network of its own,
 * since its ports are fixed; waits until it is ready.
 */
export async function startAsPod(containers: Containers, image: string) {
  const authority = await makeIdentity({ isAuthority: true });
  const tls = mkdtempSync(join(containers.folder, 'tls-'));
  writeServerFolder(await makeIdentity({ issuer: authority, usages: ['serverAuth'] }), authority.cert, tls);
  const { cert, key } = await makeIdentity({ issuer: authority, usages: ['clientAuth'] });
  await runProcess('chown', ['-R', '2000:2000', tls], {});
  const id = await line(containers, [
    ...['run', '--detach', '--network=none', '--read-only', '--read-only-tmpfs=false', '--user=2000:2000'],
    ...[`--volume=${tls}:/tls/server:ro`, '--env=TLS_SERVER_CERTS_DIR=/tls/server', image],
  ]);
  const pid = await line(containers, ['inspect', '--format={{.State.Pid}}', id]);
  const inside = async (script: string, environment = {}) => {
    const argv = ['--target', pid, '--net', 'node', '-e', script];
    return (await runProcess('nsenter', argv, { environment })).stdout.trim();
  };
  await until('the pod to be ready', START_SECONDS, async () => {
    if ((await inside(IS_READY)) === '200') return true;
    throw new Error((await containers.run(['logs', id])).stderr);
  });
  return {
    /** "served" or "refused", with a certificate of Crossplane's authority or without one. */
    speak: (hasCertificate: boolean) => inside(SPEAK, hasCertificate ? { CERT: cert, KEY: key } : {}),
    /** Sends SIGTERM; gives the exit code. */
    stop: async () => {
      await containers.output(['stop', '--time=20', id]);
      return line(containers, ['inspect', '--format={{.State.ExitCode}}', id]);
    },
  };
}

async function line(containers: Containers, argv: readonly string[]): Promise<string> {
  return (await containers.output(argv)).trim();
}
