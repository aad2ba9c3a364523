import { describe, expect, test } from '@jest/globals';
import { newAgeKeys } from '../../support/age-keys.ts';
import { emittedSecrets, reveal } from '../../support/emitted.ts';
import { forEachTest } from '../../support/for-each-test.ts';
import { functionConfig, generatorItem, list } from '../../support/manifests.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';

/** Who writes a package changes a Secret that a run has made, and leaves its annotations as they are. */
const sts = forEachTest(startExampleSts);

/** One run, and how many calls it made. */
async function run(input: string, environment: Readonly<Record<string, string>> = {}) {
  const before = sts.calls.length;
  const ended = await runInProcess(input, { sts, environment });
  return { ...ended, calls: sts.calls.length - before };
}

const THEIRS = Buffer.from('ASIATHEIRSTHEIRSTHEI').toString('base64');
const HASH = /^ +sts\.fn\.crossplane\.io\/data-hash: (.*)\n/m;
const given = list(generatorItem());

/** What a first run gives. */
async function made(input = given): Promise<string> {
  const { exit, stdout, calls } = await run(input);
  expect({ exit, calls }).toEqual({ exit: 0, calls: 1 });
  return stdout;
}

/** The text of a value in `data`. */
const textOf = (text: string, key: string) => new RegExp(`^ +${key}: (.*)$`, 'm').exec(text)?.[1] ?? '';

/** The same text with another value of `data`. */
const withValue = (text: string, key: string, value: string) =>
  text.replace(`${key}: ${textOf(text, key)}`, `${key}: ${value}`);

describe('what is not as it was written is made anew', () => {
  test.each<[string, (text: string) => string]>([
    ["another's key id", (text) => withValue(text, 'access_key_id', THEIRS)],
    [
      "another's keys, all of them",
      (text) =>
        ['access_key_id', 'secret_access_key', 'session_token'].reduce((all, key) => withValue(all, key, THEIRS), text),
    ],
    [
      'two values that have changed places',
      (text) =>
        withValue(
          withValue(text, 'access_key_id', textOf(text, 'session_token')),
          'session_token',
          textOf(text, 'access_key_id'),
        ),
    ],
    ['a key more', (text) => text.replace('  data:\n', `  data:\n    role_arn: ${THEIRS}\n`)],
    ['a key less', (text) => text.replace(/^ {4}expiration: .*\n/m, '')],
    ['another end in `data`', (text) => withValue(text, 'expiration', 'OTk5OTk5OTk5OQ==')],
    ['a key in `stringData`', (text) => `${text}  stringData: {role_arn: theirs}\n`],
    [
      'base64 of the same bytes that is written otherwise',
      (text) => withValue(text, 'expiration', `${textOf(text, 'expiration').replace(/=*$/, '')}`),
    ],
    ['a value in lines', (text) => withValue(text, 'access_key_id', `|\n      ${textOf(text, 'access_key_id')}`)],
    ['a number', (text) => withValue(text, 'access_key_id', '1234')],
    ['a number under another key', (text) => text.replace('  data:\n', '  data:\n    more: 1234\n')],
    ['a key without a value', (text) => text.replace('  data:\n', '  data:\n    more:\n')],
    ['a value that is no text', (text) => text.replace('  data:\n', '  data:\n    more: "\\ud800"\n')],
    ['no hash', (text) => text.replace(HASH, '')],
    ['a hash of another version', (text) => text.replace('data-hash: v1-', 'data-hash: v0-')],
    ['a hash that has more', (text) => text.replace(HASH, (line) => line.replace('\n', '0\n'))],
    [
      'the hash of its spec as that of its data',
      (text) => text.replace(HASH, (line) => line.replace(/v1-.*/, textOf(text, 'sts.fn.crossplane.io/spec-hash'))),
    ],
  ])('%s', async (_, change) => {
    const first = await made();
    const changed = change(first);
    expect(changed).not.toBe(first);
    const plan = await run(changed, { STS_FUNCTION_MODE: 'plan' });
    expect(plan).toMatchObject({ exit: 0, calls: 0, stderr: expect.stringContaining(': issue (') });
    const second = await run(changed);
    expect(second).toMatchObject({ exit: 0, calls: 1, stderr: '' });
    const [secret] = emittedSecrets(second.stdout);
    expect(secret && reveal(secret, 'access_key_id')).toMatch(/^ASIA/);
    expect(Object.keys(secret?.data ?? {}).toSorted()).toEqual([
      'access_key_id',
      'expiration',
      'secret_access_key',
      'session_token',
    ]);
    expect(JSON.stringify(secret)).not.toContain(THEIRS);
    expect(await run(second.stdout)).toMatchObject({ exit: 0, calls: 0, stdout: second.stdout });
  });

  test('also where it would be renewed and STS refuses: that is an error, and no byte changes', async () => {
    const due = (await made()).replace(/(renew-after: ).*/, '$1"2020-01-01T00:00:00Z"');
    const changed = withValue(due, 'access_key_id', THEIRS);
    sts.fail({ kind: 'error', code: 'AccessDenied', status: 403 });
    const { exit, stdout, stderr } = await run(changed);
    expect({ exit, items: stdout.slice(0, changed.length) }).toEqual({ exit: 1, items: changed });
    expect(stderr).toMatch(/^error: cannot assume role /);
  });

  test('what somebody encrypted by hand is not kept, and does not become plain text', async () => {
    const first = await made();
    const value = 'ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]';
    const sealed = `${['access_key_id', 'secret_access_key', 'session_token', 'expiration'].reduce((text, key) => withValue(text, key, value), first)}  sops: {mac: '${value}'}\n`;
    const { exit, calls, stdout, stderr } = await run(sealed);
    expect({ exit, calls, items: stdout.slice(0, sealed.length) }).toEqual({ exit: 1, calls: 0, items: sealed });
    expect(stderr).toMatch(
      /^error: cannot renew .*: it is encrypted by SOPS, and its new values would be plain text\./,
    );
  });

  test('an encrypted value of another Secret, without any key', async () => {
    const { recipient } = await newAgeKeys();
    const sealed = list(
      generatorItem(),
      functionConfig(`  sessions: [{secrets: [{encrypt: {sops: {age: [${recipient}]}}}]}]\n`),
    );
    const [first, second] = [await made(sealed), await made(sealed)];
    expect(await run(first)).toMatchObject({ exit: 0, calls: 0, stdout: first });
    const changed = withValue(first, 'access_key_id', textOf(second, 'access_key_id'));
    expect(changed).not.toBe(first);
    expect(await run(changed)).toMatchObject({ exit: 0, calls: 1, stderr: '' });
  });
});

