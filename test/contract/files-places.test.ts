import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ciEnvironment } from '../support/accounts.ts';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests, forEachTest, skippedIf } from '../support/for-each-test.ts';
import { specDocument } from '../support/manifests.ts';
import { EXECUTABLE, runFunction, runProcess } from '../support/run-function.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Where `render` looks for a Secret's file, what it refuses to write into, and what it leaves alone.

const KPTFILE = 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\n';
const OTHER = 'kind: ConfigMap\napiVersion: v1\nmetadata: {name: other}\n';
const INPUT = 'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: options}\n';
const NOBODY = 65_534;
/** A Secret that says it is of this function. */
const marked = (name: string, generator: string) =>
  `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}, namespace: team-a, annotations: {sts.fn.crossplane.io/generator: ${generator}}}\n`;

const sts = forAllTests(startExampleSts);
const folder = forEachTest(temporaryFolder);

const at = (name: string) => join(folder.path, name);
const run = (argv: readonly string[], environment: Record<string, string> = {}) =>
  runInProcess('', { sts, environment, arguments: argv });
const secretsIn = () => Object.keys(folder.read()).filter((name) => name.includes('secret_'));

/** Root alone gives files away. */
const isRoot = process.getuid?.() === 0;
const { test: asRoot } = skippedIf(isRoot ? undefined : 'Only root gives files away', 'files of other users');

/** As somebody whom permissions bind: root without its capabilities is no more than the owner of its files. */
function runBound(argv: readonly string[]) {
  if (!isRoot) return run(argv);
  const environment = ciEnvironment(sts.url);
  return runProcess('setpriv', ['--bounding-set=-all', '--inh-caps=-all', EXECUTABLE, ...argv], { environment });
}

describe('the file that a line names is there', () => {
  const arrange = () => {
    folder.write('package/deep/spec.yaml', specDocument());
    mkdirSync(at('links'));
    symlinkSync('../package/deep/spec.yaml', at('links/file.yaml'));
    symlinkSync('file.yaml', at('links/again.yaml'));
    symlinkSync('../package/deep', at('links/folder'));
  };
  test.each<[argument: string, shown: string, inPackage: string]>([
    ['package/deep/spec.yaml', 'package/deep/secret_deployer.yaml', 'package/team-a/secret_deployer.yaml'],
    ['links/folder', 'links/folder/secret_deployer.yaml', '$REAL/package/team-a/secret_deployer.yaml'],
    ['links/folder/spec.yaml', 'links/folder/secret_deployer.yaml', '$REAL/package/team-a/secret_deployer.yaml'],
    ['links/file.yaml', '$REAL/package/deep/secret_deployer.yaml', '$REAL/package/team-a/secret_deployer.yaml'],
    ['links/again.yaml', '$REAL/package/deep/secret_deployer.yaml', '$REAL/package/team-a/secret_deployer.yaml'],
  ])('%s: written to %s, in a package to %s', async (argument, shown, inPackage) => {
    arrange();
    for (const [name, kptfile] of [
      [shown, {}],
      [inPackage, { 'package/Kptfile': KPTFILE }],
    ] as const) {
      for (const [file, text] of Object.entries(kptfile)) folder.write(file, text);
      const argv = ['render', '--placeholder', '-i', argument];
      const { exit, stderr } = await runProcess(EXECUTABLE, argv, { cwd: folder.path });
      const [, written = ''] = /wrote "(.*)"/.exec(stderr) ?? [];
      expect({ exit, written }).toEqual({ exit: 0, written: name.replace('$REAL', realpathSync(folder.path)) });
      expect(readFileSync(resolve(folder.path, written), 'utf8')).toContain('kind: Secret');
      rmSync(resolve(folder.path, written));
    }
  });
});

