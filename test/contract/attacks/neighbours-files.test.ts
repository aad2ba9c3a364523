import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { forAllTests, forEachTest } from '../../support/for-each-test.ts';
import { specDocument } from '../../support/resource-list.ts';
import { type Ended, runFunction } from '../../support/run-function.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Other users of a machine read what a file's mode lets them: credentials that come into a file are not for them. */
const sts = forAllTests(startExampleSts);
const folder = forEachTest(temporaryFolder);

const RECIPIENT = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const OTHER = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n';
const ENCRYPTED = `apiVersion: sts.fn.crossplane.io/v1beta1
kind: Input
metadata: {name: options}
sessions: [{secrets: [{encrypt: {sops: {age: [${RECIPIENT}]}}}]}]
`;
const FILE = 'secret_deployer.yaml';

const render = (...argv: readonly string[]): Promise<Ended> =>
  runFunction('', { sts, arguments: ['render', '-i', ...argv, folder.path] });
const modeOf = (name: string) => statSync(join(folder.path, name)).mode & 0o7777;
const due = () =>
  folder.write(FILE, (folder.read()[FILE] ?? '').replace(/renew-after: ".*"/, 'renew-after: "2020-01-01T00:00:00Z"'));

test.each<[string, string, string, () => unknown]>([
  ['another object is there', '644', '600', () => folder.write(FILE, OTHER)],
  ['anybody might write there', '666', '600', () => folder.write(FILE, OTHER)],
  ['it is a program', '755', '700', () => folder.write(FILE, OTHER)],
  ['a group might read it', '640', '600', () => folder.write(FILE, OTHER)],
  [
    'the spec itself is there',
    '644',
    '600',
    () => [folder.write('spec.yaml', OTHER), folder.write(FILE, specDocument())],
  ],
  ['a placeholder is there', '644', '600', () => render('--placeholder')],
  ['a package brought the Secret, and all may read it', '644', '600', () => render().then(due)],
  ['the Secret is there, and its owner gave it to a group', '640', '640', () => render().then(due)],
])('plain credentials are for the owner of their file where %s (%s becomes %s)', async (_, given, want, first) => {
  folder.write('spec.yaml', specDocument());
  await first();
  chmodSync(join(folder.path, FILE), given);
  expect(await render()).toMatchObject({ exit: 0 });
  expect(folder.read()[FILE]).toMatch(/access_key_id: [A-Za-z0-9+/=]+$/m);
  expect(modeOf(FILE).toString(8)).toBe(want);
});

test('encrypted credentials are for whoever has the key, and change no mode', async () => {
  folder.write('spec.yaml', specDocument());
  folder.write('options.yaml', ENCRYPTED);
  folder.write(FILE, OTHER);
  chmodSync(join(folder.path, FILE), 0o644);
  expect(await render()).toMatchObject({ exit: 0 });
  expect(folder.read()[FILE]).toContain('ENC[AES256_GCM');
  expect(modeOf(FILE)).toBe(0o644);
});

test('a placeholder holds nothing, and changes no mode', async () => {
  folder.write('spec.yaml', specDocument());
  folder.write(FILE, OTHER);
  chmodSync(join(folder.path, FILE), 0o644);
  expect(await render('--placeholder')).toMatchObject({ exit: 0 });
  expect(modeOf(FILE)).toBe(0o644);
});