describe('what is no map, list or text where it is changed is refused: kyaml fails at it, and prints what is new', () => {
  /** A Secret that is due, with another field. */
  async function due(field: string, value: string): Promise<string> {
    const text = (await made()).replace('data-hash: v1-', 'data-hash: v0-');
    return `${text.replace(new RegExp(`^  ${field}:.*\\n(?: {4}.*\\n)*`, 'm'), '')}  ${field}: ${value}\n`;
  }

  test.each([
    ...['5', '[]', '"~"', 'nUll', '!!null {}', '!!str ~', '{access_key_id: [a]}', '{more: {a: b}}'].map(
      (value) => ['data', value] as const,
    ),
    ['stringData', '5'],
    ['type', '{a: b}'],
    ['type', '[a]'],
    ['immutable', '[]'],
    ['sops', '[a]'],
    ['extra', '!!str {a: b}'],
  ])('`%s: %s`', async (field, value) => {
    const changed = await due(field, value);
    for (const mode of ['plan', 'mint'])
      expect(await run(changed, { STS_FUNCTION_MODE: mode })).toMatchObject({
        exit: 1,
        calls: 0,
        stderr: expect.stringMatching(/\[(?:TARGET_NOT_REPLACEABLE|SECRET_SEALED)\]/),
      });
  });

  test.each([
    ['data', '{access_key_id: }'],
    ['data', '~'],
    ['stringData', '{}'],
    ['type', ''],
    ['extra', '{a: [b, !!str 5]}'],
  ])('another value is replaced: `%s: %s`', async (field, value) => {
    expect(await run(await due(field, value))).toMatchObject({ exit: 0, calls: 1 });
  });

  test.each(['labels: 5', 'labels: {a: [b]}', 'finalizers: a', 'finalizers: [{a: b}]'])(
    '`metadata.%s`',
    async (field) => {
      const changed = (await made())
        .replace('    annotations:\n', `    ${field}\n    annotations:\n`)
        .replace('data-hash: v1-', 'data-hash: v0-');
      expect(await run(changed)).toMatchObject({
        exit: 1,
        calls: 0,
        stderr: expect.stringContaining('[TARGET_NOT_REPLACEABLE]'),
      });
    },
  );
});

