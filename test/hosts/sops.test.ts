import { createHash } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { beforeAll, describe, expect, test } from '@jest/globals';
import canonicalize from 'canonicalize';
import { parse, parseDocument, stringify } from 'yaml';
import { printBlock } from '../../function/krm/print.ts';
import type { SecretManifest } from '../../function/model/outcome.ts';
import { decryptSecret, encryptSecret, SopsError } from '../../function/sops/sops.ts';
import { ci } from '../support/accounts.ts';
import { type AgeKeys, newAgeKeys } from '../support/age-keys.ts';
import { normalise } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { functionAnnotation, generator, input, keysSecret, kptfile } from '../support/hosts/manifests.ts';
import { exampleCommands, promisedMessages, promisedSecret } from '../support/hosts/pages.ts';
import { realProgram, requirePrograms } from '../support/hosts/real-programs.ts';
import { startHosts } from '../support/hosts/start-hosts.ts';
import { externalSecret, fromGenerator } from '../support/manifests.ts';
import { type Ended, runProcess } from '../support/run-function.ts';
import { sealedDocuments } from '../support/sops/documents.ts';
import { clientOf } from '../support/sts/testing/ask.ts';
import { readFolder, temporaryFolder } from '../support/temporary-folder.ts';

const SECRET: SecretManifest = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'deployer', namespace: 'team-a', annotations: { 'example.org/quoted': 'yes' } },
  type: 'Opaque',
  data: {
    access_key_id: 'QVNJQQ==',
    expiration: 'MTc2NzMyMzA0NQ==',
    secret_access_key: 'c2VjcmV0',
    session_token: Buffer.from('token'.repeat(200)).toString('base64'),
    empty: '',
    '.dockerconfigjson': 'e30=',
  },
};

/** Encrypted by sops itself; everything that a MAC over the whole document depends on is in it. */
const FOREIGN = `apiVersion: v1
kind: Secret
metadata:
  name: keys
  labels: &labels {"10": ten, "2": two} # which JavaScript would put in another order
  annotations:
    example.org/time: 2026-01-02
    example.org/list: [1, 2.50, null, true, no]
    example.org/same: *labels
immutable: true
stringData:
  b: "ünï 🎉\\n"
  "10": ten
  "2": two
  a: ""
  number: 0.5
data:
  id: Zm9v
`;
const OPENED = { data: { id: 'Zm9v' }, stringData: { a: '', b: 'ünï 🎉\n', '10': 'ten', '2': 'two', number: 0.5 } };

/** Scalars without quotes of which a MAC over all values counts something else than their text. */
const SCALARS = `0777 | 1_000.50 | 0x1F | -0.0 | 1e21 | .5e3 | 1.5e-9 | 5e-324 | .inf | .nan | 12. | 08 | -0b11 | 2026-01-02 | \
2001-2-3 4:5:6.70 | 2026-01-02T3:4:5Z | 2026-01-02t03:04:05+02:00 | 2026-02-29 | 2026-13-01 | yes | on | "2026-01-02" | \
!!str 5 | 1:30 | 1e400 | ~ | TRUE | << | 99999999999999999999999`;
/** The Secret of `keysSecret`, as this function encrypts one. */
const plainSecret = () => {
  const { stringData, ...secret } = parse(keysSecret()) as { stringData: Record<string, string> };
  const data = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return { ...secret, data: Object.fromEntries(data) as Record<string, string> };
};
const [RENDER = ''] = exampleCommands('kpt/encrypted-commit').scripts;
const OF_SECRETS = ['--encrypted-regex', '^(data|stringData)$'];

const root = forAllTests(temporaryFolder);
let keys: AgeKeys;
let others: AgeKeys;
let encrypted: string;
beforeAll(async () => {
  requirePrograms(['sops', 'kubectl', 'kpt', 'kustomize'].map(realProgram));
  [keys, others] = await Promise.all([newAgeKeys(), newAgeKeys()]);
  const recipients = [others.recipient, keys.recipient];
  encrypted = printBlock(await encryptSecret(SECRET, { recipients, now: new Date() }));
});

