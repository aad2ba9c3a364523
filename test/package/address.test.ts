import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { parse } from 'yaml';
import { repositoryFiles } from '../support/hosts/copy-repository.ts';
import { readWorkflows } from '../support/read-workflows.ts';
import { ROOT, runFunction } from '../support/run-function.ts';

/** The project has one address, which the release workflow puts in. Until then nothing shows one. */

const read = (file: string, root = ROOT) => readFileSync(join(root, file), 'utf8');

const ALERTS = 'examples/crossplane/production/alerts.yaml';
/** What is published with an address. */
const FILES = ['package.json', 'package/address.ts', 'package/crossplane.yaml', ALERTS];
/** Pages about what a release has. */
const PAGES = ['docs/ci.md', 'docs/install.md'];

test('before a release nothing has one but pages about releases', async () => {
  const { stdout } = await runFunction('', { arguments: ['--help'] });
  expect(stdout).not.toMatch(/https?:|Pages:/);
  const texts = repositoryFiles().filter((file) => /\.(?:md|ts|ya?ml|json|cjs)$/.test(file));
  const isAddress = /[\w-]+\.[\w.]+\/[\w-]+\/function-sts-assume-role(?![\w/-]*\.)|OWNER\/function/;
  expect(texts.filter((file) => !file.startsWith('test/') && isAddress.test(read(file))).toSorted()).toEqual([
    ...PAGES,
    'package/set-address.ts',
  ]);
});

test('the release puts the real one into each file that has it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'address-'));
  const all = [...FILES, ...PAGES];
  try {
    for (const file of [...all, 'package/set-address.ts']) cpSync(join(ROOT, file), join(folder, file));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const set = (address: string) =>
      spawnSync(process.execPath, [join(folder, 'package/set-address.ts'), address], { encoding: 'utf8' });
    expect(set('http://example.org/a/b').status).not.toBe(0);
    const address = 'https://github.com/example/sts';
    expect(set(address)).toMatchObject({ status: 0, stderr: '' });
    for (const file of all) {
      const text = read(file, folder);
      expect(text).toContain('example/sts');
      expect(text).not.toMatch(/OWNER\/|example\/sts-/);
    }
    expect(read(ALERTS, folder)).toContain(`runbook_url: ${address}/blob/main/docs/alerts.md#stsfunction`);
    expect(read('package/address.ts', folder)).toContain(`= '${address}';`);
    expect(JSON.parse(read('package.json', folder))).toEqual({
      ...JSON.parse(read('package.json')),
      homepage: `${address}#readme`,
      bugs: `${address}/issues`,
      repository: { type: 'git', url: `git+${address}.git` },
    });
    const step = parse(read('package/crossplane.yaml'));
    step.metadata.annotations['meta.crossplane.io/source'] = address;
    expect(parse(read('package/crossplane.yaml', folder))).toEqual(step);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a build with an address shows it in --help', async () => {
  const { OVERVIEW } = await import('../../function/cli/help-texts.ts');
  expect(OVERVIEW).toMatch(/^\nkpt and kustomize start/);
  Object.assign(globalThis, { ADDRESS: 'https://github.com/example/sts' }); // as the build defines it
  try {
    jest.resetModules();
    const built = await import('../../function/cli/help-texts.ts');
    expect(built.OVERVIEW).toMatch(/^\nPages: https:\/\/github\.com\/example\/sts\/tree\/main\/docs\nkpt and/);
  } finally {
    Object.assign(globalThis, { ADDRESS: undefined });
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
