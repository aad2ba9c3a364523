import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { readLiveSecrets } from '../../../function/files/live-secrets.ts';
import { showStatus } from '../../../function/files/status.ts';
import { messageOf } from '../../../function/findings/finding.ts';
import { expectGolden } from '../../golden/expect-golden.ts';
import { forEachTest } from '../../support/for-each-test.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { ambient, NOW } from '../../support/world/fake-world.ts';

const folder = forEachTest(temporaryFolder);

const PREFIX = 'sts.fn.crossplane.io/';
const inMinutes = (minutes: number) => `${new Date(NOW.getTime() + minutes * 60_000).toISOString().slice(0, 19)}Z`;
const VALUE = 'dmFsdWUtdGhhdC1ub2JvZHktc2Vlcw==';

/** A Secret of the cluster that ends, and is due, in so many minutes. */
function secret(name: string, ends: number, due: number, { annotations = {}, labels = {}, ...others }: Changes = {}) {
  const ours = {
    [`${PREFIX}generator`]: `STSAssumeRoleToken/team-a/${name}`,
    [`${PREFIX}expiration`]: inMinutes(ends),
    [`${PREFIX}renew-after`]: inMinutes(due),
    [`${PREFIX}spec-hash`]: 'v1-0',
    ...annotations,
  };
  const metadata = { name, namespace: 'team-a', labels, annotations: ours };
  return { apiVersion: 'v1', data: { access_key_id: VALUE }, kind: 'Secret', metadata, type: 'Opaque', ...others };
}
interface Changes {
  readonly annotations?: object;
  readonly labels?: object;
  readonly [field: string]: unknown;
}

const NO_TIMES = { [`${PREFIX}expiration`]: undefined, [`${PREFIX}renew-after`]: undefined };
const COMPOSITE = { labels: { 'crossplane.io/composite': 'acme' } };
const listOf = (...items: readonly object[]) => ({ apiVersion: 'v1', items, kind: 'List', metadata: {} });
const ALL = listOf(
  secret('good', 50, 30, { annotations: { [`${PREFIX}force-sync`]: '1735689600' } }),
  secret('late', 10, -10),
  secret('over', -1, -20),
  secret('acme-over', -2, -20, COMPOSITE),
  secret('acme-late', 0.5, 0, COMPOSITE),
  secret('placeholder', 0, 0, { annotations: { ...NO_TIMES, [`${PREFIX}placeholder`]: 'true' } }),
  secret('endless', 60 * 24 * 365, 10),
  secret('changed', 50, 30, { annotations: { [`${PREFIX}expiration`]: 'tomorrow' } }),
  { ...secret('not-ours', 50, 30), metadata: { name: 'not-ours', namespace: 'team-a' } },
  { ...secret('no-secret', 50, 30), kind: 'ConfigMap' },
);

/** As items of a list of one kind are; what is no Secret keeps its own. */
const withoutType = (object: { kind?: string; apiVersion?: string }) => {
  const { apiVersion: _, kind, ...others } = object;
  return kind === 'Secret' ? others : object;
};

const show = (text: string, { paths = ['-'], isJson = false, tellsLate = false } = {}) =>
  showStatus({ paths, isJson, tellsLate }, { ambient: ambient(), now: () => NOW }, () => Buffer.from(text));
const statesIn = ({ output }: { readonly output: string }) =>
  (JSON.parse(output) as { secrets: { target: { name: string }; state: string }[] }).secrets.map(
    ({ target, state }) => `${target.name} ${state}`,
  );

test.each([
  ['table', false],
  ['json', true],
])('all states as a %s, the worst first', (format, isJson) => {
  const { output, findings } = show(stringify(ALL), { isJson });
  expect(findings).toEqual([]);
  expect(output).not.toMatch(/dmFsdWU|value-that/);
  expectGolden(join(import.meta.dirname, `../../golden/expected/status-${format}.txt`), output);
});

test.each([
  ['YAML of kubectl', stringify(ALL)],
  ['JSON of kubectl', JSON.stringify(ALL, null, 4)],
  ['documents', ALL.items.map((item) => stringify(item)).join('---\n')],
  ['line ends of Windows', stringify(ALL).replaceAll('\n', '\r\n')],
  ['a byte order mark', `\ufeff${stringify(ALL)}`],
  ['one behind a line of dashes', `---\n\ufeff${stringify(ALL)}`],
  ['what an API server answers', JSON.stringify({ ...ALL, kind: 'SecretList', items: ALL.items.map(withoutType) })],
  ['lists in lists', JSON.stringify([listOf(listOf(...ALL.items))])],
  ['JSON with escaped slashes', JSON.stringify(ALL).replaceAll('/', '\\/')],
  [
    'YAML with an escaped slash',
    stringify(ALL).replaceAll(`${PREFIX}generator:`, '"sts.fn.crossplane.io\\x2fgenerator":'),
  ],
  ['an alias for one that is there', `a: &s ${JSON.stringify(ALL)}\nkind: List\nitems: [*s, *s]\n`],
])('reads the same from %s', (_, text) => {
  expect(statesIn(show(text, { isJson: true }))).toEqual(statesIn(show(stringify(ALL), { isJson: true })));
});