/** A new folder with this text in `secret.yaml`. */
async function folderOf(text: string): Promise<string> {
  const folder = await mkdtemp(join(root.path, 'folder-'));
  await writeFile(join(folder, 'secret.yaml'), text);
  return folder;
}

/** A program's run with an identity in its environment. */
async function run(
  program: string,
  argv: readonly string[],
  options: { cwd: string; identity?: AgeKeys; input?: string },
) {
  const { identity = keys, ...others } = options;
  const environment = { HOME: root.path, SOPS_AGE_KEY: identity.identity.reveal() };
  return runProcess(realProgram(program), argv, { ...others, environment });
}

/** Standard output of a program that succeeds on the file `secret.yaml`. */
async function outputOf(text: string, program: string, ...argv: string[]): Promise<string> {
  const { exit, stdout, stderr } = await run(program, argv, { cwd: await folderOf(text) });
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  return stdout;
}

const encrypt = (text: string, ...options: string[]) =>
  outputOf(text, 'sops', '--encrypt', '--age', keys.recipient, ...options, 'secret.yaml');
const decrypt = async (text: string, identity = keys): Promise<Ended> =>
  run('sops', ['--decrypt', 'secret.yaml'], { cwd: await folderOf(text), identity });
const open = (text: string, by = keys) => decryptSecret(text, [by.identity]);

describe('sops opens what we encrypted, and verifies its MAC', () => {
  test('exactly, with the identity of each recipient', async () => {
    for (const identity of [keys, others]) {
      const { exit, stdout, stderr } = await decrypt(encrypted, identity);
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
      expect(parse(stdout)).toEqual(SECRET);
    }
  });

  const kubectl = (...argv: string[]) =>
    outputOf(encrypted, 'kubectl', ...argv, '--local', '-f', 'secret.yaml', '-o', 'yaml');
  const labels = { team: 'b' };
  const annotations = { ...SECRET.metadata.annotations, team: 'b' };
  test.each<[string, () => Promise<string>, object]>([
    ['kubectl labelled it', () => kubectl('label', 'team=b'), { labels }],
    ['kubectl annotated it', () => kubectl('annotate', 'team=b'), { annotations }],
    [
      'kubectl printed it as JSON',
      () => outputOf(encrypted, 'kubectl', 'label', 'team=b', '--local', '-f', 'secret.yaml', '-o', 'json'),
      { labels },
    ],
    [
      'kustomize labelled it',
      async () => {
        const cwd = await folderOf(encrypted);
        const kustomization = { resources: ['secret.yaml'], labels: [{ pairs: labels }], namespace: 'team-b' };
        await writeFile(join(cwd, 'kustomization.yaml'), stringify(kustomization));
        return (await run('kustomize', ['build'], { cwd })).stdout;
      },
      { labels, namespace: 'team-b' },
    ],
    [
      'kpt read and wrote it',
      async () => {
        const cwd = await folderOf(encrypted);
        const { stdout: input } = await run('kpt', ['fn', 'source', '.'], { cwd });
        await run('kpt', ['fn', 'sink', 'out'], {
          cwd,
          input: input.replace('annotations:', 'labels: { team: b }\n    annotations:'),
        });
        return readFile(join(cwd, 'out/secret.yaml'), 'utf8');
      },
      { labels },
    ],
    [
      'somebody put its parts in another order, with other quotes',
      async () => {
        const { sops, data, metadata, ...others } = parse(encrypted);
        const changed = { sops, data, ...others, metadata: { labels, ...metadata } };
        return stringify(changed, { defaultStringType: 'QUOTE_DOUBLE', indent: 8, lineWidth: 40 });
      },
      { labels },
    ],
  ])('after %s', async (_, change, metadata) => {
    const text = await change();
    const { exit, stdout, stderr } = await decrypt(text);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(parse(stdout)).toEqual({ ...SECRET, metadata: { ...SECRET.metadata, ...metadata } });
    expect(await open(text)).toEqual({ data: SECRET.data });
  });
});

