import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import canonicalize from 'canonicalize';
import { type Document, parseDocument } from 'yaml';
import { decryptSecret } from '../../../function/sops/sops.ts';
import { type AgeKeys, newAgeKeys } from '../../support/age-keys.ts';
import { emittedSecrets } from '../../support/emitted.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { functionConfig, generatorItem, list } from '../../support/manifests.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';

/** Who writes a package, or a tool of its owner, changes a sealed Secret. Nobody has a key here: it is judged without. */
const sts = forAllTests(startExampleSts);
let keys: AgeKeys;
let theirs: AgeKeys;
let earlier: string;
let first: string;
beforeAll(async () => {
  [keys, theirs] = await Promise.all([newAgeKeys(), newAgeKeys()]);
  const input = sealedFor(keys.recipient);
  [earlier, first] = [(await run(input)).stdout, (await run(input)).stdout];
});

const sealedFor = (recipient: string, more = '') =>
  list(generatorItem(), functionConfig(`  sessions: [{secrets: [{${more}encrypt: {sops: {age: [${recipient}]}}}]}]\n`));

/** One run, and how many calls it made. */
async function run(input: string, environment: Readonly<Record<string, string>> = {}) {
  const before = sts.calls.length;
  const ended = await runInProcess(input, { sts, environment });
  return { ...ended, calls: sts.calls.length - before };
}

/** Text of the Secret in a list, and the list with another one in its place. */
const secretIn = (text: string) =>
  text.slice(text.indexOf('\n- apiVersion: v1\n') + 1, text.indexOf('functionConfig:')).replace('- ', '  ');
const withSecret = (change: (secret: string) => string) => {
  const secret = secretIn(first);
  const changed = change(secret);
  expect(changed).not.toBe(secret);
  return first.replace(secret.replace('  ', '- '), () => changed.replace('  ', '- '));
};

/** A change of the Secret as a document: paths count from the Secret. */
const edited = (change: (document: Document) => unknown) => (secret: string) => {
  const document = parseDocument(secret.replaceAll(/^ {2}/gm, ''));
  change(document);
  return document.toString({ lineWidth: 0, indentSeq: false }).replaceAll(/^(?=.)/gm, '  ');
};
const inSops = (name: string, value: unknown) => edited((document) => document.setIn(['sops', name], value));
const sopsOf = (text: string) => (parseDocument(secretIn(text)).toJS() as { sops: object }).sops;
const dataOf = (text: string) => emittedSecrets(text)[0]?.data ?? {};

/** As somebody does who can write the annotation too, and knows how it is made. */
const withItsHash = (change: (secret: string) => string) => (secret: string) => {
  const changed = change(secret);
  const { data, sops } = parseDocument(changed).toJS() as { data: object; sops: object };
  const digest = createHash('sha256').update(canonicalize([Object.entries(data), sops]) ?? '');
  return changed.replace(/(?<=data-hash: ).*/, `v1-${digest.digest('hex').slice(0, 32)}`);
};

