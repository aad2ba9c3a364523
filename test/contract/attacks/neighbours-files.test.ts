import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ciEnvironment } from '../../support/accounts.ts';
import { forAllTests, forEachTest, skippedIf } from '../../support/for-each-test.ts';
import { specDocument } from '../../support/manifests.ts';
import { type Ended, EXECUTABLE, runFunction, runProcess } from '../../support/run-function.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Other users of a machine read what a file's mode lets them: credentials that come into a file are not for them. */
let meanwhile: () => void = () => {};
const now = () => {
  meanwhile();
  return new Date();
};
const sts = forAllTests(() => startExampleSts({ now }));
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
const BUSYBOX = `#!/bin/sh
for word; do case $word in --?*) exit 1;; esac; done
echo '-rw-r-----    1 0        0                0 Jan  1 00:00 x'
`;
const programAt = (path: string, text: string) => writeFileSync(path, text, { mode: 0o755 });
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

test('encrypted credentials are for the holder of the key, and change no mode', async () => {
  folder.write('spec.yaml', specDocument());
  folder.write('options.yaml', ENCRYPTED);
  folder.write(FILE, '# made by CI\n');
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

test.each<[string, (ls: string) => unknown]>([
  ['there is no `ls`', () => {}],
  ['its `ls` knows no lists, as that of BusyBox, which has few long options either', (ls) => programAt(ls, BUSYBOX)],
])('a group keeps nothing where nobody tells of access control lists: %s', async (_, put) => {
  folder.write('spec.yaml', specDocument());
  await render();
  due();
  chmodSync(join(folder.path, FILE), 0o640);
  using programs = temporaryFolder();
  symlinkSync(process.execPath, join(programs.path, 'node'));
  put(join(programs.path, 'ls'));
  const options = { sts, environment: { PATH: programs.path }, arguments: ['render', '-i', folder.path] };
  expect(await runFunction('', options)).toMatchObject({ exit: 0 });
  expect(modeOf(FILE)).toBe(0o600);
});

const { test: asRoot } = skippedIf(
  process.getuid?.() === 0 ? undefined : 'Only root gives files away.',
  'groups that a run cannot give a file to',
);

asRoot.each([
  ['its user is none of that group: nobody gets what that group had', 65534, [], 65533, { mode: 0o600, gid: 65534 }],
  ['its user is one of that group', 65534, ['--groups', '65533'], 65533, { mode: 0o660, gid: 65533 }],
  ['another user of that group renews it', 65532, ['--groups', '65533'], 65533, { mode: 0o660, gid: 65533 }],
  ['its folder has its new files for another group', 65534, [], 65534, { mode: 0o660, gid: 65534 }],
])('a Secret that a group may read, renewed where %s', async (_, uid, groups, gid, want) => {
  folder.write('spec.yaml', specDocument());
  await render();
  due();
  const file = join(folder.path, FILE);
  chownSync(folder.path, 65534, 65533);
  chmodSync(folder.path, gid === 65533 ? 0o775 : 0o2775);
  chownSync(file, 65534, gid);
  chownSync(join(folder.path, 'spec.yaml'), 65534, 65533);
  chmodSync(file, 0o660);
  const user = ['--reuid', String(uid), '--regid', '65534', ...(groups.length > 0 ? groups : ['--clear-groups'])];
  const argv = [...user, EXECUTABLE, 'render', '-i', folder.path];
  expect(await runProcess('setpriv', argv, { environment: ciEnvironment(sts.url) })).toMatchObject({ exit: 0 });
  expect(folder.read()[FILE]).not.toContain('2020-01-01');
  expect({ mode: modeOf(FILE), gid: statSync(file).gid }).toEqual(want);
});

test.each<[what: string, change: (file: string) => void, wants: { exit: number; mode?: number }]>([
  ['is taken from its group', (file) => chmodSync(file, 0o600), { exit: 1, mode: 0o600 }],
  ['is opened for its group to write', (file) => chmodSync(file, 0o660), { exit: 1, mode: 0o660 }],
  ['is edited', (file) => appendFileSync(file, '# mine\n'), { exit: 1, mode: 0o640 }],
  ['is read, and looked at', (file) => [readFileSync(file), utimesSync(file, 1, 1)], { exit: 0, mode: 0o640 }],
])('a Secret that %s while STS is asked', async (_, change, { exit, ...left }) => {
  folder.write('spec.yaml', specDocument());
  await render();
  due();
  const file = join(folder.path, FILE);
  chmodSync(file, 0o640);
  meanwhile = () => change(file);
  const ended = await render();
  meanwhile = () => {};
  expect(ended.exit).toBe(exit);
  expect(ended.stderr.includes('somebody changed it meanwhile. Nothing was written')).toBe(exit === 1);
  expect({ mode: modeOf(FILE) }).toMatchObject(left);
  expect((folder.read()[FILE] ?? '').includes('2020-01-01')).toBe(exit === 1);
});

/** Gives a file a list by which nobody reads it, and its group does not; a folder a list that its new files get. Node.js has no call for it. */
const SET_ACL = `
import os, struct, sys
entries = [(0x01, 6, -1), (0x02, 4, 65534), (0x04, 0, -1), (0x10, 4, -1), (0x20, 0, -1)]
value = struct.pack('<I', 2) + b''.join(struct.pack('<HHi', *entry) for entry in entries)
os.setxattr(sys.argv[1], 'system.posix_acl_' + sys.argv[2], value)
`;
const setAcl = (path: string, kind: 'access' | 'default') =>
  spawnSync('python3', ['-c', SET_ACL, path, kind], { encoding: 'utf8' });

function whyNoAcls(): string | undefined {
  using tried = temporaryFolder();
  const { status, stderr, error } = setAcl(tried.write('file', ''), 'access');
  return status === 0 ? undefined : `They need Python 3, and a file system that has them: ${stderr ?? error?.message}`;
}

skippedIf(whyNoAcls(), 'access control lists').describe(
  'under an access control list credentials are for their owner',
  () => {
    test.each<[string, () => unknown]>([
      [
        'that the file has, of which what is shown as the mode of its group is the mask',
        () => setAcl(join(folder.path, FILE), 'access'),
      ],
      ['that the folder gives to new files', () => setAcl(folder.path, 'default')],
    ])('%s', async (_, set) => {
      folder.write('spec.yaml', specDocument());
      expect(await render()).toMatchObject({ exit: 0 });
      due();
      chmodSync(join(folder.path, FILE), 0o640);
      expect(set()).toMatchObject({ status: 0 });
      expect(modeOf(FILE)).toBe(0o640);
      expect(await render()).toMatchObject({ exit: 0 });
      expect(modeOf(FILE)).toBe(0o600);
    });
  },
);