describe('we open what sops encrypted', () => {
  test.each<[string, readonly string[]]>([
    ['with a MAC over all values', OF_SECRETS],
    ['with a MAC over the encrypted values', [...OF_SECRETS, '--mac-only-encrypted']],
    ['value by value, all of them', []],
    ['with a rule for what stays plain', ['--unencrypted-regex', '^(metadata|kind|apiVersion)$']],
    ['as JSON', ['--output-type', 'json', ...OF_SECRETS, '--mac-only-encrypted']],
  ])('%s', async (_, options) => {
    expect(await open(await encrypt(FOREIGN, ...options))).toEqual(OPENED);
  });

  test('for several recipients, with the identity of each', async () => {
    const both = ['--age', `${others.recipient},${keys.recipient}`];
    const text = await outputOf(FOREIGN, 'sops', '--encrypt', ...both, ...OF_SECRETS, 'secret.yaml');
    expect(await open(text, keys)).toEqual(OPENED);
    expect(await open(text, others)).toEqual(OPENED);
    await expect(open(text, await newAgeKeys())).rejects.toMatchObject({ code: 'noIdentity', field: 'sops.age' });
  });

  test('again, after it changed or rotated what we encrypted', async () => {
    const cwd = await folderOf(encrypted);
    for (const argv of [
      ['set', 'secret.yaml', '["data"]["added"]', '"YQ=="'],
      ['rotate', '--in-place', 'secret.yaml'],
    ]) {
      expect(await run('sops', argv, { cwd })).toMatchObject({ exit: 0 });
      const text = await readFile(join(cwd, 'secret.yaml'), 'utf8');
      expect(await open(text)).toEqual({ data: { ...SECRET.data, added: 'YQ==' } });
    }
  });

  test('as an item that kpt sends, in spite of what it adds', async () => {
    const cwd = await folderOf(await encrypt(FOREIGN, ...OF_SECRETS));
    const { stdout } = await run('kpt', ['fn', 'source', '.'], { cwd });
    const item = stdout.slice(stdout.indexOf('\n- ') + 1).replace('- ', '  ');
    expect(item).toContain('internal.config.kubernetes.io/path');
    expect(await open(item)).toEqual(OPENED);
  });

  test('written by hand since then, where sops reads the same', async () => {
    const lines = SCALARS.split(' | ')
      .map((scalar, index) => `    k${index}: ${scalar}\n`)
      .join('');
    const text = await encrypt(`kind: Secret\nannotations:\n${lines}data:\n  id: Zm9v\n`, ...OF_SECRETS);
    const written = text.replace(/^annotations:\n(?: .*\n)*/m, () => `annotations:\n${lines}`);
    expect(await decrypt(written)).toMatchObject({ exit: 0, stderr: '' });
    expect(await open(written)).toEqual({ data: { id: 'Zm9v' } });
  });
});

