import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { generator, input, JOB, keysSecret } from '../support/hosts/manifests.ts';
import { realProgram } from '../support/hosts/real-programs.ts';
import { startHosts } from '../support/hosts/start-hosts.ts';
import { leaks } from '../support/leaks/find-leaks.ts';
import { EXECUTABLE, runFunction, runProcess } from '../support/run-function.ts';
import { callerOf } from '../support/sts/testing/ask.ts';

/** The legacy exec plugin: the only way into `kubectl kustomize`, which runs no function. */

const PLUGINS = [
  'generators.external-secrets.io/v1alpha1/stsassumeroletoken/STSAssumeRoleToken',
  'generators.external-secrets.io/v1alpha1/ecrauthorizationtoken/ECRAuthorizationToken',
  'sts.fn.crossplane.io/v1beta1/input/Input',
];
/** Of one environment variable: kustomize leaves a longer configuration out of the plugin's environment. */
const VARIABLE_BYTES = 131_071;

/** Of generators that are longer together. */
const COUNT = 700;

const hosts = forAllTests(() => startHosts({ programs: ['kubectl'] }));
let home: string;
beforeAll(async () => {
  home = await hosts.folder();
  for (const plugin of PLUGINS) {
    await mkdir(dirname(join(home, plugin)), { recursive: true });
    await symlink(EXECUTABLE, join(home, plugin));
  }
});

const builds = [
  { host: 'kustomize build', program: 'kustomize', argv: ['build', '--enable-alpha-plugins'] },
  { host: 'kubectl kustomize', program: 'kubectl', argv: ['kustomize', '--enable-alpha-plugins'] },
];

describe.each(builds)('$host', ({ program, argv }) => {
  const build = (cwd: string, more: Readonly<Record<string, string>> = {}) =>
    runProcess(realProgram(program), argv, {
      cwd,
      environment: { ...hosts.environment, KUSTOMIZE_PLUGIN_HOME: home, ...more },
    });
  const folderOf = (kustomization: object, files: Readonly<Record<string, string>>) =>
    hosts.folder({ 'kustomization.yaml': stringify(kustomization), ...files });

  test('a generator of External Secrets, as it stands, gives a Secret that is renamed with all references', async () => {
    const folder = await folderOf(
      { namePrefix: 'prod-', generators: ['generator.yaml'], resources: ['job.yaml'] },
      {
        'generator.yaml': generator({ annotations: { 'kustomize.config.k8s.io/needs-hash': 'true' } }),
        'job.yaml': JOB,
      },
    );
    const { exit, stdout, stderr } = await build(folder);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    const [secret] = emittedSecrets(stdout);
    expect(secret?.metadata.name).toMatch(/^prod-deployer-[0-9a-z]{10}$/);
    expect(stdout).toContain(`secretRef:\n            name: ${secret?.metadata.name}\n`);
    expect(secret && (await callerOf(hosts.sts.url, secret))).toContain('assumed-role/deployer/deployer');
    expect(namesOf(stdout).length).toBe(2);
  });

  test('an ECRAuthorizationToken, under a link of its own kind, gives a login', async () => {
    const registry = generator({ name: 'registry', role: 'puller' }).replace('STSAssumeRole', 'ECRAuthorization');
    const { exit, stdout, stderr } = await build(
      await folderOf({ generators: ['registry.yaml'] }, { 'registry.yaml': registry }),
    );
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(emittedSecrets(stdout).map(({ metadata: { name }, data }) => [name, Object.keys(data).length])).toEqual([
      ['registry', 4],
    ]);
  });

  test('a transformer sees the resources: keys, generators and Secrets among them', async () => {
    const resources = ['keys.yaml', 'job.yaml', 'a.yaml'];
    const files = { 'keys.yaml': keysSecret(), 'job.yaml': JOB, 'function.yaml': input() };
    const folder = await folderOf(
      { resources, transformers: ['function.yaml'] },
      { ...files, 'a.yaml': generator({ name: 'a', keysIn: 'keys' }) },
    );
    const plain = await folderOf({ resources: ['keys.yaml', 'job.yaml'] }, files);
    const { exit, stdout, stderr } = await build(folder);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    const documents = stdout.split('---\n');
    const ours = documents.filter((document) => emittedSecrets(document).length > 0);
    expect(namesOf(ours.join('---\n'))).toEqual(['Secret/a']);
    expect(documents.filter((document) => !ours.includes(document)).join('---\n')).toBe((await build(plain)).stdout);
  });

  test('an Input that is longer than a variable of the environment may be', async () => {
    const generators = Array.from(
      { length: COUNT },
      (_, index) => parse(generator({ name: `deployer-${index}` })) as object,
    );
    const long = input({ generators });
    expect(long.length).toBeGreaterThan(VARIABLE_BYTES);
    const folder = await folderOf({ generators: ['options.yaml'] }, { 'options.yaml': long });
    const { exit, stdout } = await build(folder);
    expect([exit, emittedSecrets(stdout).length]).toEqual([0, COUNT]);
  });

  describe('refuses in one line that survives', () => {
    test.each<[what: string, manifest: string, environment: Record<string, string>, message: string]>([
      [
        'a role that it may not assume',
        generator({ role: 'others' }),
        {},
        'error: cannot assume role "arn:aws:iam::123456789012:role/others" (hop 1 of 1, sts:AssumeRole)',
      ],
      [
        'words behind the file',
        `${generator()}argsOneLiner: --region eu-west-1\n`,
        {},
        'error: cannot use argument "--region" behind a file: this function takes no `argsOneLiner` and no `argsFromFile`. Use an Input instead.',
      ],
      [
        'a spec with a fault',
        generator({ roleArn: 'arn' }),
        {},
        'error: cannot use STSAssumeRoleToken "deployer": `spec.role` must be',
      ],
    ])('%s', async (_, manifest, environment, message) => {
      const folder = await folderOf({ generators: ['generator.yaml'] }, { 'generator.yaml': manifest });
      const { exit, stdout, stderr } = await build(folder, environment);
      expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
      expect(stderr).toContain(message);
      expect(leaks(stderr)).toEqual([]);
    });

    test("a role outside the operator's Policy, with no call", async () => {
      const policy = { apiVersion: 'sts.fn.crossplane.io/v1beta1', kind: 'Policy', grants: [{ roles: [] }] };
      const folder = await folderOf(
        { generators: ['generator.yaml'] },
        { 'generator.yaml': generator(), 'policy.yaml': stringify(policy) },
      );
      const calls = await hosts.callsOf(async () => {
        const { exit, stderr } = await build(folder, { STS_FUNCTION_POLICY: join(folder, 'policy.yaml') });
        expect(exit).toBe(1);
        expect(stderr).toContain('does not grant');
      });
      expect(calls).toEqual([]);
    });
  });
});

