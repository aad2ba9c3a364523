import {
  appendFileSync,
  chmodSync,
  cpSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { forEachTest, skippedIf } from '../support/for-each-test.ts';
import { specDocument } from '../support/manifests.ts';
import { inMountNamespace, whyNoMounts } from '../support/mount-namespace.ts';
import { EXECUTABLE, runFunction, SCRIPT } from '../support/run-function.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Each test has a folder of its own, and in it a copy of what is installed: so it can be taken away, or be another version. */
const PROGRAM = 'function-sts-assume-role';
const PLUGINS = [
  'generators.external-secrets.io/v1alpha1/stsassumeroletoken/STSAssumeRoleToken',
  'generators.external-secrets.io/v1alpha1/stssessiontoken/STSSessionToken',
  'generators.external-secrets.io/v1alpha1/ecrauthorizationtoken/ECRAuthorizationToken',
  'sts.fn.crossplane.io/v1beta1/input/Input',
];

const folder = forEachTest(() => temporaryFolder({ 'target/keep.txt': 'mine\n', 'spec.yaml': specDocument() }));
let target: string;
let source: string;
beforeEach(() => {
  target = join(folder.path, 'target');
  source = copyOfBuild('source');
});

/** A build is its folder, without the caches and other builds below it. */
function copyOfBuild(name: string): string {
  const to = join(folder.path, name);
  const isPart = (file: string) => file === dirname(EXECUTABLE) || lstatSync(file).isFile();
  cpSync(dirname(EXECUTABLE), to, { recursive: true, filter: isPart });
  return join(to, PROGRAM);
}
const install = (executable: string, ...argv: string[]) =>
  runFunction('', { executable, arguments: ['install', ...argv] });
const installed = () => join(target, PROGRAM);
/** What a run of the installed one says about a spec: it loads parts that the first start does not. */
const planned = (executable = installed()) =>
  runFunction('', { executable, arguments: ['plan', join(folder.path, 'spec.yaml')] });

const { test: oneFile } = skippedIf(
  EXECUTABLE === SCRIPT ? 'The script has a folder for each version.' : undefined,
  'an earlier version of the one file',
);

describe('install', () => {
  test('gives an executable that runs when its source is gone', async () => {
    const { exit, stdout, stderr } = await install(source, target);
    expect({ exit, stdout, stderr }).toEqual({ exit: 0, stdout: `${installed()}\n`, stderr: '' });
    rmSync(dirname(source), { recursive: true });
    expect(statSync(installed()).mode & 0o777).toBe(0o755);
    expect(await planned()).toMatchObject({ exit: 0, stdout: expect.stringContaining('team-a/deployer') });
    expect(readFileSync(join(target, 'keep.txt'), 'utf8')).toBe('mine\n');
  });

  test('twice changes nothing', async () => {
    await install(source, target);
    const before = inodesOf(target);
    expect(await install(source, target)).toMatchObject({ exit: 0, stderr: '' });
    expect(inodesOf(target)).toEqual(before);
  });

  test('takes itself for installed, from where it is installed', async () => {
    await install(source, target);
    const before = inodesOf(target);
    expect(await install(installed(), target)).toMatchObject({ exit: 0, stderr: '' });
    expect(inodesOf(target)).toEqual(before);
    expect(await planned()).toMatchObject({ exit: 0 });
  });

  test('takes the place of another version, and leaves no more than that one behind', async () => {
    for (const version of ['a', 'b', 'c']) {
      const other = copyOfBuild(version);
      const part = readdirSync(dirname(other)).length > 1 ? join(dirname(other), 'package.json') : undefined;
      if (part === undefined) break; // the one file has no parts to tell versions apart by
      folder.write(`${version}/note-${version}.txt`, version);
      expect(await install(other, target)).toMatchObject({ exit: 0, stderr: '' });
      expect(await planned()).toMatchObject({ exit: 0 });
    }
    expect(await install(source, target)).toMatchObject({ exit: 0, stderr: '' });
    expect(readdirSync(target).filter((name) => name.startsWith(`.${PROGRAM}`)).length).toBeLessThanOrEqual(2);
    expect(await planned()).toMatchObject({ exit: 0 });
  });

  test('several at the same time all succeed, and what is there runs', async () => {
    const both = await Promise.all([1, 2, 3].map(() => install(source, target)));
    const good = { exit: 0, stderr: '' };
    expect(both.map(({ exit, stderr }) => ({ exit, stderr }))).toEqual([good, good, good]);
    expect(await planned()).toMatchObject({ exit: 0 });
  });

  test("into kustomize's plugin home gives a link for each kind, which move with it", async () => {
    const { exit, stdout, stderr } = await install(source, '--kustomize-plugin-home', target);
    const paths = [PROGRAM, ...PLUGINS].map((path) => join(target, path));
    expect({ exit, stdout, stderr }).toEqual({
      exit: 0,
      stdout: paths.map((path) => `${path}\n`).join(''),
      stderr: '',
    });
    const moved = join(folder.path, 'moved');
    cpSync(target, moved, { recursive: true, verbatimSymlinks: true });
    rmSync(target, { recursive: true });
    for (const plugin of PLUGINS) {
      expect(readlinkSync(join(moved, plugin))).toBe(`../../../${PROGRAM}`);
      expect(await planned(join(moved, plugin))).toMatchObject({ exit: 0 });
    }
  });

  test('replaces its own links, also those that somebody made by hand, and those of a build that is gone', async () => {
    folder.write(`target/${dirname(PLUGINS[0] ?? '')}/x`, '');
    symlinkSync(installed(), join(target, PLUGINS[0] ?? ''));
    symlinkSync(`.${PROGRAM}-0123456789ab/${PROGRAM}`, installed());
    expect(await install(source, '--kustomize-plugin-home', target)).toMatchObject({ exit: 0, stderr: '' });
    expect(readlinkSync(join(target, PLUGINS[0] ?? ''))).toBe(`../../../${PROGRAM}`);
  });

  test('knows such a link by where it leads, also where its own folder is named by a link, and one that leads to itself', async () => {
    folder.write(`target/${dirname(PLUGINS[0] ?? '')}/x`, '');
    symlinkSync(installed(), join(target, PLUGINS[0] ?? ''));
    symlinkSync(PROGRAM, installed());
    symlinkSync('target', join(folder.path, 'link'));
    const home = join(folder.path, 'link');
    expect(await install(source, '--kustomize-plugin-home', home)).toMatchObject({ exit: 0, stderr: '' });
    expect(await planned(join(home, PLUGINS[0] ?? ''))).toMatchObject({ exit: 0 });
  });

  oneFile('replaces an earlier version of the one file', async () => {
    cpSync(source, installed());
    appendFileSync(installed(), 'another version');
    expect(await install(source, target)).toMatchObject({ exit: 0, stderr: '' });
    expect(readFileSync(installed()).equals(readFileSync(source))).toBe(true);
  });
});

describe('install refuses, and changes nothing', () => {
  test.each<[what: string, spoil: () => void, argv: () => string[], message: () => string]>([
    [
      'a folder that is not there',
      () => {},
      () => [join(folder.path, 'no where')],
      () => `"${folder.path}/no where": it is not there. Make it with \`mkdir -p '${folder.path}/no where'\`.`,
    ],
    ['a file', () => {}, () => [join(target, 'keep.txt')], () => 'it is not a folder. Name a folder.'],
    [
      "somebody else's file in the place",
      () => folder.write(`target/${PROGRAM}`, '#!/bin/sh\n'),
      () => [target],
      () => `cannot replace "${installed()}": it is not of this function. Remove it with \`rm -r ${installed()}\`,`,
    ],
    [
      "somebody else's plugin",
      () => folder.write(`target/${PLUGINS[3]}`, '#!/bin/sh\n'),
      () => ['--kustomize-plugin-home', target],
      () => `cannot replace "${join(target, PLUGINS[3] ?? '')}"`,
    ],
    [
      'a link to something else',
      () => symlinkSync('/bin/true', installed()),
      () => [target],
      () => 'it is not of this function',
    ],
  ])('%s', async (_, spoil, argv, message) => {
    spoil();
    const before = inodesOf(target);
    const { exit, stdout, stderr } = await install(source, ...argv());
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
    expect(stderr).toContain(message());
    expect(inodesOf(target)).toEqual(before);
  });

  test.each([
    ['no folder', [], 'cannot run `install`: it needs DIR.'],
    ['two', ['a', 'b'], 'cannot use argument "b": `install` takes only one.'],
    ['an empty path', [''], 'cannot use an empty path'],
    ['an unknown option', ['--force', 'a'], 'cannot use argument "--force"'],
  ])('%s, as wrong usage', async (_, argv, message) => {
    expect(await install(source, ...argv)).toMatchObject({ exit: 2, stderr: expect.stringContaining(message) });
  });
});

const { test: mounted } = skippedIf(whyNoMounts(), 'install with read-only folders');
const readOnly = (path: string) => `mount --bind ${path} ${path}; mount -o remount,bind,ro ${path}`;

mounted('installs from a file system that is read-only', async () => {
  chmodSync(source, 0o555);
  const { exit, stderr } = await inMountNamespace(`${readOnly(dirname(source))}; exec ${source} install ${target}`, {});
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  expect(statSync(installed()).mode & 0o777).toBe(0o755);
  expect(await planned()).toMatchObject({ exit: 0 });
});

mounted('says that the folder cannot be written to', async () => {
  const { exit, stderr } = await inMountNamespace(`${readOnly(target)}; exec ${source} install ${target}`, {});
  expect({ exit, stderr }).toEqual({
    exit: 1,
    stderr: `error: cannot install into "${target}": the file system is read-only (EROFS). Name a folder that this user may write to. [INSTALL_FAILED]\n`,
  });
});

/** Every entry with its inode: one that was written anew has another. The cache of a start is no part of what is installed. */
function inodesOf(path: string): Record<string, number> {
  const entries = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !name.includes('.compile-cache'),
  );
  return Object.fromEntries(entries.map((name) => [name, lstatSync(join(path, name)).ino]).toSorted());
}