describe('base keys that sops encrypted in a package', () => {
  const hosts = forAllTests(startHosts);

  test.each<[string, readonly string[]]>([
    ['with a MAC over all values', OF_SECRETS],
    ['with a MAC over the encrypted values', [...OF_SECRETS, '--mac-only-encrypted']],
  ])('%s: kpt renders with them, and they stay encrypted', async (_, options) => {
    const encrypted = await encrypt(keysSecret(), ...options);
    const files = { 'keys.yaml': encrypted, 'generator.yaml': generator({ keysIn: 'keys' }) };
    const folder = await hosts.folder({ ...files, Kptfile: kptfile({ exec: 'function-sts-assume-role' }) });
    const environment = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', SOPS_AGE_KEY: keys.identity.reveal() };
    const [call] = await hosts.callsOf(async () => {
      const { exit, stderr } = await hosts.run('kpt', ['fn', 'render', '--allow-exec'], { cwd: folder, environment });
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.stringContaining('[PASS]') });
    });
    expect(call).toMatchObject({ callerArn: ci.arn, outcome: 'ok' });
    const after = readFolder(folder);
    expect(Object.keys(after)).toContain('secret_deployer.yaml');
    expect(parse(after['keys.yaml'] ?? '')).toEqual(parse(encrypted));
  });

  const BUILD = ['build', '--enable-alpha-plugins', '--enable-exec', '.'];
  const ALONE = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
  const opening = () => ({ ...ALONE, SOPS_AGE_KEY: keys.identity.reveal() });
  const OPTIONS = input({}, functionAnnotation());

  test('kustomize builds with them, and with those that this function has encrypted', async () => {
    const own = printBlock(await encryptSecret(plainSecret(), { recipients: [keys.recipient], now: new Date() }));
    for (const sealed of [own, await encrypt(keysSecret(), ...OF_SECRETS, '--mac-only-encrypted')]) {
      const kustomization = stringify({ resources: ['keys.yaml', 'generator.yaml'], transformers: ['options.yaml'] });
      const files = { 'keys.yaml': sealed, 'generator.yaml': generator({ keysIn: 'keys' }), 'options.yaml': OPTIONS };
      const cwd = await hosts.folder({ ...files, 'kustomization.yaml': kustomization });
      const calls = await hosts.callsOf(async () => {
        const { exit, stdout } = await hosts.run('kustomize', BUILD, { cwd, environment: opening() });
        expect({ exit, stdout }).toEqual({ exit: 0, stdout: expect.stringContaining('name: deployer') });
      });
      expect(calls.map(({ callerArn }) => callerArn)).toEqual([ci.arn]);
    }
  });

  /** Others have sealed this, with a MAC over the whole document. */
  const theirs = () =>
    encrypt(
      stringify({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'team-a-db', namespace: 'team-a-prod' },
        stringData: { text: 'CANARY-42' },
      }),
      ...OF_SECRETS,
    );
  const loot = (name: string) =>
    stringify(
      externalSecret(
        {
          target: { template: { templateFrom: [{ secret: { name, items: [{ key: 'text' }] } }] } },
          dataFrom: [fromGenerator('deployer')],
        },
        { namespace: 'team-a' },
      ),
    );
  const REFUSAL = /it is encrypted by SOPS, so it may be a copy of another's/;

  test('sops opens a copy under another name, and kpt gets nothing of it', async () => {
    const copy = (await theirs())
      .replace('name: team-a-db\n', 'labels:\n        a: team-a-\n    name: db\n')
      .replace('namespace: team-a-prod\n', 'namespace: team-a\n    annotations:\n        z: -prod\n');
    expect(await decrypt(copy)).toMatchObject({ exit: 0, stdout: expect.stringContaining('CANARY-42') });
    const files = { 'copy.yaml': copy, 'loot.yaml': loot('db'), 'generator.yaml': generator({ namespace: 'team-a' }) };
    const cwd = await hosts.folder({ ...files, Kptfile: kptfile({ exec: 'function-sts-assume-role' }) });
    const before = readFolder(cwd);
    const calls = await hosts.callsOf(async () => {
      const argv = ['fn', 'render', '--allow-exec'];
      const { exit, stdout, stderr } = await hosts.run('kpt', argv, { cwd, environment: opening() });
      expect({ exit, stderr }).toEqual({ exit: 1, stderr: expect.stringMatching(REFUSAL) });
      expect(stdout + stderr).not.toContain('CANARY');
    });
    expect(calls).toEqual([]);
    expect(readFolder(cwd)).toEqual(before);
  });

  test('kustomize renames a copy as it is, and gets nothing of it', async () => {
    const cwd = await hosts.folder({
      'kustomization.yaml': stringify({ resources: ['copy', 'use'], transformers: ['options.yaml'] }),
      'options.yaml': OPTIONS,
      'use/kustomization.yaml': stringify({ resources: ['generator.yaml', 'loot.yaml'] }),
      'use/generator.yaml': generator({ namespace: 'team-a' }),
      'use/loot.yaml': loot('my-team-a-db'),
      'copy/kustomization.yaml': stringify({ namePrefix: 'my-', namespace: 'team-a', resources: ['theirs.yaml'] }),
      'copy/theirs.yaml': await theirs(),
    });
    const calls = await hosts.callsOf(async () => {
      const { exit, stdout, stderr } = await hosts.run('kustomize', BUILD, { cwd, environment: opening() });
      expect({ exit, stderr }).toEqual({ exit: 1, stderr: expect.stringMatching(REFUSAL) });
      expect(stdout + stderr).not.toContain('CANARY');
    });
    expect(calls).toEqual([]);
  });
});