describe('how it is written is not what it holds: nobody is asked, and no byte changes', () => {
  test.each<[string, (text: string) => string]>([
    ['comments', (text) => text.replace('  data:\n', '  data: # theirs\n    # and here\n')],
    ['quotes', (text) => withValue(text, 'access_key_id', `'${textOf(text, 'access_key_id')}'`)],
    [
      'a block without a line break at its end',
      (text) => withValue(text, 'access_key_id', `|-\n      ${textOf(text, 'access_key_id')}`),
    ],
    [
      'a folded block of one line',
      (text) => withValue(text, 'access_key_id', `>-\n      ${textOf(text, 'access_key_id')}`),
    ],
    [
      'a quoted value on two lines',
      (text) =>
        withValue(
          text,
          'session_token',
          `"${textOf(text, 'session_token').slice(0, 8)}\\\n      ${textOf(text, 'session_token').slice(8)}"`,
        ),
    ],
    [
      'the order of keys',
      (text) => {
        const line = /^ {4}access_key_id: .*\n/m.exec(text)?.[0] ?? '';
        return text.replace(line, '').replace(/^ {4}expiration: .*\n/m, (last) => last + line);
      },
    ],
    ['lines that end as on Windows', (text) => text.replaceAll('\n', '\r\n')],
    [
      'another label and another annotation',
      (text) => text.replace('    annotations:\n', '    labels: {team: a}\n    annotations:\n      example.org/a: b\n'),
    ],
  ])('%s', async (_, change) => {
    const first = await made();
    const changed = change(first);
    expect(changed).not.toBe(first);
    expect(await run(changed)).toMatchObject({ exit: 0, calls: 0, stderr: '', stdout: changed });
  });
});

describe('a Secret that is not ours, to which an ExternalSecret adds', () => {
  const external = (target: string) => `- apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata: {name: credentials, namespace: team-a}
  spec:
    target: ${target}
    dataFrom:
    - sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: deployer}}
`;
  const theirs = `- apiVersion: v1
  kind: Secret
  metadata: {name: credentials, namespace: team-a}
  data: {other: YQ==}
`;
  const merged = list(generatorItem() + external('{creationPolicy: Merge}') + theirs);

  test('their keys may change', async () => {
    const first = await made(merged);
    const changed = first.replace('other: YQ==', 'other: Yg==\n    more: YQ==');
    expect(changed).not.toBe(first);
    expect(await run(changed)).toMatchObject({ exit: 0, calls: 0, stdout: changed });
  });

  test.each<[string, (text: string) => string]>([
    ["another's key id", (text) => withValue(text, 'access_key_id', THEIRS)],
    ['a key of ours less', (text) => text.replace(/^ {4}expiration: .*\n/m, '')],
    ['no hash', (text) => text.replace(/, sts[^,]+data-hash: [-v0-9a-f]+/, '')],
  ])('ours are made anew: %s', async (_, change) => {
    const first = await made(merged);
    const changed = change(first);
    expect(changed).not.toBe(first);
    const second = await run(changed);
    expect(second).toMatchObject({ exit: 0, calls: 1, stderr: '' });
    const secret = emittedSecrets(second.stdout).find(({ metadata }) => metadata.name === 'credentials');
    expect(secret?.data).toMatchObject({ other: 'YQ==', access_key_id: expect.stringMatching(/^QVNJQ/) });
    expect(JSON.stringify(secret)).not.toContain(THEIRS);
  });

  test('keys that a template names as it is rendered are not known before: all of `data` counts', async () => {
    const template = '{creationPolicy: Merge, template: {templateFrom: [{literal: "id: {{ .access_key_id }}"}]}}';
    const first = await made(list(generatorItem() + external(template) + theirs));
    expect(await run(first)).toMatchObject({ exit: 0, calls: 0, stdout: first });
    for (const changed of [withValue(first, 'id', THEIRS), first.replace('other: YQ==', 'other: Yg==')]) {
      expect(changed).not.toBe(first);
      expect(await run(changed)).toMatchObject({ exit: 0, calls: 1, stderr: '' });
    }
  });
});