describe('a Kptfile is looked for', () => {
  test('as a file: a folder of that name is none', async () => {
    mkdirSync(at('Kptfile'));
    folder.write('deep/spec.yaml', specDocument());
    await run(['render', '-i', at('deep')]);
    expect(secretsIn()).toEqual(['deep/secret_deployer.yaml']);
  });

  test('no further than a repository', async () => {
    folder.write('Kptfile', KPTFILE);
    mkdirSync(at('repository/.git'), { recursive: true });
    folder.write('repository/deep/spec.yaml', specDocument());
    await run(['render', '-i', at('repository/deep')]);
    expect(secretsIn()).toEqual(['repository/deep/secret_deployer.yaml']);
  });

  test('in the root of a repository too', async () => {
    folder.write('Kptfile', KPTFILE);
    mkdirSync(at('.git'));
    folder.write('deep/spec.yaml', specDocument());
    await run(['render', '-i', at('deep')]);
    expect(secretsIn()).toEqual(['team-a/secret_deployer.yaml']);
  });

  const OURS = 'pipeline: {mutators: [{exec: function-sts-assume-role}]}';
  test.each([
    ['deep', `${OURS}\n`],
    ['deep/spec.yaml', `${OURS}\n`],
    ['deep/spec.yaml', `<<: {${OURS}}\n`],
    ['deep/spec.yaml', `"pip\\x65line": {}\n${OURS}\n`],
    ['deep/spec.yaml', 'pipelines: {}\n'],
  ])('not without its pipeline: it may say more of what is in %s (%j)', async (named, pipeline) => {
    folder.write('Kptfile', `${KPTFILE}${pipeline}`);
    folder.write('deep/spec.yaml', specDocument());
    const before = sts.calls.length;
    const { exit, stderr } = await run(['render', '-i', at(named)]);
    expect({ exit, calls: sts.calls.length - before, files: secretsIn() }).toEqual({ exit: 1, calls: 0, files: [] });
    expect(stderr).toContain(`it is in package "${folder.path}", whose pipeline was not read. Name that folder.`);
  });

  test.each(['deep/inner', 'deep', 'deep/inner/spec.yaml'])(
    'nor without that of a package around its own: %s',
    async (named) => {
      folder.write('Kptfile', `${KPTFILE}${OURS}\n`);
      folder.write('deep/Kptfile', KPTFILE);
      folder.write('deep/inner/spec.yaml', specDocument());
      const before = sts.calls.length;
      const { exit, stderr } = await run(['render', '-i', at(named)]);
      expect({ exit, calls: sts.calls.length - before, files: secretsIn() }).toEqual({ exit: 1, calls: 0, files: [] });
      expect(stderr).toContain(`it is in package "${folder.path}", whose pipeline was not read. Name that folder.`);
    },
  );

  test('and not without the Input of its folder, which may have its guard', async () => {
    folder.write('deep/spec.yaml', specDocument());
    folder.write('deep/options.yaml', `${INPUT}sessions: [{last: {sessionName: other}}]\n`);
    const before = sts.calls.length;
    const { exit, stderr } = await run(['render', '-i', at('deep/spec.yaml')]);
    expect({ exit, calls: sts.calls.length - before, files: secretsIn() }).toEqual({ exit: 1, calls: 0, files: [] });
    expect(stderr).toContain(`"${at('deep/options.yaml')}" has an Input for all of its folder, and was not read.`);
    for (const named of [[at('deep/spec.yaml'), at('deep/options.yaml')], [at('deep')]])
      expect((await run(['plan', '-o', 'json', ...named])).stdout).toContain('"sessionName": "other"');
    folder.write('deep/options.yaml', 'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\ngrants: []\n');
    expect((await run(['render', '-i', at('deep/spec.yaml')])).exit).toBe(0);
  });

  test('and starts nothing where it is named without its folder: kpt reads hidden files too', async () => {
    folder.write('Kptfile', `${KPTFILE}${OURS}\n`);
    folder.write('spec.yaml', specDocument());
    folder.write('.hidden.yaml', specDocument('hidden'));
    const { exit, stdout, stderr } = await run(['render', at('Kptfile'), at('spec.yaml')]);
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
    expect(stderr).toBe(
      `error: ${at('Kptfile')}:4: cannot read this Kptfile as kpt v1.0.0-beta.61 does: \`pipeline.mutators[0]\` is for all of package "${folder.path}", which was not read. Name that folder. [INPUT_UNREADABLE]\n`,
    );
    for (const named of [
      [at('Kptfile'), folder.path],
      [folder.path, at('Kptfile')],
    ])
      expect((await run(['plan', ...named])).stdout).toContain('hidden');
  });

  test('and may be named without its folder where it has no steps', async () => {
    folder.write('Kptfile', `${KPTFILE}pipeline: {}\n`);
    folder.write('spec.yaml', specDocument());
    await run(['render', '-i', at('Kptfile'), at('spec.yaml')]);
    expect(secretsIn()).toEqual(['team-a/secret_deployer.yaml']);
  });

  test('no further than the home folder', async () => {
    folder.write('Kptfile', KPTFILE);
    folder.write('home/deep/spec.yaml', specDocument());
    await runFunction('', { sts, environment: { HOME: at('home') }, arguments: ['render', '-i', at('home/deep')] });
    expect(secretsIn()).toEqual(['home/deep/secret_deployer.yaml']);
  });

  test('no further than a folder into which everybody may write', async () => {
    folder.write('Kptfile', KPTFILE);
    folder.write('deep/spec.yaml', specDocument());
    chmodSync(folder.path, 0o1777);
    await run(['render', '-i', at('deep')]);
    expect(secretsIn()).toEqual(['deep/secret_deployer.yaml']);
  });

  test.each<[string, () => void]>([
    ['a repository', () => mkdirSync(at('deep/.git'))],
    ['a folder into which everybody may write', () => chmodSync(folder.path, 0o777)],
    ...(isRoot
      ? [['a folder of another user', () => chownSync(at('deep'), NOBODY, NOBODY)] as [string, () => void]]
      : []),
  ])('where its step makes the Secret, beyond %s too, as kpt looks for it', async (_, arrange) => {
    folder.write('Kptfile', `${KPTFILE}pipeline: {mutators: [{exec: function-sts-assume-role}]}\n`);
    folder.write('deep/spec.yaml', specDocument());
    arrange();
    expect(await run(['render', '-i', folder.path])).toMatchObject({ exit: 0 });
    expect(secretsIn()).toEqual(['team-a/secret_deployer.yaml']);
  });

  asRoot("as a file of the folder's owner", async () => {
    folder.write('Kptfile', KPTFILE);
    folder.write('spec.yaml', specDocument());
    chownSync(at('Kptfile'), NOBODY, NOBODY);
    await run(['render', '-i', folder.path]);
    expect(secretsIn()).toEqual(['secret_deployer.yaml']);
  });

  asRoot("not in a folder of another user's", async () => {
    folder.write('Kptfile', KPTFILE);
    folder.write('deep/spec.yaml', specDocument());
    chownSync(folder.path, NOBODY, NOBODY);
    await run(['render', '-i', at('deep')]);
    expect(secretsIn()).toEqual(['deep/secret_deployer.yaml']);
  });
});