describe('Secrets that are committed encrypted', () => {
  const hosts = forAllTests(startHosts);
  const SECRET_FILE = 'team-a/secret_deployer.yaml';
  const keysAsVariables = (secret: string) =>
    Object.fromEntries(
      Object.entries((parse(secret) as SecretManifest).data).map(([key, value]) => [
        key,
        Buffer.from(value, 'base64').toString(),
      ]),
    );

  test('kpt renders one, sops opens it, and the session in it can be used; a second render changes nothing', async () => {
    const folder = await hosts.example('kpt/encrypted-commit');
    const options = await readFile(join(folder, 'options.yaml'), 'utf8');
    await writeFile(join(folder, 'options.yaml'), options.replace(/age1[a-z0-9]+/, keys.recipient));
    const render = () => hosts.run('bash', ['-euo', 'pipefail', '-c', RENDER], { cwd: folder });
    expect(await render()).toMatchObject({ exit: 0, stderr: expect.not.stringContaining('plain text') });
    const after = readFolder(folder);
    const { exit, stdout } = await decrypt(after[SECRET_FILE] ?? '');
    expect(exit).toBe(0);
    const { access_key_id = '', secret_access_key = '', session_token = '' } = keysAsVariables(stdout);
    const caller = clientOf(hosts.sts.url, {
      accessKeyId: access_key_id,
      secretAccessKey: secret_access_key,
      sessionToken: session_token,
    });
    expect(await caller.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Arn: 'arn:aws:sts::123456789012:assumed-role/deployer/team-a.deployer',
    });
    const calls = await hosts.callsOf(render);
    expect(calls).toEqual([]);
    expect(readFolder(folder)).toEqual(after);
  });

  test.each([
    ['rotate', () => ['rotate', '--in-place', SECRET_FILE]],
    ['updatekeys, for another recipient', () => ['updatekeys', '--yes', SECRET_FILE]],
    ['rotate, for one recipient more', () => ['rotate', '--in-place', '--add-age', others.recipient, SECRET_FILE]],
    ['set', () => ['set', SECRET_FILE, '["data"]["added"]', '"YQ=="']],
  ])("one that sops changed is made anew for the Input's recipients: %s", async (_, argv) => {
    const folder = await hosts.example('kpt/encrypted-commit');
    const options = await readFile(join(folder, 'options.yaml'), 'utf8');
    await writeFile(join(folder, 'options.yaml'), options.replace(/age1[a-z0-9]+/, keys.recipient));
    const rules = join(root.path, 'rules.yaml');
    await writeFile(rules, stringify({ creation_rules: [{ age: others.recipient }] }));
    const render = () => hosts.run('bash', ['-euo', 'pipefail', '-c', RENDER], { cwd: folder });
    expect(await render()).toMatchObject({ exit: 0 });
    const before = readFolder(folder)[SECRET_FILE];
    expect(await run('sops', ['--config', rules, ...argv()], { cwd: folder })).toMatchObject({ exit: 0 });
    expect(readFolder(folder)[SECRET_FILE]).not.toBe(before);
    expect(await hosts.callsOf(render)).toHaveLength(1);
    const anew = readFolder(folder)[SECRET_FILE] ?? '';
    const { data, metadata, sops } = parse(anew) as SecretManifest;
    const digest = createHash('sha256').update(canonicalize([Object.entries(data), sops]) ?? '');
    const hash = digest.digest('hex').slice(0, 32);
    expect(metadata.annotations['sts.fn.crossplane.io/data-hash']).toBe(`v1-${hash}`);
    expect(await decrypt(anew)).toMatchObject({ exit: 0 });
    expect(await decrypt(anew, others)).toMatchObject({ exit: 128 });
    expect(await hosts.callsOf(render)).toEqual([]);
  });

  test('a label whose name sops takes for a sealed value: sops cannot open it, so it is not made', async () => {
    const labelled = await encryptSecret(
      { ...SECRET, metadata: { ...SECRET.metadata, labels: { data: 'a' } } },
      { recipients: [keys.recipient], now: new Date() },
    );
    expect(await decrypt(printBlock(labelled))).toMatchObject({ exit: 25 });
    const folder = await hosts.example('kpt/encrypted-commit');
    const options = await readFile(join(folder, 'options.yaml'), 'utf8');
    await writeFile(join(folder, 'options.yaml'), options.replace('encrypt:', 'labels: {data: a}\n    encrypt:'));
    const calls = await hosts.callsOf(async () => {
      const { exit, stderr } = await hosts.run('kpt', ['fn', 'render', '--allow-exec'], { cwd: folder });
      expect({ exit, stderr }).toEqual({ exit: 1, stderr: expect.stringContaining('cannot encrypt Secret') });
    });
    expect(calls).toEqual([]);
  });

  test('what the page of the example shows is what comes out', async () => {
    const folder = await hosts.example('kpt/encrypted-commit');
    expect(await hosts.run('bash', ['-euo', 'pipefail', '-c', RENDER], { cwd: folder })).toMatchObject({ exit: 0 });
    const { [SECRET_FILE]: text = '' } = readFolder(folder);
    const shown = normalise(text)
      .replaceAll(/ENC\[[^\]]+\]/g, '<encrypted>')
      .replaceAll(/enc: \|\n(?: {6}.*\n)+/g, 'enc: <encrypted>\n')
      .replaceAll(/lastmodified: .*/g, 'lastmodified: <lastmodified>');
    expect(shown).toBe(promisedSecret('kpt/encrypted-commit'));
  });

  test('a secret key in the place of a recipient is refused before anything is asked, and not shown', async () => {
    const folder = await hosts.example('kpt/encrypted-commit');
    const options = await readFile(join(folder, 'options.yaml'), 'utf8');
    const identity = keys.identity.reveal();
    await writeFile(join(folder, 'options.yaml'), options.replace(/age1[a-z0-9]+/, identity));
    const before = readFolder(folder);
    const calls = await hosts.callsOf(async () => {
      const { exit, stdout, stderr } = await hosts.run('kpt', ['fn', 'render', '--allow-exec'], { cwd: folder });
      expect(exit).toBe(1);
      expect(stderr).toContain(promisedMessages('kpt/encrypted-commit')[0]);
      expect((stdout + stderr).includes(identity.slice(20))).toBe(false);
    });
    expect(calls).toEqual([]);
    expect(readFolder(folder)).toEqual(before);
  });

  test('kpt, then kubectl labels it, kustomize sets its namespace: sops still opens it', async () => {
    const folder = await hosts.example('kpt/encrypted-commit');
    const options = await readFile(join(folder, 'options.yaml'), 'utf8');
    await writeFile(join(folder, 'options.yaml'), options.replace(/age1[a-z0-9]+/, keys.recipient));
    expect(await hosts.run('kpt', ['fn', 'render', '--allow-exec'], { cwd: folder })).toMatchObject({ exit: 0 });
    const { [SECRET_FILE]: text = '' } = readFolder(folder);
    const labelled = await outputOf(text, 'kubectl', 'label', 'team=b', '--local', '-f', 'secret.yaml', '-o', 'yaml');
    const cwd = await folderOf(labelled);
    await writeFile(join(cwd, 'kustomization.yaml'), stringify({ resources: ['secret.yaml'], namespace: 'team-b' }));
    const { stdout } = await run('kustomize', ['build'], { cwd });
    expect(await decrypt(stdout)).toMatchObject({ exit: 0, stderr: '' });
  });

  test('a kustomize generator writes one that sops opens', async () => {
    const options = {
      apiVersion: 'sts.fn.crossplane.io/v1beta1',
      kind: 'Input',
      metadata: {
        name: 'options',
        annotations: { 'config.kubernetes.io/function': 'exec:\n  path: function-sts-assume-role\n' },
      },
      generators: [parse(generator({ namespace: 'team-a' }))],
      sessions: [{ secrets: [{ encrypt: { sops: { age: [keys.recipient] } } }] }],
    };
    const folder = await hosts.folder({
      'options.yaml': stringify(options),
      'kustomization.yaml': stringify({ generators: ['options.yaml'] }),
    });
    const argv = ['build', '--enable-alpha-plugins', '--enable-exec', '.'];
    const { exit, stdout, stderr } = await hosts.run('kustomize', argv, { cwd: folder });
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(await decrypt(stdout)).toMatchObject({ exit: 0, stderr: '' });
  });
});