describe('a Secret that nobody can open, or somebody else can, is made anew', () => {
  test.each<[string, (secret: string) => string]>([
    [
      'a MAC with another character',
      (text) => text.replace(/(?<=mac: ENC\[AES256_GCM,data:)./, (one) => (one === '9' ? '8' : '9')),
    ],
    ['no MAC', (text) => text.replace(/^ +mac: .*\n/m, '')],
    ['two values in another order', (text) => text.replace(/^( +access_key_id: .*\n)( +expiration: .*\n)/m, '$2$1')],
    ['the `sops` of an earlier version', edited((document) => document.set('sops', sopsOf(earlier)))],
    ['the values of an earlier version', edited((document) => document.set('data', dataOf(earlier)))],
    ['a key of age that is cut off', (text) => text.replace(/^( +)-----END AGE.*\n/m, '')],
    ['a key of age with another character', (text) => text.replace('YWdl', 'YWdm')],
    ['no key of age', inSops('age', [])],
    ['no `sops`', edited((document) => document.delete('sops'))],
    ['another time', inSops('lastmodified', '2026-01-01T00:00:00Z')],
    ['no version', edited((document) => document.deleteIn(['sops', 'version']))],
    ['a flag in quotes', (text) => text.replace('mac_only_encrypted: true', 'mac_only_encrypted: "true"')],
    ['a MAC over all values', inSops('mac_only_encrypted', false)],
    ['a rule that encrypts less', inSops('encrypted_regex', '^data$')],
    ['a second rule', inSops('encrypted_suffix', '_secret')],
    ['a key of KMS too', inSops('kms', [{ arn: 'a', created_at: '2026-01-02T03:04:05Z', enc: 'a' }])],
    ['no number in `sops`', inSops('shamir_threshold', Number.NaN)],
    ['half a character in `sops`', (text) => text.replace('version: 3.11.0', 'version: "\\ud800"')],
    ['half a character as a name in `sops`', (text) => text.replace('version:', '"\\ud800": a\n    version:')],
    ["another's key beside the Input's", withItsHash(recipientsOf(() => [keys.recipient, theirs.recipient]))],
    ["another's key instead of the Input's", withItsHash(recipientsOf(() => [theirs.recipient]))],
    ["the Input's recipient twice", withItsHash(recipientsOf(() => [keys.recipient, keys.recipient]))],
    ['no recipient', withItsHash(recipientsOf(() => [undefined]))],
    ['a key of PGP, with its hash', withItsHash(inSops('pgp', [{ fp: 'a', created_at: 'a', enc: 'a' }]))],
    ['key groups, with their hash', withItsHash(inSops('key_groups', [{ age: [] }]))],
    ['the hash of the values alone', (text) => text.replace(/(?<=data-hash: ).*/, hashOfValues(dataOf(first)))],
  ])('%s', async (_, change) => {
    const second = await run(withSecret(change));
    expect(second).toMatchObject({ exit: 0, calls: 1, stderr: '' });
    const secret = secretIn(second.stdout);
    const data = { access_key_id: expect.stringMatching(/^QVNJQ/) };
    expect(await decryptSecret(secret, [keys.identity])).toMatchObject({ data });
    await expect(decryptSecret(secret, [theirs.identity])).rejects.toMatchObject({ code: 'noIdentity' });
  });

  test('once, and a plan says so', async () => {
    const changed = withSecret((text) => text.replace('YWdl', 'YWdm'));
    const plan = await run(changed, { STS_FUNCTION_MODE: 'plan' });
    expect(plan).toMatchObject({ exit: 0, calls: 0, stderr: expect.stringContaining(': issue (') });
    const { stdout } = await run(changed);
    expect(await run(stdout)).toMatchObject({ exit: 0, calls: 0, stdout });
  });
});

function hashOfValues(data: object): string {
  return `v1-${createHash('sha256')
    .update(canonicalize(data) ?? '')
    .digest('hex')
    .slice(0, 32)}`;
}

function recipientsOf(recipients: () => readonly (string | undefined)[]) {
  return edited((document) => {
    const [{ enc } = {}] = (sopsOf(first) as { age: { enc?: string }[] }).age;
    document.setIn(
      ['sops', 'age'],
      recipients().map((recipient) => ({ recipient, enc })),
    );
  });
}

describe('how it is written is not what it holds: nobody is asked, and no byte changes', () => {
  test.each<[string, (secret: string) => string]>([
    ['nothing at all', (text) => text.replace('data:\n', 'data: # theirs\n')],
    ['a comment in `sops`', (text) => text.replace('  sops:\n', '  sops: # theirs\n    # and here\n')],
    ['quotes', (text) => text.replace(/(mac|version): (.*)/g, '$1: "$2"')],
    ['no quotes', (text) => text.replace(/lastmodified: "(.*)"/, 'lastmodified: $1')],
    [
      'the order of what is in `sops`',
      (text) => text.replace(/^( +age:\n[\s\S]*?)(?= +lastmodified)([\s\S]*)/m, '$2$1'),
    ],
    [
      '`sops` before its values',
      edited((document) => {
        const sops = document.get('sops', true);
        document.delete('sops');
        const { items } = document.contents as unknown as { items: unknown[] };
        items.unshift(document.createPair('sops', sops));
      }),
    ],
    ['lines that end as on Windows', (text) => text.replaceAll('\n', '\r\n')],
    [
      'another label and another annotation',
      (text) => text.replace('    annotations:\n', '    labels: {team: a}\n    annotations:\n      example.org/a: b\n'),
    ],
  ])('%s', async (_, change) => {
    const changed = withSecret(change);
    expect(await run(changed)).toMatchObject({ exit: 0, calls: 0, stderr: '', stdout: changed });
  });
});

describe('a label or an annotation that sops takes for a sealed value is refused before anybody is asked', () => {
  const refusal = {
    exit: 1,
    calls: 0,
    stderr: expect.stringMatching(
      /^error: cannot encrypt Secret "team-a\/deployer" for .*: .*"(data|stringData)".* Rename it\. \[SECRET_SEALED\]\n$/,
    ),
  };
  const added = (text: string) =>
    withSecret((secret) => secret.replace('    annotations:\n', `${text}    annotations:\n`));
  test.each<[string, () => string]>([
    ['a label in the file', () => added('    labels: {data: a}\n')],
    ['a label that is a number', () => added('    labels: {stringData: 1}\n')],
    [
      'an annotation in the file',
      () => withSecret((text) => text.replace('annotations:\n', 'annotations:\n      data: a\n')),
    ],
    ['a field in a list', () => added('    managedFields: [{fields: [{stringData: a}]}]\n')],
    ['a field of its own', () => withSecret((text) => `${text}  status: {data: a}\n`)],
    ['a label in the Input', () => sealedFor(keys.recipient, 'labels: {stringData: a}, ')],
    ['an annotation in the Input', () => sealedFor(keys.recipient, 'annotations: {data: a}, ')],
  ])('%s', async (_, input) => {
    expect(await run(input())).toMatchObject(refusal);
  });

  test('in plain text it is a label like any other, and so is one that only begins so', async () => {
    const plain = functionConfig('  sessions: [{secrets: [{labels: {data: a}}]}]\n');
    expect(await run(list(generatorItem(), plain))).toMatchObject({ exit: 0, calls: 1 });
    expect(await run(sealedFor(keys.recipient, 'labels: {data.a: b}, '))).toMatchObject({ exit: 0, calls: 1 });
  });
});
