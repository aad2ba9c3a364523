import { beforeAll, expect, test } from '@jest/globals';
import { decryptSecret } from '../../function/sops/sops.ts';
import { type AgeKeys, newAgeKeys } from '../support/age-keys.ts';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import {
  functionConfig,
  GOOD_SPEC,
  generatorItem,
  generatorManifest,
  list,
  SPEC,
  specDocument,
} from '../support/manifests.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Secrets that are emitted encrypted; test/hosts/sops.test.ts opens them with sops itself. */
const sts = forAllTests(startExampleSts);
let keys: AgeKeys;
let others: AgeKeys;
beforeAll(async () => {
  [keys, others] = await Promise.all([newAgeKeys(), newAgeKeys()]);
});

const FILE = { metadata: 'namespace: team-a, annotations: {internal.config.kubernetes.io/path: a.yaml}' };
const encryptedFor = (...recipients: string[]) =>
  functionConfig(`  sessions: [{secrets: [{encrypt: {sops: {age: [${recipients.join(', ')}]}}}]}]\n`);

/** One run, and how many calls it made. */
async function run(input: string) {
  const before = sts.calls.length;
  const ended = await runInProcess(input, { sts });
  return { ...ended, calls: sts.calls.length - before };
}

/** The text of the only Secret of a ResourceList whose functionConfig follows. */
const secretIn = (text: string) =>
  text.slice(text.indexOf('\n- apiVersion: v1\n') + 1, text.indexOf('functionConfig:')).replace('- ', '  ');

test('is written encrypted, with no warning, and used again by a run without the key', async () => {
  const input = list(generatorItem(GOOD_SPEC, FILE), encryptedFor(keys.recipient, others.recipient));
  const { exit, stdout, stderr, calls } = await run(input);
  expect({ exit, stderr, calls }).toEqual({ exit: 0, stderr: '', calls: 1 });
  for (const { identity } of [keys, others]) {
    expect(await decryptSecret(secretIn(stdout), [identity])).toMatchObject({
      data: { access_key_id: expect.stringMatching(/^QVNJQ/), expiration: expect.any(String) },
    });
  }
  for (const value of Object.values(emittedSecrets(stdout)[0]?.data ?? {})) expect(value).toMatch(/^ENC\[AES256_GCM,/);
  expect(await run(stdout)).toMatchObject({ exit: 0, calls: 0, stdout, stderr: '' });
});

test('a plain Secret is replaced by an encrypted one, in its place', async () => {
  const plain = await run(list(generatorItem(GOOD_SPEC, FILE), functionConfig('  sessions: []\n')));
  expect(plain.stderr).toMatch(
    /^warning: team-a\/secret_deployer\.yaml: credentials of Secret "team-a\/deployer" go into files/,
  );
  const now = plain.stdout.slice(0, plain.stdout.indexOf('functionConfig:')) + encryptedFor(keys.recipient);
  const { exit, stdout, stderr, calls } = await run(now);
  expect({ exit, stderr, calls }).toEqual({ exit: 0, stderr: '', calls: 1 });
  expect(emittedSecrets(stdout)).toHaveLength(1);
  expect(await decryptSecret(secretIn(stdout), [keys.identity])).toMatchObject({ data: expect.any(Object) });
});

test('other recipients make it anew, and a Secret that somebody opened in place is encrypted again', async () => {
  const first = await run(list(generatorItem(), encryptedFor(keys.recipient)));
  const second = await run(first.stdout.replace(encryptedFor(keys.recipient), encryptedFor(others.recipient)));
  expect(second).toMatchObject({ exit: 0, calls: 1 });
  const opened = decryptSecret(secretIn(second.stdout), [keys.identity]);
  await expect(opened).rejects.toMatchObject({ code: 'noIdentity' });
  expect(await decryptSecret(secretIn(second.stdout), [others.identity])).toMatchObject({ data: expect.any(Object) });

  const plain = second.stdout.replaceAll(/ENC\[[^\]]+\]/g, 'QQ==').replace(/^ {2}sops:\n(?: {4}.*\n| {2}-.*\n)*/m, '');
  expect(emittedSecrets(plain)[0]).not.toHaveProperty('sops');
  expect(await run(plain)).toMatchObject({ exit: 0, calls: 1, stderr: '' });
});

test('a plan says what a run would refuse: an encrypted Secret does not become plain text', async () => {
  const first = await run(list(generatorItem(), encryptedFor(keys.recipient)));
  const bare = first.stdout.replace(encryptedFor(keys.recipient), '');
  const environment = { STS_FUNCTION_MODE: 'plan' };
  const refusal = {
    exit: 1,
    stderr: expect.stringContaining('is encrypted by SOPS, and its new values would be plain text'),
  };
  expect(await runInProcess(bare, { sts, environment })).toMatchObject(refusal);
  expect(await run(bare)).toMatchObject({ ...refusal, calls: 0 });
});