describe('into a file that another user wrote no Secret goes', () => {
  const refused = async (argv: readonly string[]) => {
    const before = { files: folder.read(), calls: sts.calls.length };
    const ended = await run(argv);
    expect({ ...ended, files: folder.read(), calls: sts.calls.length }).toMatchObject({
      exit: 1,
      stderr: expect.stringMatching(/^error: cannot write ".*secret_\w+\.yaml": it is another user's\. Move it away/m),
      ...before,
    });
  };

  asRoot.each([
    ['another object', 'secret_deployer', OTHER],
    ['a Secret that says it is of this function', 'secret_deployer', marked('bait', 'a/b/c')],
    ['the Secret itself', 'secret_deployer', marked('deployer', 'STSAssumeRoleToken/team-a/deployer')],
    [
      'the Secret itself in a file of another name',
      'secret_bait',
      marked('deployer', 'STSAssumeRoleToken/team-a/deployer'),
    ],
  ])('%s', async (_, name, text) => {
    folder.write('spec.yaml', specDocument());
    folder.write(`${name}.yaml`, text);
    chownSync(at(`${name}.yaml`), NOBODY, NOBODY);
    await refused(['render', '-i', folder.path]);
  });

  asRoot('not even below a Kptfile of theirs', async () => {
    chmodSync(folder.path, 0o1777);
    folder.write('build/spec.yaml', specDocument());
    folder.write('Kptfile', KPTFILE);
    folder.write('team-a/secret_deployer.yaml', marked('bait', 'a/b/c'));
    for (const name of ['Kptfile', 'team-a', 'team-a/secret_deployer.yaml']) chownSync(at(name), NOBODY, NOBODY);
    await run(['render', '-i', at('build')]);
    expect(secretsIn()).toEqual(['build/secret_deployer.yaml', 'team-a/secret_deployer.yaml']);
    expect(folder.read()['team-a/secret_deployer.yaml']).toBe(marked('bait', 'a/b/c'));
  });

  asRoot("unless theirs is the spec's folder too", async () => {
    folder.write('spec.yaml', specDocument());
    folder.write('secret_deployer.yaml', OTHER, 0o640);
    for (const name of ['', 'secret_deployer.yaml']) chownSync(at(name), NOBODY, NOBODY);
    expect(await run(['render', '-i', folder.path])).toMatchObject({ exit: 0 });
    expect(lstatSync(at('secret_deployer.yaml'))).toMatchObject({ uid: NOBODY, gid: NOBODY, mode: 0o100600 });
  });
});

describe('what cannot be looked at', () => {
  test('a name too long for a file: nothing is there, and nothing can be written', async () => {
    folder.write('spec.yaml', specDocument('n'.repeat(250)));
    expect(await run(['render', folder.path])).toMatchObject({ exit: 0, stderr: '' });
    const before = sts.calls.length;
    for (const argv of [['plan'], ['render', '-i']])
      expect(await run([...argv, folder.path])).toMatchObject({
        exit: 1,
        stderr: expect.stringMatching(
          /^error: cannot write ".*": its name is too long \(ENAMETOOLONG\)\. Nothing was written\. \[FILE_UNWRITABLE\]\n$/,
        ),
      });
    expect(sts.calls.length).toBe(before);
  });

  test('a name too long for a file of a package, in a folder that is not there', async () => {
    folder.write('Kptfile', `${KPTFILE}pipeline: {mutators: [{exec: function-sts-assume-role}]}\n`);
    folder.write('spec.yaml', specDocument('n'.repeat(250)));
    const { exit, stderr } = await run(['plan', folder.path]);
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: expect.stringContaining('its name is too long') });
  });

  test('a folder that may not be searched, in a repository: it refuses what it may belong to', async () => {
    folder.write('app/Kptfile', `${KPTFILE}pipeline: {mutators: [{exec: function-sts-assume-role}]}\n`);
    folder.write('app/spec.yaml', specDocument('of-kpt'));
    folder.write('app/locked/x.yaml', '');
    folder.write('loose/options.yaml', 'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\n');
    folder.write('loose/spec.yaml', specDocument('loose'));
    folder.write('loose/locked/x.yaml', '');
    folder.write('other/spec.yaml', specDocument('other'));
    const locked = ['app/locked', 'loose/locked'];
    for (const name of locked) chmodSync(at(name), 0o000);
    const { exit, stdout, stderr } = await runBound(['plan', '-o', 'json', folder.path]);
    for (const name of locked) chmodSync(at(name), 0o700);
    expect({ exit, planned: JSON.parse(stdout).secrets.map((one: { target: object }) => one.target) }).toEqual({
      exit: 1,
      planned: [{ name: 'other', namespace: 'team-a' }],
    });
    expect(stderr.match(/^error: cannot read ".*locked": .*EACCES/gm)).toHaveLength(2);
  });

  test('a folder of the namespace that may not be searched', async () => {
    folder.write('Kptfile', KPTFILE);
    folder.write('spec.yaml', specDocument());
    mkdirSync(at('team-a'));
    chmodSync(at('team-a'), 0o000);
    const { exit, stdout, stderr } = await runBound(['render', at('spec.yaml')]);
    chmodSync(at('team-a'), 0o700);
    expect({ exit, stdout, stderr }).toEqual({
      exit: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^error: cannot read ".*team-a\/secret_deployer\.yaml": this user is not allowed to \(EACCES\)\. Let this user read it\. \[INPUT_UNREADABLE\]\n$/,
      ),
    });
  });

  test('a link in place of the folder is not read through', async () => {
    using outside = temporaryFolder({
      'secret_deployer.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: {name: deployer, namespace: team-a}\ndata: {}\n',
    });
    folder.write('Kptfile', KPTFILE);
    folder.write('spec.yaml', specDocument());
    symlinkSync(outside.path, at('team-a'));
    const ended = await run(['render', folder.path]);
    expect(ended).toMatchObject({
      exit: 1,
      stdout: '',
      stderr: expect.stringMatching(/^error: cannot read ".*secret_deployer\.yaml": "[^"]*" is a link or a file\. /),
    });
  });

  test.each([
    ['a link in place of the folder', () => symlinkSync(folder.path, at('team-a'))],
    ['a folder in place of the file', () => mkdirSync(at('team-a/secret_deployer.yaml'), { recursive: true })],
  ])('%s refuses a plan too, and not what is printed', async (_, put) => {
    folder.write('Kptfile', KPTFILE);
    folder.write('spec.yaml', specDocument());
    expect(await run(['plan', folder.path])).toMatchObject({ exit: 0 });
    put();
    expect(await run(['plan', folder.path])).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('[FILE_UNWRITABLE]'),
    });
    expect(await run(['render', folder.path])).toMatchObject({ exit: 0 });
  });

  test('a pipe', async () => {
    const script = `cat "$2" | "$1" render /dev/stdin`;
    folder.write('spec.yaml', specDocument());
    const argv = ['-c', script, 'bash', EXECUTABLE, at('spec.yaml')];
    expect(await runProcess('bash', argv, { environment: ciEnvironment(sts.url) })).toMatchObject({
      exit: 1,
      stdout: '',
      stderr:
        'error: cannot read "/dev/stdin": it is not a regular file. Save its content in a file. [INPUT_UNREADABLE]\n',
    });
  });
});

