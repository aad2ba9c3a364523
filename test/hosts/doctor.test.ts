import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DOCTOR_FAULTS, FOUND_KEYS, putExecutable } from '../golden/doctor-faults.ts';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { realProgram } from '../support/hosts/real-programs.ts';
import { startHosts } from '../support/hosts/start-hosts.ts';
import { EXECUTABLE, runFunction, runProcess } from '../support/run-function.ts';

/** What `doctor` says of a folder is what the real hosts do there: first nothing, or the wrong thing, and once mended a Secret. */
interface Reality {
  readonly name: string;
  /** Program and arguments in the folder. */
  readonly command: readonly string[];
  readonly mendedCommand?: readonly string[];
  /** Names of Secrets in what it prints; `fails`: it ends with an error. */
  readonly faulty: readonly string[] | 'fails';
  readonly mended: readonly string[];
  /** The Secret that a Job reads. */
  readonly reference?: readonly [faulty: string, mended: string];
}

const BUILD = ['kustomize', 'build', '--enable-alpha-plugins', '--enable-exec'];
const REALITIES: readonly Reality[] = [
  {
    name: 'kustomize without --enable-exec',
    command: ['kustomize', 'build', '--enable-alpha-plugins', 'app'],
    mendedCommand: [...BUILD, 'app'],
    faulty: [],
    mended: ['deployer'],
  },
  {
    name: 'kustomize without --enable-exec, of a generator in a line',
    command: ['kustomize', 'build', '--enable-alpha-plugins', '.'],
    mendedCommand: [...BUILD, '.'],
    faulty: [],
    mended: ['deployer'],
  },
  {
    name: 'kubectl kustomize of an exec function',
    command: ['kubectl', 'kustomize', '--enable-alpha-plugins', 'app'],
    faulty: [],
    mended: ['deployer'],
  },
  {
    name: 'kpt fn render without --allow-exec',
    command: ['kpt', 'fn', 'render', '.', '-o', 'unwrap'],
    mendedCommand: ['kpt', 'fn', 'render', '.', '--allow-exec', '-o', 'unwrap'],
    faulty: 'fails',
    mended: ['deployer'],
  },
  {
    name: 'a Kptfile with a slip of the pen',
    command: ['kpt', 'fn', 'render', '.', '--allow-exec', '-o', 'unwrap'],
    faulty: 'fails',
    mended: ['deployer'],
  },
  { name: 'an annotation with a slip of the pen', command: [...BUILD, 'app'], faulty: 'fails', mended: ['deployer'] },
  { name: 'a path with no file', command: [...BUILD, 'app'], faulty: 'fails', mended: ['deployer'] },
  { name: 'a file that is not executable', command: [...BUILD, 'app'], faulty: 'fails', mended: ['deployer'] },
  {
    name: 'a plugin that is not where kustomize looks',
    command: ['kustomize', 'build', '--enable-alpha-plugins', 'app'],
    faulty: 'fails',
    mended: ['deployer'],
  },
  {
    name: 'a prefix before a transformer',
    command: [...BUILD, '.'],
    faulty: ['prod-deployer'],
    mended: ['prod-deployer'],
    reference: ['deployer', 'prod-deployer'],
  },
  {
    name: 'a hash for each session',
    command: [...BUILD, 'app'],
    faulty: [expect.stringMatching(/^deployer-[0-9a-z]{10}$/) as unknown as string],
    mended: ['deployer'],
  },
];

const hosts = forAllTests(() => startHosts({ programs: ['kubectl'] }));

