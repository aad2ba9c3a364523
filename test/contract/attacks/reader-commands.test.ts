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

/** The arguments that \`program\` gets when the one command of `text` that starts it is copied into bash. */
async function copied(text: string, program: string): Promise<string[]> {
  const all = [...text.matchAll(/`([^`]*)`/g)].map(([, one = '']) => one);
  const commands = [...new Set(all.filter((one) => one.includes(`${program} `)))]; // a plan says on both streams what it lacks
  expect(commands).toHaveLength(1);
  folder.write(`.bin/${program}`, '#!/bin/sh\nprintf "%s\\0" "$@"\n', 0o700);
  const PATH = `${join(folder.path, '.bin')}:${process.env.PATH}`;
  const options = { cwd: folder.path, environment: { PATH, LC_ALL: 'C.UTF-8' } };
  const { exit, stdout } = await runProcess('bash', ['-c', commands[0] ?? ''], options);
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

describe.each(NAMES.map((name) => [JSON.stringify(name), name]))('a folder %s', (_, name) => {
  test('is the one that kustomize is started for, in what `plan` prints', async () => {
    folder.write(`${name}/kustomization.yaml`, PATCHED);
    folder.write(`${name}/spec.yaml`, spec);
    const argv = await copied(await said('plan', '.'), 'kustomize');
    expectPath(argv.at(-1), name);
    expect(argv).toHaveLength(4);
  });

  test('is the one that kubectl is given, in what `doctor` prints', async () => {
    folder.write(
      `${name}/Kptfile`,
      'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: x}\ninventory: {namespace: x}\npipeline: {mutators: [{exec: function-sts-assume-role}]}\n',
    );
    folder.write(`${name}/spec.yaml`, specDocument());
    const argv = await copied(await said('doctor', '.'), 'kubectl');
    expectPath(argv.at(-2), `${name}/spec.yaml`);
    expect(argv).toHaveLength(7);
  });
});

/** That `path` is of the folder, and no option and no address. */
function expectPath(path = '', name: string) {
  expect(path).not.toMatch(/^(-|[^/]*[:@]|github\.com(\/|$))/i);
  expect(realpathSync(join(folder.path, path))).toBe(realpathSync(join(folder.path, name)));
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
    const argv = await copied(lines[0]?.replace(/^.*Change it to /, '') ?? '', program);
    expectPath(
      argv.find((one) => one.includes('helm')),
      '--helm-command=evil',
    );
  },
);

test.each(['apps', 'apps/deploy', 'team-a_1'])('a usual folder, %s, is written as it is', async (name) => {
  folder.write(`${name}/kustomization.yaml`, PATCHED);
  folder.write(`${name}/spec.yaml`, spec);
  expect(await said('plan', '.')).toContain(
    `\`STS_FUNCTION_MODE=placeholder kustomize build --enable-alpha-plugins --enable-exec ${name}\``,
  );
});
