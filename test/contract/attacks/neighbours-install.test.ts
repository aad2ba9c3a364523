import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { forEachTest, skippedIf } from '../../support/for-each-test.ts';
import { EXECUTABLE, runFunction, runProcess, SCRIPT } from '../../support/run-function.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** `install` writes where others have files too: it replaces what it made itself, and uses no build that others could change. */
const PROGRAM = 'function-sts-assume-role';
const PLUGIN = 'sts.fn.crossplane.io/v1beta1/input/Input';
const NOBODY = 65534;
const SECRET = `apiVersion: v1
kind: Secret
metadata:
  name: mine
  annotations:
    sts.fn.crossplane.io/spec-hash: 6f0c1c7a
`;

const folder = forEachTest(temporaryFolder);
let target: string;
beforeEach(() => {
  target = join(folder.path, 'target');
  mkdirSync(join(target, dirname(PLUGIN)), { recursive: true });
  folder.write(`other/${PROGRAM}`, '#!/bin/sh\n', 0o755);
});

const at = (name: string) => join(target, name);
const install = (executable: string = EXECUTABLE, ...options: readonly string[]) =>
  runFunction('', { executable, arguments: ['install', ...options, target] });
/** All that is there: what it is, and the inode, which is another one where something was written anew. */
const entriesOf = () =>
  readdirSync(target, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.includes('.compile-cache'))
    .map((name) => [name, lstatSync(at(name)).ino, lstatSync(at(name)).mode])
    .toSorted();
const runs = async () =>
  expect(await runFunction('', { executable: at(PROGRAM), arguments: ['--version'] })).toMatchObject({ exit: 0 });

/** The script build, installed by itself where nobody else is: the folder that it has there. */
async function installScript(): Promise<string> {
  expect(await install(SCRIPT)).toMatchObject({ exit: 0, stderr: '' });
  return at(dirname(readlinkSync(at(PROGRAM))));
}

describe('what is not of this function stays, and is named', () => {
  test.each<[what: string, put: (path: string) => void]>([
    ['a link to a checkout', (path) => symlinkSync(SCRIPT, path)],
    ['a link to a program of the same name', (path) => symlinkSync(join(folder.path, 'other', PROGRAM), path)],
    [
      'a link to a folder that has the shape of our name',
      (path) => {
        folder.write(`target/.${PROGRAM}-0123456789ab/${PROGRAM}`, 'mine');
        symlinkSync(`${target}/.${PROGRAM}-0123456789ab/${PROGRAM}`, path);
      },
    ],
    ['a Secret that we rendered', (path) => folder.write(path.slice(folder.path.length), SECRET)],
    [
      'a script that asks for our annotations, and knows our messages',
      (path) =>
        cpSync(
          folder.write('script', `#!/bin/sh\n# cannot replace: it is not of this function\n${SECRET}`, 0o755),
          path,
        ),
    ],
    [
      'an archive of our own files',
      (path) =>
        // the cache changes while other tests start the script: tar would end with 1
        expect(spawnSync('tar', ['-cf', path, '--exclude=.compile-cache', '-C', dirname(SCRIPT), '.']).status).toBe(0),
    ],
    [
      'a program that asks for our annotations',
      (path) => {
        cpSync('/bin/true', path, { dereference: true });
        appendFileSync(path, SECRET);
      },
    ],
    ['a folder', (path) => mkdirSync(path)],
  ])('%s, in the place of the function or of a plugin', async (_, put) => {
    for (const location of [PROGRAM, PLUGIN]) {
      put(at(location));
      const before = entriesOf();
      const { exit, stdout, stderr } = await install(EXECUTABLE, '--kustomize-plugin-home');
      expect({ exit, stdout, entries: entriesOf() }).toEqual({ exit: 1, stdout: '', entries: before });
      expect(stderr).toContain(`error: cannot replace "${at(location)}": it is not of this function.`);
      rmSync(at(location), { recursive: true });
    }
    expect(await install(EXECUTABLE, '--kustomize-plugin-home')).toMatchObject({ exit: 0, stderr: '' });
    await runs();
  });

  test('folders that have the shape of our names, also with a build of ours and a file more', async () => {
    const own = await installScript();
    const others = ['0123456789ab', '0123456789ac'].map((digest) => at(`.${PROGRAM}-${digest}`));
    folder.write(`target/${basename(others[0] ?? '')}/mine.txt`, 'mine');
    symlinkSync(join(folder.path, 'other'), others[1] ?? '');
    const former = join(folder.path, 'former');
    cpSync(own, former, { recursive: true });
    let previous = '';
    for (const version of ['a', 'b', 'c']) {
      folder.write(`former/note-${version}.txt`, version);
      expect(await install(join(former, PROGRAM))).toMatchObject({ exit: 0, stderr: '' });
      if (version === 'b') folder.write(`target/${previous}/mine.txt`, 'mine');
      previous = dirname(readlinkSync(at(PROGRAM)));
    }
    const mine = Object.keys(folder.read()).filter((name) => name.endsWith('/mine.txt'));
    expect(mine).toHaveLength(2);
    expect(readlinkSync(others[1] ?? '')).toBe(join(folder.path, 'other'));
    expect(readdirSync(target)).not.toContain(basename(own)); // a build of ours that is none but ours is cleared
    await runs();
  });

  test('a folder at a name that could be that of a temporary one', async () => {
    const script = `mkdir "$1/.${PROGRAM}.$$.tmp" && echo mine >"$1/.${PROGRAM}.$$.tmp/mine.txt" && exec "$0" install "$1"`;
    expect(await runProcess('sh', ['-c', script, EXECUTABLE, target], {})).toMatchObject({ exit: 0 });
    expect(Object.values(folder.read())).toContain('mine\n');
  });
});

