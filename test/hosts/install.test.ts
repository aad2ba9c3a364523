import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { generator, input } from '../support/hosts/manifests.ts';
import { realProgram } from '../support/hosts/real-programs.ts';
import { startHosts } from '../support/hosts/start-hosts.ts';
import { runFunction, runProcess } from '../support/run-function.ts';

/** What `install` puts into a fresh folder, started by those who look there. */
const hosts = forAllTests(() => startHosts({ programs: ['kubectl'] }));
let folder: string;
beforeAll(async () => {
  folder = await hosts.folder();
  for (const _ of ['once', 'again'])
    await expect(runFunction('', { arguments: ['install', '--kustomize-plugin-home', folder] })).resolves.toMatchObject(
      { exit: 0, stderr: '' },
    );
});

const builds = [
  { host: 'kustomize build', program: 'kustomize', argv: ['build', '--enable-alpha-plugins'] },
  { host: 'kubectl kustomize', program: 'kubectl', argv: ['kustomize', '--enable-alpha-plugins'] },
];
const kinds = [
  { kind: 'STSAssumeRoleToken', manifest: generator() },
  {
    kind: 'ECRAuthorizationToken',
    manifest: generator({ role: 'puller' }).replace('STSAssumeRole', 'ECRAuthorization'),
  },
  {
    kind: 'STSSessionToken',
    manifest:
      'apiVersion: generators.external-secrets.io/v1alpha1\nkind: STSSessionToken\nmetadata: {name: deployer}\nspec: {region: eu-west-1}\n',
  },
  { kind: 'Input', manifest: `${input()}generators:\n- ${generator().trim().replaceAll('\n', '\n  ')}\n` },
];

test.each(builds.flatMap((host) => kinds.map((kind) => ({ ...host, ...kind }))))(
  '$host finds the plugin of $kind in its home',
  async ({ program, argv, manifest }) => {
    const cwd = await hosts.folder({ 'kustomization.yaml': 'generators: [it.yaml]\n', 'it.yaml': manifest });
    const environment = { ...hosts.environment, KUSTOMIZE_PLUGIN_HOME: folder };
    const { exit, stdout, stderr } = await runProcess(realProgram(program), argv, { cwd, environment });
    expect({ exit, stderr, secrets: emittedSecrets(stdout).map(({ metadata }) => metadata.name) }).toEqual({
      ...{ exit: 0, stderr: '', secrets: ['deployer'] },
    });
  },
);

test('kustomize finds the function on PATH', async () => {
  const cwd = await hosts.folder({
    'kustomization.yaml': 'generators: [it.yaml]\n',
    'it.yaml': generator({
      annotations: { 'config.kubernetes.io/function': 'exec:\n  path: function-sts-assume-role\n' },
    }),
  });
  const { PATH = '' } = hosts.environment;
  const [, ...others] = PATH.split(':'); // without the build itself
  const environment = { ...hosts.environment, PATH: [folder, ...others].join(':') };
  const argv = ['build', '--enable-alpha-plugins', '--enable-exec'];
  const { exit, stdout, stderr } = await runProcess(realProgram('kustomize'), argv, { cwd, environment });
  expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: 1 });
  expect(environment.PATH.split(':')[0]).toBe(join(folder));
});