describe('by hand', () => {
  const run = async (argv: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
    runFunction('', { arguments: argv, environment: { ...hosts.environment, ...environment } });

  test('a file that is there gives its Secret', async () => {
    const folder = await hosts.folder({ 'spec.yaml': generator() });
    const { exit, stdout, stderr } = await run([join(folder, 'spec.yaml')]);
    expect({ exit, stderr, secrets: namesOf(stdout) }).toEqual({ exit: 0, stderr: '', secrets: ['Secret/deployer'] });
  });

  test.each([
    ['a file of something else', JOB, 'it must hold one object of this function, got none'],
    [
      'two objects',
      `${generator()}---\n${generator({ name: 'b' })}`,
      'it must hold one object of this function, got 2',
    ],
  ])('%s is refused', async (_, text, cause) => {
    const folder = await hosts.folder({ 'spec.yaml': text });
    const { exit, stdout, stderr } = await run([join(folder, 'spec.yaml')]);
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
    expect(stderr).toContain(cause);
  });

  test("a file that is not there is kustomize's fault, or a wrong argument", async () => {
    const missing = ['/nowhere/config.yaml'];
    expect(await run(missing)).toMatchObject({ exit: 2, stderr: expect.stringContaining('cannot use argument') });
    const asPlugin = await run(missing, { KUSTOMIZE_PLUGIN_CONFIG_ROOT: '/' });
    expect(asPlugin).toMatchObject({ exit: 1, stderr: expect.stringContaining('ENOENT') });
  });
});

function namesOf(text: string): string[] {
  return parseAllDocuments(text).map((document) => {
    const { kind, metadata } = document.toJS() as { kind: string; metadata: { name: string } };
    return `${kind}/${metadata.name}`;
  });
}