describe('what sops refuses, we refuse', () => {
  test('for its form alone, and what it opens in spite of its form, we open', async () => {
    const { keys: own, refused, opened } = await sealedDocuments('QUJD', 'eHl6MTIzNDU2Nzg5');
    const all = [
      ...refused.map((document) => ({ ...document, opens: false })),
      ...opened.map((document) => ({ ...document, opens: true })),
    ];
    for (const { name, text, opens } of all) {
      const { exit } = await decrypt(text, own);
      const ours = open(text, own).then(
        () => true,
        (error: unknown) => !(error instanceof SopsError),
      );
      expect({ name, theirs: exit === 0, ours: await ours }).toEqual({ name, theirs: opens, ours: opens });
    }
  });

  const edited = (text: string, path: string[], value: unknown) => {
    const document = parseDocument(text);
    document.setIn(path, value);
    return String(document);
  };
  const textAt = (text: string, path: string[]) => String(parseDocument(text).getIn(path));
  test.each<[string, () => string | Promise<string>, number]>([
    [
      'a value that was changed',
      () => edited(encrypted, ['data', 'expiration'], textAt(encrypted, ['data', 'session_token'])),
      25,
    ],
    ['a value in plain', () => edited(encrypted, ['data', 'expiration'], 'MQ=='), 25],
    ['a value that was added', () => edited(encrypted, ['data', 'added'], 'MQ=='), 25],
    ['a value that was taken away', () => encrypted.replace(/^ +expiration: .*\n/m, ''), 51],
    [
      'values in another order',
      () => encrypted.replace(/^( +expiration: .*\n)( +secret_access_key: .*\n)/m, '$2$1'),
      51,
    ],
    ['another time', () => edited(encrypted, ['sops', 'lastmodified'], '2026-01-01T00:00:00Z'), 51],
    ['no MAC', () => edited(encrypted, ['sops', 'mac'], ''), 51],
    ['a data key that was changed', () => encrypted.replaceAll(/YWdlL/g, 'YWdlM'), 128],
    [
      'a changed label under a MAC over all values',
      async () => (await encrypt(FOREIGN, ...OF_SECRETS)).replace('two', 'three'),
      51,
    ],
  ])('%s', async (_, text, exit) => {
    expect(await decrypt(await text())).toMatchObject({ exit, stdout: '' });
    await expect(open(await text())).rejects.toThrow(SopsError);
  });
});
