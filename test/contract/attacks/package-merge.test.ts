import { describe, expect, test } from '@jest/globals';
import { isMap, isPair, isScalar, isSeq, parseDocument } from 'yaml';
import { emittedSecrets, reveal } from '../../support/emitted.ts';
import { forAllTests, forEachTest } from '../../support/for-each-test.ts';
import { generatorItem, item, list, specDocument } from '../../support/manifests.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** An ExternalSecret adds to a Secret that somebody else made: what is theirs stays as it stands, or nobody is asked. */
const sts = forAllTests(startExampleSts);
const folder = forEachTest(temporaryFolder);

async function run(input: string, ...argv: string[]) {
  const before = sts.calls.length;
  const ended = await runInProcess(input, { sts, arguments: argv });
  return { ...ended, calls: sts.calls.length - before };
}

const external = (target = '') => `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: credentials, namespace: team-a}
spec:
  target: {name: app, creationPolicy: Merge${target}}
  dataFrom:
  - sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: deployer}}
`;
const HEAD = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: app\n  namespace: team-a\n';
const given = (theirs: string, target?: string) => list(generatorItem() + item(external(target)) + item(theirs));

/** The Secret's own text in a list in block YAML, of which it is the last item. */
const secretIn = (text: string) => text.slice(text.lastIndexOf('\n- apiVersion: v1\n') + 1).replace('- ', '  ');

const OURS = ['access_key_id', 'secret_access_key', 'session_token', 'expiration'];
const isOurs = (name: unknown) => OURS.includes(String(name)) || String(name).startsWith('sts.fn.crossplane.io/');

/** All that stands in a Secret and is not ours: each scalar with its tag, its text, and whether it has quotes. Empty maps do not count. */
function standing(node: unknown): unknown {
  if (isSeq(node)) return node.items.map(standing);
  if (isScalar(node)) return [node.tag, node.value, node.type !== 'PLAIN'];
  if (!isMap(node)) return node;
  const others = node.items.filter((pair) => isPair(pair) && !isOurs(isScalar(pair.key) ? pair.key.value : ''));
  const pairs = others.map(({ key, value }) => [isScalar(key) ? key.value : key, standing(value)]);
  return Object.fromEntries(pairs.filter(([, value]) => JSON.stringify(value) !== '{}'));
}
const standingIn = (text: string) =>
  standing(parseDocument(text, { schema: 'failsafe', resolveKnownTags: false, logLevel: 'error' }).contents);

const THEIRS: Readonly<Record<string, string>> = {
  'bytes, numbers and empty values': `stringData:
  password: !!binary aGVsbG8=
  lines: !!binary |
    aGVs
    bG8=
  port: 5432
  hex: 0x1F
  share: 1.50
  flag: true
  yes: yes
  date: 2026-01-02
  empty:
  tilde: ~
  nothing: ""
  tagged: !!int "5"
  own: !theirs text
`,
  'texts in every layout': `data:
  one: 'YQ==' # why
  two: "YQ=="
  # three
  three: |-
    YQ==
  four: >-
    YQ==
  five: YQ==
stringData:
  literal: |+
    a
      b

  folded: >
    a
    b

    c
  escaped: "a\\tb\\u0085\\
    c"
  plain: a
    b
  'quoted': 'it''s'
`,
  'what only says how it is kept': `  finalizers:
  - example.org/theirs # why
  ownerReferences:
  - {apiVersion: v1, kind: ConfigMap, name: a, uid: b}
  creationTimestamp: null
immutable: true
type: "example.org/theirs"
data:
  theirs: YQ==
`,
  'values that are no text in `data`': 'data:\n  port: 5432\n  empty:\n  bytes: !!binary aGVsbG8=\n  nan: .nan\n',
  'nothing at all': '',
  'fields that are null': 'data:\nstringData: ~\n',
  'maps on one line': 'data: {theirs: YQ==, port: 5432}\nstringData: {a: , b: ~}\n',
};

