import { readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { startServer } from '../support/crossplane/start-server.ts';
import { emittedSecrets, normalise } from '../support/emitted.ts';
import { skippedIf } from '../support/for-each-test.ts';
import { buildImages, type Containers, pushImages, startContainers, whyNoContainers } from '../support/hosts/images.ts';
import { promisedSecret } from '../support/hosts/pages.ts';
import { realProgram, requirePrograms } from '../support/hosts/real-programs.ts';
import { startRegistry } from '../support/hosts/registry.ts';
import { type Hosts, startHosts } from '../support/hosts/start-hosts.ts';
import { leaks } from '../support/leaks/find-leaks.ts';
import { generatorItem, list } from '../support/manifests.ts';
import { ROOT, runProcess } from '../support/run-function.ts';
import { configOf, filesOf, machinesOf, startAsPod } from './image.ts';

/** The image as the release's script builds it, from bases that are made here, run by podman and by the real hosts. */

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const EXECUTABLE = '/usr/local/bin/function-sts-assume-role';
const NOTICES = ['LICENSE', 'THIRD-PARTY-LICENSES.txt'].map((name) => `usr/share/doc/function-sts-assume-role/${name}`);
const KEYS = ['AWS_STS_ENDPOINT', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
const PASSED = KEYS.map((name) => `--env=${name}`);
/** Nothing can be written, not even where podman would put a temporary folder. */
const SEALED = ['run', '--rm', '--interactive', '--read-only', '--read-only-tmpfs=false', '--cap-drop=all'];

const withContainers = skippedIf(whyNoContainers(), 'the image');

withContainers.describe('the image', () => {
  let hosts: Hosts;
  let containers: Containers;
  let image: string;
  beforeAll(async () => {
    requirePrograms([realProgram('crossplane'), realProgram('crossplane-core'), realProgram('registry')]);
    hosts = await startHosts();
    containers = await startContainers();
    image = await buildImages(containers);
  });
  afterAll(async () => {
    await containers?.close();
    await hosts?.close();
  });

  describe('what it is', () => {
    test('adds one file to its base', async () => {
      const base = await filesOf(containers, 'localhost/runtime-base:local');
      const { files } = await filesOf(containers, image);
      expect(files).toEqual(new Set([...base.files, EXECUTABLE.slice(1), ...NOTICES]));
    });

    test('says its version, licence, sources and ports, and runs as nobody', async () => {
      const config = await configOf(containers, image);
      const label = (name: string) => config.Labels[`org.opencontainers.image.${name}`];
      const said = ['version', 'licenses', 'revision', 'source'].map(label);
      expect(said).toEqual([version, 'Apache-2.0', 'a-revision', 'https://example.org/source']);
      expect(config).toMatchObject({ User: '65534:65534', Entrypoint: [EXECUTABLE] });
      expect(Object.keys(config.ExposedPorts).toSorted()).toEqual(['8080/tcp', '9443/tcp']);
      expect(config.Cmd ?? []).toEqual([]);
    });

    test('has no shell', async () => {
      const { exit, stderr } = await containers.run(['run', '--rm', '--entrypoint=/bin/sh', image, '-c', 'exit 0']);
      expect(exit).not.toBe(0);
      expect(stderr).toContain('/bin/sh');
    });
  });

  describe('as a KRM function', () => {
    test.each(['65534', '2000:2000', '4242424'])(
      'user %s on a sealed root: a Secret, then nothing new',
      async (user) => {
        const environment = hosts.environment;
        const run = (input: string) =>
          containers.run([...SEALED, `--user=${user}`, ...PASSED, image], { environment, input });
        const calls = await hosts.callsOf(async () => {
          const first = await run(list(generatorItem()));
          expect({ exit: first.exit, stderr: first.stderr }).toEqual({ exit: 0, stderr: '' });
          expect(emittedSecrets(first.stdout)).toHaveLength(1);
          expect(await run(first.stdout)).toEqual({ ...first, stdout: first.stdout });
        });
        expect(calls.map(({ operation }) => operation)).toEqual(['AssumeRole']);
      },
    );

    const evaluate = (folder: string, more: readonly string[]) =>
      hosts.run('kpt', ['fn', 'eval', folder, `--image=${image}`, '--image-pull-policy=IfNotPresent', ...more], {
        cwd: folder,
        environment: { ...containers.environment, KRM_FN_RUNTIME: 'podman' },
      });
    const secretFile = (folder: string) => readFile(join(folder, 'team-a/secret_deployer.yaml'), 'utf8');

    test('kpt runs it with a network and the keys of its caller; a second run changes nothing', async () => {
      const folder = await hosts.example('kpt/default-chain');
      const calls = await hosts.callsOf(async () => {
        const first = await evaluate(folder, ['--network', ...PASSED]);
        expect(first).toMatchObject({ exit: 0, stdout: '' });
        const secret = await secretFile(folder);
        expect(emittedSecrets(secret)).toHaveLength(1);
        expect(leaks(first.stderr, [secret])).toEqual([]);
        expect(await evaluate(folder, ['--network', ...PASSED])).toMatchObject({ exit: 0 });
        expect(await secretFile(folder)).toBe(secret);
      });
      expect(calls.map(({ operation }) => operation)).toEqual(['AssumeRole']);
    });

    test('and without both for placeholders', async () => {
      const folder = await hosts.example('kpt/default-chain');
      expect(await evaluate(folder, ['--env=STS_FUNCTION_MODE=placeholder'])).toMatchObject({ exit: 0 });
      expect(await secretFile(folder)).toContain('sts.fn.crossplane.io/placeholder: "true"');
    });
  });

  test('kpt fn render gives a container no credentials: it says so, and every file stays as it was', async () => {
    const folder = await hosts.example('kpt/default-chain');
    const kptfile = join(folder, 'Kptfile');
    const text = (await readFile(kptfile, 'utf8')).replace('exec: function-sts-assume-role', `image: ${image}`);
    await writeFile(kptfile, text);
    const { exit, stderr } = await hosts.run('kpt', ['fn', 'render', folder, '--image-pull-policy=IfNotPresent'], {
      cwd: folder,
      environment: { ...containers.environment, KRM_FN_RUNTIME: 'podman' },
    });
    expect({ exit, files: (await readdir(folder)).toSorted(), text: await readFile(kptfile, 'utf8') }).toEqual({
      exit: 1,
      files: ['Kptfile', 'deployer.yaml', 'job.yaml'],
      text,
    });
    expect(stderr).toContain("the SDK's default chain found no credentials");
  });

  describe('as a server', () => {
    test('Crossplane renders with it, and SIGTERM ends it', async () => {
      const command = ['podman', ...SEALED, '--user=2000:2000', ...PASSED, image] as const;
      const environment = { ...containers.environment, ...hosts.environment };
      const server = await startServer({ command, environment });
      const folder = await hosts.example('crossplane/account-from-composite');
      const target = `render.crossplane.io/runtime-development-target=127.0.0.1:${server.port}`;
      const engine = `--crossplane-binary=${realProgram('crossplane-core')}`;
      const files = ['xr.yaml', 'composition.yaml', 'functions.yaml'];
      const argv = ['composition', 'render', ...files, engine, '-a', target, '--timeout=50s'];
      const { exit, stdout } = await runProcess(realProgram('crossplane'), argv, { cwd: folder, environment });
      expect(exit).toBe(0);
      const secret = stdout.split(/^---\n/m).find((text) => (parse(text) as { kind?: string })?.kind === 'Secret');
      expect(normalise(secret ?? '')).toBe(promisedSecret('crossplane/account-from-composite'));
      expect(await server.get('/healthz')).toEqual({ status: 200, text: 'ok\n' });
      expect(await server.stop()).toBe(0);
      expect(leaks(server.stderr(), [stdout])).toEqual([]);
    });

    test("starts as Crossplane's pod does, without an argument, and speaks HTTP/2 to its certificates only", async () => {
      const pod = await startAsPod(containers, image);
      expect([await pod.speak(true), await pod.speak(false)]).toEqual(['served', 'refused']);
      expect(await pod.stop()).toBe('0');
    });
  });

  test("the release's commands push image and package, each for two machines; what is pulled runs", async () => {
    await using registry = await startRegistry(containers.folder);
    await containers.trust(registry.address);
    const names = ['test/name/image', 'test/name'].map((name) => `${registry.address}/${name}`);
    await pushImages(containers, { REGISTRY: registry.address, GITHUB_REPOSITORY: 'Test/Name' });
    await containers.output(['rmi', '--force', image]);
    for (const name of names) {
      const reference = `${name}:v${version}`;
      expect(await machinesOf(reference)).toEqual(['amd64', 'arm64']);
      await containers.run(['manifest', 'rm', name]);
      await containers.output(['pull', '--quiet', reference]);
      expect(await containers.output(['run', '--rm', '--pull=never', reference, '--version'])).toBe(`${version}\n`);
      const input = list(generatorItem());
      const options = { environment: hosts.environment, input };
      const stdout = await containers.output([...SEALED, ...PASSED, '--pull=never', reference], options);
      expect(emittedSecrets(stdout)).toHaveLength(1);
    }
    const { tarball } = await filesOf(containers, `${names[1]}:v${version}`);
    const described = await runProcess('tar', ['-xOf', tarball, 'package.yaml'], {});
    const kinds = parseAllDocuments(described.stdout).map((document) => document.get('kind'));
    expect(kinds.toSorted()).toEqual(['CustomResourceDefinition', 'Function']);
  });

  test('for another machine it holds a file for that machine', async () => {
    const { tarball } = await filesOf(containers, image.replace('amd64', 'arm64'));
    await runProcess('tar', ['-xf', tarball, '-C', containers.folder, EXECUTABLE.slice(1)], {});
    const head = (await readFile(join(containers.folder, EXECUTABLE))).subarray(0, 20);
    expect([head.subarray(1, 4).toString(), head.readUInt16LE(18)]).toEqual(['ELF', 183]); // EM_AARCH64
  });
});
