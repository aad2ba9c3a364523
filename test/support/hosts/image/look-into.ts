import { join } from 'node:path';
import { runProcess } from '../../run-function.ts';
import type { Containers } from './open-containers.ts';

/** What of an image's settings a test looks at. */
export interface ImageConfig {
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
