import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

import { forEachTest } from '../../support/for-each-test.ts';
import { specDocument } from '../../support/manifests.ts';
import { messagesOf, runFunction } from '../../support/run-function.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** What a package puts into its folder is looked at as it is: a link leads nowhere, a pipe is not waited for, nothing is read without end. */
const folder = forEachTest(temporaryFolder);
const outside = forEachTest(temporaryFolder);
const MEGABYTE = 1024 * 1024;
const COMMANDS = [['plan', '-o', 'json'], ['render', '--placeholder'], ['doctor']];
const EXEC = 'metadata: {annotations: {config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"}, ';
const KPTFILE =
  'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\npipeline: {mutators: [{exec: function-sts-assume-role}]}\n';

const run = (...argv: string[]) =>
  runFunction('', {
    arguments: [...argv, folder.path],
    environment: { AWS_REGION: 'eu-west-1', NODE_OPTIONS: '--max-old-space-size=96' },
  });

/** A package that starts the function, and a script that lacks its flag: `doctor` finds this whatever is beside it. */
function writeGood(): void {
  folder.write('good/kustomization.yaml', 'generators: [spec.yaml]\n');
  folder.write('good/spec.yaml', specDocument('good').replace('metadata: {', EXEC));
  folder.write('build.sh', 'kustomize build good\n');
}
const FOUND = 'cannot start STSAssumeRoleToken "team-a/good" from';

function link(target: string, name: string): void {
  mkdirSync(dirname(join(folder.path, name)), { recursive: true });
  symlinkSync(target, join(folder.path, name));
}

/** What was printed, without the errors that a plan has beside the Secrets. */
const secretsIn = (stdout: string) => stdout.replace(/^.{0,3}(?:incomplete|errors)\b.*/ms, '');

describe('doctor follows no link', () => {
  const CALL = 'jobs:\n  a:\n    steps:\n    - run: kustomize build $TAKEN_FROM_OUTSIDE $AND_MORE\n';
  const theirs = () => dirname(dirname(outside.write('.github/workflows/taken.yaml', CALL)));

  test.each<[string, () => void]>([
    ['.gitlab-ci.yml', () => link(outside.write('taken.yml', CALL), '.gitlab-ci.yml')],
    ['.github', () => link(theirs(), '.github')],
    ['.github/workflows', () => link(join(theirs(), 'workflows'), '.github/workflows')],
    ['a workflow', () => link(join(theirs(), 'workflows/taken.yaml'), '.github/workflows/a.yaml')],
    ['a folder of workflows', () => link(join(theirs(), 'workflows'), '.github/workflows/a')],
    ['a script', () => link(outside.write('taken.sh', 'kustomize build $TAKEN_FROM_OUTSIDE $AND_MORE\n'), 'a.sh')],
    ['a folder of manifests', () => link(theirs(), 'a')],
    ['what is no file at all', () => link('/proc/self/pagemap', '.gitlab-ci.yml')],
    ['what never ends', () => link('/proc/kmsg', '.github/workflows/a.yaml')],
    ['a circle', () => link('.', '.github')],
    [
      'a pipe of a workflow',
      () => {
        mkdirSync(join(folder.path, '.github/workflows'), { recursive: true });
        execFileSync('mkfifo', [join(folder.path, '.github/workflows/a.yaml'), join(folder.path, 'a.sh')]);
      },
    ],
  ])('%s', async (_, put) => {
    writeGood();
    put();
    const { signal, stdout, stderr } = await run('doctor');
    expect(signal).toBeNull();
    expect(stdout).toContain(FOUND);
    expect(`${stdout}${stderr}`).not.toMatch(/TAKEN|taken/);
    expect(stdout).toContain(': 3 files, '); // those of the good package
  });

  test('but the folder that somebody names may be one', async () => {
    writeGood();
    folder.write('.gitlab-ci.yml', 'a: {script: [kustomize build good]}\n');
    symlinkSync(folder.path, join(outside.path, 'link'));
    const ended = await runFunction('', { arguments: ['doctor', join(outside.path, 'link')] });
    expect(ended.stdout).toContain(`${FOUND} "${outside.path}/link/.gitlab-ci.yml", line 1`);
  });
});

describe.each(COMMANDS)('%s', (...argv) => {
  /** Long, and at the end what it names. */
  const large = (name: string, ending: string | Uint8Array, megabytes = 17) => {
    const file = folder.write(name, '');
    truncateSync(file, megabytes * MEGABYTE);
    writeFileSync(file, ending, { flag: 'a' });
  };

  test.each([
    ['data', 'data.json', '{}'],
    ['a gigabyte but one of zeros', 'data.yaml', '', 1023],
    ['manifests of other groups', 'bundle.yaml', '\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n'],
  ])('passes over %s', async (_, name, ending, megabytes = 17) => {
    writeGood();
    large(`good/${name}`, ending, megabytes);
    const { exit, stdout, stderr } = await run(...argv);
    expect(messagesOf(argv[0], { stdout, stderr })).not.toContain(name);
    if (argv[0] === 'doctor') expect(stdout).toContain(FOUND);
    else expect({ exit, isThere: /\bgood\b/.test(stdout) }).toEqual({ exit: 0, isThere: true });
  });

  test.each<[string, string, string | Uint8Array, megabytes?: number]>([
    [
      'names our group',
      'a.yaml',
      '\n---\napiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: a}\n',
    ],
    ["names External Secrets'", 'a.json', `{"apiVersion": "external-secrets.io/v1"}`],
    ['names it in UTF-16', 'a.yaml', Buffer.from('apiVersion: generators.external-secrets.io/v1alpha1\n', 'utf16le')],
    ['may name it with an escape', 'a.json', '{"apiVersion": "sts.fn.crossplane\\u002eio/v1beta1"}'],
    ['names it in capital letters', 'a.yml', 'apiVersion: STS.fn.crossplane.io/v1beta1\n'],
    ['says how its folder is rendered', 'Kptfile', 'apiVersion: kpt.dev/v1\nkind: Kptfile\n'],
    ['… or is built', 'kustomization.yaml', 'resources: []\n'],
    ['is too large to be searched', 'a.json', '{}', 1025],
  ])('refuses a large file that %s, and its own package', async (_, name, ending, megabytes = 17) => {
    writeGood();
    folder.write('theirs/Kptfile', KPTFILE);
    folder.write('theirs/spec.yaml', specDocument('theirs'));
    large(`theirs/${name}`, ending, megabytes);
    const { exit, stdout, stderr } = await run(...argv);
    expect(exit).toBe(1);
    const message = `error: cannot read "${folder.path}/theirs/${name}": it is larger than 16 MB. Split it, or leave it out.`;
    expect(messagesOf(argv[0], { stdout, stderr })).toContain(message);
    if (argv[0] === 'doctor') expect(stdout).toContain(FOUND);
    else expect([/\bgood\b/.test(stdout), /\btheirs\b/.test(secretsIn(stdout))]).toEqual([true, false]);
  });
});

test('a large file into which a Secret would go is not written over', async () => {
  folder.write('spec.yaml', specDocument());
  const file = folder.write('secret_deployer.yaml', '');
  truncateSync(file, 17 * MEGABYTE);
  const { exit, stderr } = await run('render', '-i', '--placeholder');
  expect(exit).toBe(1);
  expect(stderr).toContain(`cannot read "${file}": it is larger than 16 MB.`);
  expect(folder.read()['secret_deployer.yaml']).toHaveLength(17 * MEGABYTE);
});