test.each([
  ['all good', [secret('good', 50, 30)], undefined],
  ['none', [], undefined],
  ['one without times, which may be over', [secret('endless', 60 * 24 * 365, 10)], 2],
  [
    'one that says it is a placeholder, and when it ends',
    [secret('marked', 50, 30, { annotations: { [`${PREFIX}placeholder`]: 'true' } })],
    undefined,
  ],
  ['one past `renew-after`', [secret('good', 50, 30), secret('late', 10, 0)], 2],
  ['one that has ended', [secret('over', 0, -20)], 2],
])('the exit code is 2 where one is late or over, if that is asked: %s', (_, items, exit) => {
  const text = stringify(listOf(...items));
  expect(show(text, { tellsLate: true }).exit).toBe(exit);
  expect(show(text).exit).toBeUndefined();
});

test('merge keys are followed, as in manifests', () => {
  const { metadata, ...others } = secret('late', 10, -10);
  const { annotations, ...named } = metadata;
  const text = `a: &a ${JSON.stringify(annotations)}\n${stringify({ ...others })}metadata: {<<: ${JSON.stringify(named)}, annotations: {<<: *a}}\n`;
  expect(statesIn(show(text, { isJson: true }))).toEqual(['late late']);
});

test.each([
  ['nothing', ''],
  ['a table', 'NAMESPACE  NAME  TYPE    DATA\nteam-a     mine  Opaque  3\n'],
])('standard input with %s is an error: the command before the pipe has failed', (_, text) => {
  const { output, findings } = show(text);
  expect(findings.map((finding) => messageOf(finding))).toEqual([expect.stringContaining('no object has come')]);
  expect(output).toBe('Secrets of this function: not known.\n');
});

test('very many aliases of one Secret are one Secret, and the time is looked at', () => {
  const many = `a: &s ${JSON.stringify(secret('late', 10, -10))}\nkind: List\nitems: [${'*s,'.repeat(20_000)}]\n`;
  expect(statesIn(show(many, { isJson: true }))).toEqual(['late late']);
  const expired = () => {
    throw new Error('the time is up');
  };
  expect(() => readLiveSecrets(['-'], expired, () => Buffer.from(many))).toThrow('the time is up');
});

describe('files', () => {
  test('are read in folders, those that SOPS encrypted too, and each says where it is', () => {
    folder.write('a/good.yaml', stringify(secret('good', 50, 30)));
    const sealed = { data: { access_key_id: 'ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]' }, sops: { mac: 'ENC[…]' } };
    folder.write('a/late.yaml', `${stringify(secret('late', 10, -1, sealed))}---\n# nothing\n`);
    folder.write('a/other.yaml', 'kind: ConfigMap\n  data: {{ .Values.x }}\n');
    const report = show('', { paths: [folder.path], isJson: true });
    expect(report.findings).toEqual([]);
    expect((JSON.parse(report.output) as { secrets: object[] }).secrets).toMatchObject([
      { state: 'late', file: join(folder.path, 'a/late.yaml') },
      { state: 'good', file: join(folder.path, 'a/good.yaml') },
    ]);
  });

  test('that are not YAML are told by their line, and nothing of them; others are shown', () => {
    folder.write(
      'bad.yaml',
      `${stringify(secret('first', 50, 30))}---\n${stringify(secret('bad', 50, 30))}x: [${VALUE}\n`,
    );
    folder.write('good.yaml', stringify(secret('good', 50, 30)));
    const report = show('', { paths: [folder.path], isJson: true });
    expect(statesIn(report)).toEqual(['first good', 'good good']);
    expect(report.findings.map((finding) => [finding.code, messageOf(finding), finding.location])).toEqual([
      ['INPUT_UNREADABLE', 'cannot read this document: it is not valid YAML.', expect.objectContaining({ line: 31 })],
    ]);
    expect(report.output).not.toContain(VALUE);
  });
});

test('text that somebody wrote into a Secret stays on its line, and one mark of it is not a command', () => {
  const annotations = { [`${PREFIX}generator`]: 'a\n##[warning]b\u202e' };
  const { output } = show(stringify(secret('good', 50, 30, { annotations })));
  expect(output.split('\n')).toHaveLength(4);
  expect(output).not.toMatch(/##\[|\u202e/);
});
