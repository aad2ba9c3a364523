import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { HOSTS_BIN } from '../../process/real-programs.ts';
import { CLEAN_ENVIRONMENT, ROOT, runProcess } from '../../run-function.ts';
import { importBaseImages } from './base-images.ts';
import type { Containers } from './open-containers.ts';

const BUILD_MILLISECONDS = 540_000;

/** The environment in which `package/build-image.ts` and `push-image.ts` find podman's store and the real CLI. */
export function imageEnvironment(containers: Containers): Readonly<Record<string, string>> {
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

/** Runs one of the release's scripts. @throws Error with what it wrote, when it fails. */
export async function runScript(
  script: string,
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const options = { environment, cwd: ROOT, timeoutMilliseconds: BUILD_MILLISECONDS };
  const { exit, signal, stderr } = await runProcess('node', [script, ...argv], options);
  if (exit !== 0) throw new Error(`${script} ended with ${exit ?? signal}: ${stderr.slice(-2000)}`);
}