describe('what is theirs stays as it stands', () => {
  test.each(Object.entries(THEIRS))('%s', async (_, fields) => {
    const theirs = HEAD + fields;
    const first = await run(given(theirs));
    expect({ exit: first.exit, calls: first.calls }).toEqual({ exit: 0, calls: 1 });
    const kept = standingIn(theirs.replace('data:\nstringData', 'stringData').replace('{a: ,', '{a: ~,')); // null becomes a map, or is written
    expect(standingIn(secretIn(first.stdout))).toEqual(kept);
    const [secret] = emittedSecrets(first.stdout);
    expect(secret && reveal(secret, 'access_key_id')).toMatch(/^ASIA/);
    expect(await run(first.stdout)).toMatchObject({ exit: 0, calls: 0, stdout: first.stdout });

    const due = first.stdout.replace(/(renew-after: ).*/, '$1"2020-01-01T00:00:00Z"');
    const renewed = await run(due);
    expect({ exit: renewed.exit, calls: renewed.calls }).toEqual({ exit: 0, calls: 1 });
    expect(standingIn(secretIn(renewed.stdout))).toEqual(kept);
  });

  test('in a list in JSON, and in a file', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'app', namespace: 'team-a' } };
    const theirs = { ...secret, immutable: true, stringData: { port: 5432, flag: true, nothing: null, list: [1] } };
    const objects = [generatorItem().replace('- ', '  '), external()].map((text) => parseDocument(text).toJS());
    const json = { apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items: [...objects, theirs] };
    const { exit, stdout } = await run(JSON.stringify(json));
    expect(exit).toBe(0);
    const { items } = JSON.parse(stdout) as { items: object[] };
    expect(items[2]).toMatchObject(theirs);
    expect(items[2]).toMatchObject({ data: { access_key_id: expect.stringMatching(/^QVNJQ/) } });

    const written = HEAD + THEIRS['bytes, numbers and empty values'];
    folder.write('app.yaml', written);
    folder.write('specs.yaml', `${specDocument()}---\n${external()}`);
    expect(await run('', 'render', '-i', folder.path)).toMatchObject({ exit: 0, calls: 1 });
    expect(standingIn(folder.read()['app.yaml'] ?? '')).toEqual(standingIn(written));
    expect((await run('', 'render', folder.path)).stdout).toContain('password: !!binary aGVsbG8=\n');
  });

  test('finalizers of a template come beside theirs, once', async () => {
    const target = ', template: {metadata: {finalizers: [example.org/ours, example.org/theirs]}}';
    const { exit, stdout } = await run(given(`${HEAD}  finalizers: [example.org/theirs, example.org/more]\n`, target));
    expect(exit).toBe(0);
    const finalizers = ['example.org/theirs', 'example.org/more', 'example.org/ours'];
    expect(emittedSecrets(stdout)[0]).toMatchObject({ metadata: { finalizers } });
    expect(await run(stdout)).toMatchObject({ exit: 0, calls: 0, stdout });
  });

  test('of a key that both have, ours is set, wherever theirs was', async () => {
    const { stdout } = await run(given(`${HEAD}stringData:\n  access_key_id: old\n  port: 5432\n`));
    expect(secretIn(stdout)).toMatch(/^ {2}stringData:\n {4}port: 5432\n/m);
    const [secret] = emittedSecrets(stdout);
    expect(secret && reveal(secret, 'access_key_id')).toMatch(/^ASIA/);
    const again = stdout.replace('port: 5432\n', 'port: 5432\n    session_token: theirs\n');
    expect(await run(again)).toMatchObject({ exit: 0, calls: 1 });
  });

  test('keys that a template names as it is rendered: what is no text costs no session in each run', async () => {
    const target = ', template: {templateFrom: [{literal: "id: {{ .access_key_id }}"}]}';
    const theirs = `${HEAD}data:\n  port: 5432\n  other: YQ==\nstringData:\n  more: b\n`;
    const { stdout } = await run(given(theirs, target));
    expect(secretIn(stdout)).toMatch(/^ {4}id: QVNJQ/m);
    expect(await run(stdout)).toMatchObject({ exit: 0, calls: 0, stdout });
    expect(await run(stdout.replace('port: 5432', 'port: 5433'))).toMatchObject({ exit: 0, calls: 0 });
    expect(await run(stdout.replace('more: b\n', 'more: b\n    id: theirs\n'))).toMatchObject({ exit: 0, calls: 1 });
  });
});

describe('where that cannot be, it is refused before anybody is asked', () => {
  const ANOTHERS = '  annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/other}\n';
  test.each<[string, string, string?]>([
    ['`data` that is a list', 'data: [a]\n'],
    ['`data` that is text', 'data: a\n'],
    ['`data` that is text like null', 'data: "null"\n'],
    ['`stringData` that is a list', 'stringData: [a]\n'],
    ['annotations that are a list', '  annotations: [a]\n'],
    ['labels that are text', '  labels: a\n'],
    ['finalizers that are text', '  finalizers: a\n', ', template: {metadata: {finalizers: [example.org/ours]}}'],
    ['a list that kyaml prints in its place', '"bareSeqNodeWrapp\\x69ngKey": [a]\n'],
    ['a key without a value', 'data:\n  ? theirs\n'],
    ['an anchor', 'data:\n  a: &a YQ==\n'],
    ['values that SOPS encrypted', "data: {a: 'ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]'}\nsops: {mac: a}\n"],
    ['… with half of its metadata', "data: {a: 'ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]'}\nsops: {age: []}\n"],
    ['… with metadata that is text', 'sops: a\n'],
    ['a Secret that another generator made', ANOTHERS],
  ])('%s', async (_, fields, target = '') => {
    const input = given(HEAD + fields, target);
    const { exit, calls, stdout, stderr } = await run(input);
    expect({ exit, calls, items: stdout.slice(0, input.length) }).toEqual({ exit: 1, calls: 0, items: input });
    expect(stderr).toMatch(/^error: cannot (?:add to|change|rewrite|write) Secret "team-a\/app"/m);
  });
});
