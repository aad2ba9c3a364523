import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes the image and Crossplane's package for each machine that is named (`amd64`, `arm64`; default: both), with podman and the
 * CLI `crossplane`: `dist/image/function-sts-assume-role-ARCH.tar` and `.xpkg`. The environment may say `BUILD_BASE`,
 * `RUNTIME_BASE`, `REVISION`, `SOURCE`, and with `NPMRC` the file that npm reads while it installs.
 */
const root = join(import.meta.dirname, '..');
const folder = join(root, 'dist/image');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const { NPMRC, SOURCE } = process.env;

/** The builder's own machine, which older podmans do not say themselves. */
const BUILDPLATFORM = `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`;
const values = { VERSION: version, BUILDPLATFORM, ...pick('BUILD_BASE', 'RUNTIME_BASE', 'REVISION') };
const named = process.argv.slice(2);

mkdirSync(folder, { recursive: true });
for (const machine of named.length === 0 ? ['amd64', 'arm64'] : named) {
  const image = `localhost/function-sts-assume-role:${version}-${machine}`;
  const file = join(folder, `function-sts-assume-role-${machine}`);
  run('podman', [
    ...['build', `--platform=linux/${machine}`, '--network=host', `--tag=${image}`],
    ...Object.entries(values).map(([name, value]) => `--build-arg=${name}=${value}`),
    ...(SOURCE ? [`--label=org.opencontainers.image.source=${SOURCE}`] : []),
    ...(NPMRC ? [`--secret=id=npmrc,src=${NPMRC}`] : []),
    root,
  ]);
  rmSync(`${file}.tar`, { force: true }); // podman adds to no archive
  run('podman', ['save', '--format=docker-archive', `--output=${file}.tar`, image]);
  run('crossplane', [
    ...['xpkg', 'build', `--package-root=${join(root, 'package')}`],
    ...[`--examples-root=${join(root, 'examples/crossplane')}`, `--embed-runtime-image-tarball=${file}.tar`],
    `--package-file=${file}.xpkg`,
  ]);
}

function pick(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

function run(program: string, argv: readonly string[]): void {
  const { status, signal, error } = spawnSync(program, argv, { stdio: 'inherit', timeout: 900_000 });
  if (status !== 0) throw new Error(`${program} ${argv[0]} ended with ${status ?? signal}`, { cause: error });
}
