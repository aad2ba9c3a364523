import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { generatorItem, list } from '../support/manifests.ts';
import { ROOT, runProcess } from '../support/run-function.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What npm gets: packed from the built folder, and installed where nothing else is. */

/** What `npm pack --json` says. */
interface Packed {
  readonly filename: string;
  readonly version: string;
  readonly size: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

const folder = forAllTests(temporaryFolder);
let packed: Packed;
beforeAll(async () => {
  const text = await npm(['pack', '--json', '--ignore-scripts', `--pack-destination=${folder.path}`], ROOT);
  [packed] = JSON.parse(text) as [Packed]; // npm's answer for one package
});

/** Runs npm without a network; gives its standard output. */
async function npm(argv: readonly string[], cwd: string): Promise<string> {
  const environment = { HOME: folder.path, npm_config_offline: 'true', npm_config_update_notifier: 'false' };
  const { exit, stdout, stderr } = await runProcess('npm', argv, { cwd, environment });
  if (exit !== 0) throw new Error(`npm ${argv[0]} ended with ${exit}: ${stderr}`);
  return stdout;
}

describe('the npm package', () => {
  test('holds the script build, and nothing that is made for other ways to get it', () => {
    const paths = packed.files.map(({ path }) => path);
    const others = paths.filter((path) => !/^dist\/[a-z0-9_-]+\.cjs(?:\.map)?$/i.test(path));
    expect(others.toSorted()).toEqual([
      'LICENSE',
      'README.md',
      'dist/THIRD-PARTY-LICENSES.txt',
      'dist/function-sts-assume-role',
      'dist/package.json',
      'package.json',
    ]);
    expect(paths).toContain('dist/main.cjs');
    expect(packed.size).toBeLessThan(2_500_000);
  });

  test('runs no script where it is installed, and brings no package with it', () => {
    const { scripts, dependencies, optionalDependencies, peerDependencies, bundleDependencies } = JSON.parse(
      readFileSync(join(ROOT, 'package.json'), 'utf8'),
    ) as Record<string, object | undefined>;
    // those that npm runs by itself: when somebody installs, and before packing
    const byItself = /^(?:pre|post)?(?:install|prepare|pack|publish|publishOnly)$|^dependencies$/;
    expect(Object.keys(scripts ?? {}).filter((name) => byItself.test(name))).toEqual([]);
    expect([dependencies, optionalDependencies, peerDependencies, bundleDependencies]).toEqual(
      Array(4).fill(undefined),
    );
  });

  test('is what publint recommends', async () => {
    const argv = ['--strict', join(folder.path, packed.filename)];
    const { exit, stdout, stderr } = await runProcess('publint', argv, { cwd: ROOT });
    expect({ exit, stderr, stdout }).toEqual({ exit: 0, stderr: '', stdout: expect.stringContaining('All good!') });
  });

  test('installs alone, from an empty folder.path without a network, and runs by its name', async () => {
    await npm(['init', '--yes'], folder.path);
    await npm(['install', `./${packed.filename}`], folder.path);
    const listed = await npm(['ls', '--all', '--parseable'], folder.path);
    expect(listed.trim().split('\n').slice(1)).toEqual([join(folder.path, 'node_modules/function-sts-assume-role')]);
    expect(await npm(['exec', '--', 'function-sts-assume-role', '--version'], folder.path)).toBe(`${packed.version}\n`);
    const environment = { STS_FUNCTION_MODE: 'placeholder' };
    const options = { cwd: folder.path, environment, input: list(generatorItem()) };
    const { exit, stdout } = await runProcess('npx', ['function-sts-assume-role'], options);
    expect({ exit, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, secrets: 1 });
  });
});