describe.each(REALITIES)('$name', ({ name, command, mendedCommand = command, faulty, mended, reference }) => {
  const fault = DOCTOR_FAULTS[name];
  const open = async (isMended: boolean) => {
    const files = Object.entries({ ...fault?.files, ...(isMended ? fault?.mended : {}) });
    const folder = await hosts.folder(
      Object.fromEntries(files.flatMap(([path, text]) => (text === undefined ? [] : [[path, text]]))),
    );
    const executable = isMended ? (fault?.mendedExecutable ?? fault?.executable) : fault?.executable;
    // here it is started: the function itself
    if (executable !== undefined) putExecutable(folder, executable, `#!/bin/sh\nexec '${EXECUTABLE}' "$@"\n`);
    const chosen = isMended ? (fault?.mendedEnvironment ?? fault?.environment) : fault?.environment;
    const environment = Object.entries({ ...hosts.environment, ...chosen }).map(([variable, value]) => [
      variable,
      value.replace('DIR', folder),
    ]);
    return { folder, environment: Object.fromEntries(environment) as Record<string, string> };
  };
  const run = ([program = '', ...argv]: readonly string[], { folder, environment }: Awaited<ReturnType<typeof open>>) =>
    runProcess(realProgram(program), argv, { cwd: folder, environment });
  const secretsOf = (text: string) => emittedSecrets(text).map(({ metadata }) => metadata.name);

  test('the host does as doctor says', async () => {
    const opened = await open(false);
    const { exit, stdout } = await run(command, opened);
    if (faulty === 'fails') expect(exit).not.toBe(0);
    else expect({ exit, secrets: secretsOf(stdout) }).toEqual({ exit: 0, secrets: faulty });
    if (reference !== undefined) expect(stdout).toContain(`secretRef:\n            name: ${reference[0]}\n`);
    const found = await runFunction('', { arguments: ['doctor', opened.folder], environment: opened.environment });
    expect(found.stdout).toMatch(/^(?:error|warning): .+\. \[[A-Z_]+\]\nlooked at .+\n$/);
  });

  test('mended, there is the Secret', async () => {
    const opened = await open(true);
    const { exit, stdout } = await run(mendedCommand, opened);
    expect({ exit, secrets: secretsOf(stdout) }).toEqual({ exit: 0, secrets: mended });
    if (reference !== undefined) expect(stdout).toContain(`secretRef:\n            name: ${reference[1]}\n`);
    const found = await runFunction('', { arguments: ['doctor', opened.folder], environment: opened.environment });
    expect(found.stdout).toMatch(/^looked at .+: nothing to mend\.\n$/);
  });
});

test.each(Object.entries(FOUND_KEYS))('a transformer finds keys that are there: %s', async (_, files) => {
  const [, ...argv] = BUILD;
  const { stderr } = await hosts.run('kustomize', argv, { cwd: await hosts.folder(files) });
  expect(stderr).toContain('(hop 1 of 1, sts:AssumeRole) for STSAssumeRoleToken'); // so it has them, though AWS does not
  expect(stderr).toContain('InvalidClientTokenId');
});

test('a transformer does not find keys that a prefix renames', async () => {
  const [, ...argv] = BUILD;
  const { files } = DOCTOR_FAULTS['keys that a prefix renames before a transformer'] ?? { files: {} };
  const cwd = join(await hosts.folder(files), 'app');
  const { exit, stderr } = await hosts.run('kustomize', argv, { cwd });
  expect(exit).toBe(1);
  expect(stderr).toContain('cannot read Secret "team-a/keys" for STSAssumeRoleToken "team-a/p-deployer"');
});

test.each([
  'selectors without Secrets',
  'selectors by apiVersion',
  'Secrets that are excluded',
  'Secrets that are excluded by apiVersion',
  'a Secret that is excluded by its name',
])('with %s each render of kpt adds a Secret, and mended none', async (name) => {
  const fault = DOCTOR_FAULTS[name];
  const countAfterTwo = async (files: object) => {
    const folder = await hosts.folder({ ...fault?.files, ...files });
    for (const _ of ['once', 'again'])
      await expect(hosts.run('kpt', ['fn', 'render', '--allow-exec'], { cwd: folder })).resolves.toMatchObject({
        exit: 0,
      });
    const { stdout } = await hosts.run('bash', ['-c', 'cat team-a/*.yaml'], { cwd: folder });
    return emittedSecrets(stdout).length;
  };
  expect([await countAfterTwo({}), await countAfterTwo(fault?.mended ?? {})]).toEqual([2, 1]);
});
