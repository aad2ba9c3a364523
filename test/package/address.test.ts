import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ADDRESS } from '../../package/address.ts';
import { repositoryFiles } from '../support/hosts/copy-repository.ts';
import { readWorkflows } from '../support/read-workflows.ts';
import { ROOT, runFunction } from '../support/run-function.ts';

/** The project has one address, which the release workflow puts in place of the one that stands here until then. */

const read = (file: string, root = ROOT) => readFileSync(join(root, file), 'utf8');

test('package.json and the package of Crossplane name it', () => {
  const { homepage, bugs, repository } = JSON.parse(read('package.json')) as Record<string, unknown>;
  expect({ homepage, bugs, repository }).toEqual({
    homepage: `${ADDRESS}#readme`,
    bugs: `${ADDRESS}/issues`,
    repository: { type: 'git', url: `git+${ADDRESS}.git` },
  });
  const { metadata } = parse(read('package/crossplane.yaml')) as { metadata: { annotations: object } };
  expect(metadata.annotations).toMatchObject({ 'meta.crossplane.io/source': ADDRESS });
});

test('so does --help', async () => {
  const { stdout } = await runFunction('', { arguments: ['--help'] });
  expect(stdout).toContain(`Pages: ${ADDRESS}/tree/main/docs\n`);
});

test('no file has another one', () => {
  const texts = repositoryFiles().filter((file) => /\.(?:md|ts|ya?ml|json|cjs)$/.test(file));
  const found = texts.flatMap((file) =>
    [...read(file).matchAll(/[\w-]+\.[\w.]+\/[\w-]+\/function-sts-assume-role(?![\w/-]*\.)/g)].map(([one]) => one),
  );
  expect(found.length).toBeGreaterThan(2);
  expect(new Set(found)).toEqual(new Set([ADDRESS.replace('https://', '')]));
});

test('the release puts the real one into each file that has it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'address-'));
  const files = ['package.json', 'README.md', 'docs/ci.md', 'docs/install.md', 'package/address.ts'];
  try {
    for (const file of [...files, 'package/crossplane.yaml', 'package/set-address.ts'])
      cpSync(join(ROOT, file), join(folder, file));
    const set = (address: string) =>
      spawnSync(process.execPath, [join(folder, 'package/set-address.ts'), address], { encoding: 'utf8' });
    expect(set('http://example.org/a/b').status).not.toBe(0);
    expect(set('https://github.com/example/sts')).toMatchObject({ status: 0, stderr: '' });
    for (const file of files) {
      const text = read(file, folder);
      expect(text).toContain('example/sts');
      expect(text).not.toMatch(/OWNER\/|example\/sts-/);
    }
    expect(read('package/address.ts', folder)).toContain("'https://github.com/example/sts'");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('each job of the release that builds does that first', () => {
  const { jobs = {} } = readWorkflows().find(({ name }) => name === 'release.yml') ?? {};
  const commands = Object.entries(jobs).map(
    ([name, { steps = [] }]) => [name, steps.map(({ run }) => run ?? '')] as const,
  );
  const building = commands.filter(([, runs]) => runs.some((run) => /npm run build|build-image/.test(run)));
  expect(building.map(([name]) => name)).toEqual(['executable', 'npm', 'image']);
  for (const [, runs] of building) {
    const at = runs.indexOf('node package/set-address.ts "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"');
    expect(at).toBeGreaterThanOrEqual(0);
    expect(at).toBeLessThan(runs.findIndex((run) => /npm run build|build-image/.test(run)));
  }
});
