import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { forEachTest } from '../../support/for-each-test.ts';
import { specDocument } from '../../support/manifests.ts';
import { EXECUTABLE, runProcess } from '../../support/run-function.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Commands that people are told to run have names in them that a package's author chose. */
const folder = forEachTest(temporaryFolder);
const ANNOTATION = 'annotations: {config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"}';
const spec = specDocument().replace('{name:', `{${ANNOTATION}, name:`);

/** Of what a patch does, only kustomize's own build can tell. */
const PATCHED =
  'generators: [spec.yaml]\npatches: [{target: {kind: Secret}, patch: "[{op: test, path: /kind, value: Secret}]"}]\n';

/** What the function prints when it is run in the folder. */
async function said(...argv: string[]): Promise<string> {
  const { stdout, stderr } = await runProcess(EXECUTABLE, argv, { cwd: folder.path });
  return stdout + stderr;
}

/** The commands that start `program`, each once: a plan says on both streams what it lacks. */
function commandsOf(text: string, program: string): readonly string[] {
  const all = [...text.matchAll(/`([^`]*)`/g)].map(([, command = '']) => command);
  return [...new Set(all.filter((command) => command.includes(`${program} `)))];
}

/** The arguments that `program` gets when a command is copied into bash. */
async function copied(command: string, program: string): Promise<string[]> {
  if (!existsSync(join(folder.path, '.bin'))) {
    folder.write(`.bin/${program}`, '#!/bin/sh\nprintf "%s\\0" "$@"\n', 0o700);
  }
  const PATH = `${join(folder.path, '.bin')}:${process.env.PATH}`;
  const options = { cwd: folder.path, environment: { PATH, LC_ALL: 'C.UTF-8' } };
  const { exit, stdout } = await runProcess('bash', ['-c', command], options);
  expect(exit).toBe(0);
  return stdout.split('\0').slice(0, -1);
}

const NAMES = [
  '--helm-command=evil',
  '-o',
  '--',
  '--a b',
  'a b',
  ' a',
  'a\'b"c',
  '$(touch ran)',
  '"; touch ran; "',
  '\\',
  'a\nb',
  '-a\n;touch ran',
  '!x',
  '*',
  '~',
  '#a',
  'A=b',
  'a\u200bb',
  'git@example.org:evil',
  'gh:evil',
  'git::https:',
  'github.com',
  'GitHub.com',
];

/** `doctor` names no more of what is alike. */
const AT_ONCE = 5;
const groups = Array.from({ length: Math.ceil(NAMES.length / AT_ONCE) }, (_, index) =>
  NAMES.slice(index * AT_ONCE, (index + 1) * AT_ONCE),
);

describe.each(groups.map((names) => [names.map((name) => JSON.stringify(name)).join(' '), names] as const))(
  'of folders %s',
  (_, names) => {
    test('each is the one that kustomize is started for, in what `plan` prints', async () => {
      for (const name of names) {
        folder.write(`${name}/kustomization.yaml`, PATCHED);
        folder.write(`${name}/spec.yaml`, spec);
      }
      const commands = commandsOf(await said('plan', '.'), 'kustomize');
      const started = await Promise.all(commands.map((command) => copied(command, 'kustomize')));
      expectPaths(
        names,
        started.map((argv) => argv.at(-1)),
      );
      expect(started.map((argv) => argv.length)).toEqual(names.map(() => 4));
    });

    test('each is the one that kubectl is given, in what `doctor` prints', async () => {
      for (const name of names) {
        folder.write(
          `${name}/Kptfile`,
          'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: x}\ninventory: {namespace: x}\npipeline: {mutators: [{exec: function-sts-assume-role}]}\n',
        );
        folder.write(`${name}/spec.yaml`, specDocument());
      }
      const commands = commandsOf(await said('doctor', '.'), 'kubectl');
      const started = await Promise.all(commands.map((command) => copied(command, 'kubectl')));
      expectPaths(
        names,
        started.map((argv) => argv.at(-2)?.replace(/\/spec\.yaml$/, '')),
      );
      expect(started.map((argv) => argv.length)).toEqual(names.map(() => 7));
    });
  },
);

/** That `paths` are the folders `names`, and no option and no address. */
function expectPaths(names: readonly string[], paths: readonly (string | undefined)[]) {
  for (const path of paths) expect(path).not.toMatch(/^(-|[^/]*[:@]|github\.com(\/|$))/i);
  const resolved = (path: string) => realpathSync(join(folder.path, path));
  expect(paths.map((path = '') => resolved(path)).toSorted()).toEqual(names.map(resolved).toSorted());
  expect(existsSync(join(folder.path, 'ran'))).toBe(false);
}

test.each([
  ['kustomize', 'kustomize build ./--helm-command=evil', '--helm-command=evil/kustomization.yaml'],
  ['kpt', 'kpt fn render ./--helm-command=evil', '--helm-command=evil/Kptfile'],
])(
  'a folder that a script names is the one that %s is started for, in what `doctor` prints',
  async (program, script, file) => {
    const text =
      program === 'kpt'
        ? 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: x}\npipeline: {mutators: [{exec: function-sts-assume-role}]}\n'
        : 'generators: [spec.yaml]\n';
    folder.write(file, text);
    folder.write('--helm-command=evil/spec.yaml', spec);
    folder.write('build.sh', `#!/bin/sh\n${script}\n`, 0o700);
    const told = await said('doctor', '.');
    const lines = told.split('\n').filter((line) => line.includes('Change it to'));
    expect(lines).toHaveLength(1);
    const commands = commandsOf(lines[0]?.replace(/^.*Change it to /, '') ?? '', program);
    expect(commands).toHaveLength(1);
    const argv = await copied(commands[0] ?? '', program);
    expect(argv.filter((argument) => argument.includes('helm'))).toEqual(['./--helm-command=evil']);
  },
);

test.each(['apps', 'apps/deploy', 'team-a_1'])('a usual folder, %s, is written as it is', async (name) => {
  folder.write(`${name}/kustomization.yaml`, PATCHED);
  folder.write(`${name}/spec.yaml`, spec);
  expect(await said('plan', '.')).toContain(
    `\`STS_FUNCTION_MODE=placeholder kustomize build --enable-alpha-plugins --enable-exec ${name}\``,
  );
});
