import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { cp, mkdtemp } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { HOSTS_BIN, realProgram } from '../../process/real-programs.ts';
import { CLEAN_ENVIRONMENT, ROOT, runProcess } from '../../run-function.ts';
import { releaseCommands } from '../../workflows/read-workflows.ts';
import { importBaseImages } from './base-images.ts';
import type { Containers } from './open-containers.ts';

const BUILD_MILLISECONDS = 540_000;
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