test('in a list in JSON too', async () => {
  const config = {
    apiVersion: 'sts.fn.crossplane.io/v1beta1',
    kind: 'Input',
    sessions: [{ secrets: [{ encrypt: { sops: { age: [keys.recipient] } } }] }],
  };
  const given = {
    apiVersion: 'config.kubernetes.io/v1',
    kind: 'ResourceList',
    items: [generatorManifest(SPEC)],
    functionConfig: config,
  };
  const first = await run(JSON.stringify(given));
  expect(first).toMatchObject({ exit: 0, calls: 1, stderr: '' });
  const changed = await run(first.stdout.replaceAll(keys.recipient, others.recipient));
  const [, secret] = (JSON.parse(changed.stdout) as { items: unknown[] }).items;
  expect(await decryptSecret(JSON.stringify(secret), [others.identity])).toMatchObject({ data: expect.any(Object) });
});

test.each([
  ['a file with other objects', ''],
  [
    "a file with other objects beside an object with kustomize's number, which kustomize gives to all",
    "- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: other, annotations: {kustomize.config.k8s.io/id: '7'}}\n",
  ],
])('%s gets no encrypted Secret, since sops would not open it', async (_, other) => {
  const there = `- apiVersion: v1
  kind: Secret
  metadata: {name: deployer, namespace: team-a, annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/deployer, internal.config.kubernetes.io/path: a.yaml, internal.config.kubernetes.io/index: '1'}}
`;
  const input = list(generatorItem(GOOD_SPEC, FILE) + there + other, encryptedFor(keys.recipient));
  const { exit, stderr, calls } = await run(input);
  expect({ exit, calls }).toEqual({ exit: 1, calls: 0 });
  expect(stderr).toContain(
    'its file "a.yaml" has other objects, and sops opens a file with one. Give it a file of its own. [SECRET_SEALED]',
  );
});

test.each([
  ['of one of kpt, planned', ['plan'], 'secret.yaml', true],
  ['of one of kpt, printed', ['render'], 'secret.yaml', true],
  ['of one of kpt, where it will be', ['plan'], 'team-a/secret_x.yaml', true],
  ['in place', ['render', '-i'], 'secret.yaml', false],
])('nor does one whose file has an object that is nothing of ours: %s', async (_, command, file, isOfKpt) => {
  const other = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\n';
  const there = `---\napiVersion: v1\nkind: Secret\nmetadata: {name: x, namespace: team-a, annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/x}}\n`;
  using folder = temporaryFolder({
    'spec.yaml': specDocument('x'),
    'input.yaml': `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: i}\nsessions: [{secrets: [{encrypt: {sops: {age: [${keys.recipient}]}}}]}]\n`,
    [file]: file.includes('/') ? other : `${other}${there}`,
    ...(isOfKpt && {
      Kptfile:
        'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: a}\npipeline: {mutators: [{exec: function-sts-assume-role, configPath: input.yaml}]}\n',
    }),
  });
  const before = sts.calls.length;
  const { exit, stderr } = await runInProcess('', { sts, arguments: [...command, folder.path] });
  expect({ exit, calls: sts.calls.length - before }).toEqual({ exit: 1, calls: 0 });
  expect(stderr).toContain('has other objects, and sops opens a file with one.');
});

test('nor do two Secrets of one file, written in place', async () => {
  using folder = temporaryFolder({
    'gens.yaml': `${specDocument('x')}---\n${specDocument('x', { namespace: 'team-b' })}`,
    'input.yaml': `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: i}\nsessions: [{secrets: [{encrypt: {sops: {age: [${keys.recipient}]}}}]}]\n`,
  });
  const { exit, stderr } = await runInProcess('', { sts, arguments: ['render', '-i', folder.path] });
  expect(exit).toBe(1);
  expect(stderr).toContain('has other objects, and sops opens a file with one.');
  expect(Object.keys(folder.read()).toSorted()).toEqual(['gens.yaml', 'input.yaml']);
});

test.each([['plan'], ['render'], ['render', '-i']])(
  'nor do two of packages in each other, whose file is the same: %s %s',
  async (...command) => {
    const input = `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: i}\nsessions: [{secrets: [{encrypt: {sops: {age: [${keys.recipient}]}}}]}]\n`;
    const kptfile = (more = '') =>
      `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: a}\npipeline: {mutators: [{exec: function-sts-assume-role, configPath: input.yaml${more}}]}\n`;
    using folder = temporaryFolder({
      Kptfile: kptfile(', selectors: [{namespace: team-a}]'),
      'input.yaml': input,
      'spec.yaml': specDocument('x'),
      'team-a/Kptfile': kptfile(),
      'team-a/input.yaml': input,
      'team-a/spec.yaml': specDocument('x').replace('namespace: team-a', 'labels: {}'),
    });
    const before = sts.calls.length;
    const { exit, stderr } = await runInProcess('', { sts, arguments: [...command, folder.path] });
    expect({ exit, calls: sts.calls.length - before }).toEqual({ exit: 1, calls: 0 });
    expect(stderr.match(/^error: .* has other objects, and sops opens a file with one\./gm)).toHaveLength(2);
  },
);