test('leftovers that cannot be removed cost nothing', async () => {
  folder.write('spec.yaml', specDocument());
  const name = '.function-sts-assume-role.00000000.1.0.tmp'; // of another machine
  mkdirSync(at(name));
  utimesSync(at(name), new Date(0), new Date(0));
  const { exit } = await run(['render', '-i', folder.path]);
  expect({ exit, secrets: secretsIn(), isThere: lstatSync(at(name)).isDirectory() }).toEqual({
    exit: 0,
    secrets: ['secret_deployer.yaml'],
    isThere: true,
  });
});

describe('only what is written has to be writable', () => {
  const firstRun = async () => {
    folder.write('spec.yaml', specDocument());
    await run(['render', '-i', folder.path]);
  };

  test('a Secret with an anchor that is still valid', async () => {
    await firstRun();
    const [, text = ''] = Object.entries(folder.read()).find(([name]) => name.includes('secret_')) ?? [];
    const head = text.replace('type: Opaque', 'type: &type Opaque');
    const items = `- ${head.trimEnd().replaceAll('\n', '\n  ')}\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: x}\n  type: *type\n`;
    folder.write('secret_deployer.yaml', `apiVersion: v1\nkind: List\nitems:\n${items}`);
    const before = sts.calls.length;
    const printed = await run(['render', folder.path]);
    expect(printed).toMatchObject({ exit: 0, stderr: '' });
    expect(emittedSecrets(printed.stdout)).toEqual(emittedSecrets(text));
    expect(await run(['plan', folder.path])).toMatchObject({
      exit: 0,
      stderr: '',
      stdout: expect.stringMatching(/^keep/m),
    });
    expect(await run(['render', '-i', folder.path])).toMatchObject({ exit: 0 });
    expect(sts.calls.length - before).toBe(0);
    folder.write('spec.yaml', specDocument().replace('eu-west-1', 'eu-west-2'));
    for (const command of ['plan', 'render'])
      expect(await run([command, folder.path])).toMatchObject({
        exit: 1,
        stderr: expect.stringContaining('cannot rewrite Secret "team-a/deployer"'),
      });
    expect(sts.calls.length - before).toBe(0);
  });

  test('a file that is read-only', async () => {
    await firstRun();
    const render = () => runBound(['render', '-i', folder.path]);
    chmodSync(at('secret_deployer.yaml'), 0o400);
    expect(await render()).toMatchObject({ exit: 0 });
    folder.write('spec.yaml', specDocument().replace('eu-west-1', 'eu-west-2'));
    expect(await render()).toMatchObject({
      exit: 1,
      stderr: expect.stringMatching(/secret_deployer\.yaml": .*\(EACCES\)/),
    });
    chmodSync(at('secret_deployer.yaml'), 0o600);
  });

  test('a preview leaves such a Secret too', async () => {
    await firstRun();
    chmodSync(at('secret_deployer.yaml'), 0o400);
    const argv = ['render', '-i', '--placeholder', folder.path];
    expect(await runBound(argv)).toMatchObject({ exit: 0 });
  });
});

test('a value that ends in empty lines keeps them', async () => {
  folder.write('spec.yaml', specDocument());
  await run(['render', '-i', folder.path]);
  const text = folder.read()['secret_deployer.yaml'] ?? '';
  folder.write('secret_deployer.yaml', `${text}mine: |+\n  a\n\n\n`);
  const { exit, stdout } = await run(['render', folder.path]);
  expect({ exit, stdout }).toEqual({ exit: 0, stdout: `---\n${text}mine: |+\n  a\n\n\n` });
});

test.each([
  ['render', ''],
  ['render', '-i', '.', ''],
  ['plan', ''],
])('an empty path is wrong usage: %j', async (...argv) => {
  const { exit, stderr } = await run(argv);
  expect({ exit, stderr }).toEqual({
    exit: 2,
    stderr: 'error: cannot use an empty path: name a file or folder, or see --help. [USAGE_INVALID]\n',
  });
});
