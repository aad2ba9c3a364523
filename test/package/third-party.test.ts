import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { bundledPackages, checkLicence, type Metafile, noticesOf } from '../../package/third-party.ts';
import { ROOT } from '../support/run-function.ts';

/** What is shipped of other projects, as the last build has it. */
const metafile = JSON.parse(readFileSync(join(ROOT, 'dist/meta.json'), 'utf8')) as Metafile; // esbuild wrote it
const packages = bundledPackages(metafile);
const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { devDependencies: object };

describe('licences', () => {
  test.each(['MIT', 'ISC', 'BSD-3-Clause', 'Apache-2.0', '(Apache-2.0 AND BSD-3-Clause)'])(
    '%s may be shipped',
    (licence) => {
      expect(() => checkLicence('one', licence)).not.toThrow();
    },
  );

  test.each(['GPL-3.0', 'UNLICENSED', 'SEE LICENSE IN LICENSE', '(MIT AND GPL-2.0)', '', undefined, { type: 'MIT' }])(
    '%p stops the build',
    (licence) => {
      expect(() => checkLicence('one', licence)).toThrow(/cannot ship "one": its licence is ".*"\. Read it/);
    },
  );
});

test('each direct dependency of the bundle has its reason in decision 5', () => {
  const page = readFileSync(join(ROOT, 'docs/decisions/005-dependencies.md'), 'utf8');
  const direct = packages.filter(({ importers }) => importers.some((one) => one.startsWith('function/')));
  expect(direct.length).toBeGreaterThan(10);
  expect(direct.filter(({ name }) => !(name in devDependencies)).map(({ name }) => name)).toEqual([]);
  expect(direct.filter(({ name }) => !page.includes(`\`${name}\``)).map(({ name }) => name)).toEqual([]);
});

test('the notices that are shipped name each package, and have its text', () => {
  const shipped = readFileSync(join(ROOT, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
  expect(shipped).toBe(noticesOf(packages));
  expect(
    packages.filter(({ name, version, licence }) => !shipped.includes(`${name} ${version} (${licence})\n`)),
  ).toEqual([]);
  // Apache-2.0's text is at the end; the others ask for their own, with whose it is
  const silent = packages.filter(({ notice, licence }) => notice === '' && licence !== 'Apache-2.0');
  expect(silent).toEqual([]);
});