const { test: asRoot } = skippedIf(
  process.getuid?.() === 0 ? undefined : 'Only root gives files away.',
  'files that are not ours',
);

describe('a build that others put there, or may change, is not used', () => {
  const others = (build: string) => {
    for (const name of ['', ...readdirSync(build)]) chownSync(join(build, name), NOBODY, NOBODY);
  };
  type Row = readonly [what: string, spoil: (build: string) => void, asRoot: boolean];
  const possible = (rows: readonly Row[]) => rows.filter(([, , root]) => !root || process.getuid?.() === 0);
  const REFUSALS: readonly Row[] = [
    ['its folder and files are of another user', others, true],
    ['its folder is of another user', (build) => chownSync(build, NOBODY, NOBODY), true],
    [
      'one file is a link',
      (build) => {
        renameSync(join(build, 'main.cjs'), join(folder.path, 'main.cjs'));
        symlinkSync(join(folder.path, 'main.cjs'), join(build, 'main.cjs'));
      },
      false,
    ],
    [
      'it is a link to a build',
      (build) => {
        renameSync(build, join(folder.path, 'elsewhere'));
        symlinkSync(join(folder.path, 'elsewhere'), build);
      },
      false,
    ],
    ['a file of it is another one', (build) => appendFileSync(join(build, 'main.cjs'), ' '), false],
  ];
  test.each(possible(REFUSALS))('%s', async (_, spoil) => {
    const build = await installScript();
    rmSync(at(PROGRAM));
    expect(await install(SCRIPT)).toMatchObject({ exit: 0, stderr: '' }); // one of this user's own is
    rmSync(at(PROGRAM));
    spoil(build);
    const before = entriesOf();
    const { exit, stderr } = await install(SCRIPT);
    expect({ exit, entries: entriesOf() }).toEqual({ exit: 1, entries: before });
    expect(stderr).toContain(`error: cannot replace "${build}": it is not of this function, or another user made it.`);
  });

  const spoilCache = (at: string, mode: number) => {
    const cache = join(at, at.endsWith('.compile-cache') ? 'v1' : '.compile-cache');
    mkdirSync(cache, { recursive: true });
    chmodSync(cache, mode);
  };
  const HEALED: readonly Row[] = [
    ['a group may write into its folder', (build) => chmodSync(build, 0o775), false],
    ['everybody may write one file', (build) => chmodSync(join(build, 'main.cjs'), 0o646), false],
    ['one file is of another user', (build) => chownSync(join(build, 'main.cjs'), NOBODY, NOBODY), true],
    ['everybody may write into the cache of its starts', (build) => spoilCache(build, 0o777), false],
    [
      'everybody may write into a folder of that cache',
      (build) => spoilCache(join(build, '.compile-cache'), 0o777),
      false,
    ],
  ];
  test.each(possible(HEALED))('where this user made it, it is made anew: %s', async (_, spoil) => {
    const build = await installScript();
    spoil(build);
    expect(await install(SCRIPT)).toMatchObject({ exit: 0, stderr: '' });
    const parts = ['', ...readdirSync(build, { recursive: true, encoding: 'utf8' })].map((name) =>
      statSync(join(build, name)),
    );
    expect(parts.map(({ mode, uid }) => [mode & 0o022, uid])).toEqual(parts.map(() => [0, process.getuid?.()]));
    await runs();
  });

  asRoot('the one file of another user is replaced by our own, and a build of root serves everybody', async () => {
    expect(await install()).toMatchObject({ exit: 0 });
    const real = () => (lstatSync(at(PROGRAM)).isSymbolicLink() ? undefined : statSync(at(PROGRAM)));
    if (real() !== undefined) chownSync(at(PROGRAM), NOBODY, NOBODY);
    chmodSync(target, 0o777);
    chmodSync(folder.path, 0o755);
    expect(await install()).toMatchObject({ exit: 0, stderr: '' });
    expect(real()?.uid ?? 0).toBe(0);
    const before = entriesOf();
    const argv = ['--reuid', String(NOBODY), '--clear-groups', at(PROGRAM), 'install', target];
    expect(await runProcess('setpriv', argv, {})).toMatchObject({ exit: 0, stderr: '' });
    expect(entriesOf()).toEqual(before);
  });

  test('nothing that is made may be written by others, whatever the umask, and a start changes that not', async () => {
    const script = `umask 000; "$0" install --kustomize-plugin-home "$1" && "$1/${PROGRAM}" --version`;
    rmSync(at(dirname(PLUGIN)), { recursive: true });
    rmSync(at('sts.fn.crossplane.io'), { recursive: true });
    expect(await runProcess('sh', ['-c', script, EXECUTABLE, target], {})).toMatchObject({ exit: 0, stderr: '' });
    const made = readdirSync(target, { recursive: true, encoding: 'utf8' }).filter((name) => {
      const stats = lstatSync(at(name));
      return !stats.isSymbolicLink() && (stats.mode & 0o022) !== 0;
    });
    expect(made).toEqual([]);
  });

  asRoot('a build in which root left a cache is no obstacle to its user', async () => {
    chmodSync(folder.path, 0o755);
    chownSync(target, NOBODY, NOBODY);
    const versions = ['a', 'b', 'c', 'd'].map((version) => {
      const isPart = (file: string) => file === dirname(SCRIPT) || lstatSync(file).isFile();
      cpSync(dirname(SCRIPT), join(folder.path, version), { recursive: true, filter: isPart });
      folder.write(`${version}/note.txt`, version);
      return join(folder.path, version, PROGRAM);
    });
    for (const version of versions) {
      const argv = ['--reuid', String(NOBODY), '--clear-groups', version, 'install', target];
      expect(await runProcess('setpriv', argv, {})).toMatchObject({ exit: 0, stderr: '' });
      if (version === versions[0]) await runs(); // as root
    }
    await runs();
  });
});
