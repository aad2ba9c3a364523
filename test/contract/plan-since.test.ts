import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { forEachTest } from '../support/for-each-test.ts';
import { specDocument } from '../support/manifests.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** `plan --since`: what a plan says beside an earlier one. */
const folder = forEachTest(temporaryFolder);
const FORMATS = ['tree', 'table', 'markdown', 'json', 'yaml'];

const plan = (argv: readonly string[], input = '') =>
  runInProcess(input, { arguments: ['plan', ...argv], environment: { AWS_REGION: 'eu-west-1' } });

/** What is written of a plan as JSON. */
interface Compared {
  readonly secrets: readonly {
    readonly target: { readonly name: string };
    readonly change: string;
    readonly was?: object;
  }[];
  readonly gone: readonly {
    readonly target: { readonly name: string };
    readonly change: string;
    readonly renamedTo?: object;
  }[];
  readonly incomplete: readonly object[];
}

/** The plan of one tree beside that of another, by name. */
async function compare(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>) {
  for (const [name, text] of Object.entries(before)) folder.write(`before/${name}`, text);
  for (const [name, text] of Object.entries(after)) folder.write(`after/${name}`, text);
  const [former, now] = ['before', 'after'].map((name) => join(folder.path, name)) as [string, string];
  const file = folder.write('plan.json', (await plan(['-o', 'json', former])).stdout);
  const since = (format: string) => plan(['-o', format, '--since', file, '--detailed-exitcode', now]);
  const { exit, stdout } = await since('json');
  const { secrets, gone, incomplete } = JSON.parse(stdout) as Compared;
  const shown = Object.fromEntries(
    secrets.map(({ target, change, was }) => [target.name, was ? [change, was] : change]),
  );
  const lost = Object.fromEntries(gone.map(({ target, change, renamedTo }) => [target.name, renamedTo ?? change]));
  return { exit, shown, lost, incomplete, since };
}

const INPUT = (entry: string) =>
  `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: o}\n${entry}\n`;
const SPEC = specDocument('a');
const withEntry = (entry: string) => ({ 'a.yaml': SPEC, 'o.yaml': INPUT(`sessions: [{${entry}}]`) });
const HOP = { region: 'eu-west-1', sessionName: 'team-a.a', sessionDuration: 3600 };
const ROLE = 'arn:aws:iam::123456789012:role';
const AGE = 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj';
const OTHER_PARAMETERS = { specHash: expect.stringMatching(/^v1-/) };
const external = (template: string) =>
  `apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: e, namespace: team-a}\nspec: {dataFrom: [{sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: a}}}], target: {name: e, template: {${template}}}}\n`;
const FROM_CONFIG_MAP = external('templateFrom: [{configMap: {name: c, items: [{key: t}]}}]');
const configMap = (text: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: team-a}\ndata: {t: "${text}"}\n`;

test.each<[name: string, before: Record<string, string>, after: Record<string, string>, was: object]>([
  [
    'another role',
    { 'a.yaml': SPEC },
    { 'a.yaml': specDocument('a', { role: 'b' }) },
    { hops: [{ ...HOP, role: `${ROLE}/deployer` }] },
  ],
  [
    'another lifetime',
    { 'a.yaml': SPEC },
    { 'a.yaml': SPEC.replace("'}", "', requestParameters: {sessionDuration: 900}}") },
    { hops: [{ ...HOP, role: `${ROLE}/deployer` }], lifetime: 3600 },
  ],
  [
    'another identity',
    { 'a.yaml': SPEC },
    withEntry('identity: {github: {audience: sts.amazonaws.com}, role: "arn:aws:iam::111111111111:role/ci"}'),
    {
      identity: { source: 'default', description: expect.any(String) },
      hops: [expect.any(Object)],
      ...OTHER_PARAMETERS,
    },
  ],
  [
    'a session policy that is gone',
    withEntry('last: {policy: {Version: "2012-10-17"}}'),
    withEntry('match: {}'),
    OTHER_PARAMETERS,
  ],
  ['another format', { 'a.yaml': SPEC }, withEntry('secrets: [{format: env}]'), { format: 'keys' }],
  [
    'other readers',
    withEntry(`secrets: [{encrypt: {sops: {age: [${AGE}]}}}]`),
    { 'a.yaml': SPEC },
    { recipients: [AGE] },
  ],
  ['a label', { 'a.yaml': SPEC }, withEntry('secrets: [{labels: {a: b}}]'), OTHER_PARAMETERS],
  ['another renewal', { 'a.yaml': SPEC }, withEntry('renew: {before: 10m}'), OTHER_PARAMETERS],
  ['an account that is expected', { 'a.yaml': SPEC }, withEntry('expectAccount: "111111111111"'), OTHER_PARAMETERS],
  ['a cluster', { 'a.yaml': SPEC }, { 'a.yaml': SPEC, 'o.yaml': INPUT('cluster: {context: ci}') }, OTHER_PARAMETERS],
])('%s is a change', async (_, before, after, was) => {
  const { exit, shown, lost } = await compare(before, after);
  expect({ exit, shown, lost }).toEqual({ exit: 2, shown: { a: ['changed', was] }, lost: {} });
});

test.each([
  ['in the manifest', { 'e.yaml': external('data: {k: "a"}') }, { 'e.yaml': external('data: {k: "b"}') }],
  [
    'in a ConfigMap',
    { 'e.yaml': FROM_CONFIG_MAP, 'c.yaml': configMap('k: a') },
    { 'e.yaml': FROM_CONFIG_MAP, 'c.yaml': configMap('k: b') },
  ],
])('so is the text of a template, %s', async (_, before, after) => {
  const { exit, shown } = await compare({ 'a.yaml': SPEC, ...before }, { 'a.yaml': SPEC, ...after });
  expect({ exit, shown }).toEqual({ exit: 2, shown: { e: ['changed', OTHER_PARAMETERS] } });
});

describe('a ConfigMap that kustomize makes, which has the text of a template', () => {
  const made = (entry: string) => ({
    'a.yaml': SPEC,
    'e.yaml': FROM_CONFIG_MAP,
    'f.yaml': INPUT('').replace(
      'name: o',
      'name: o, annotations: {config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"}',
    ),
    'kustomization.yaml': `resources: [a.yaml, e.yaml]\nconfigMapGenerator: [{name: c, namespace: team-a, ${entry}}]\ntransformers: [f.yaml]\n`,
  });
  const literal = made('literals: ["t=k: a"]');
  const ofFile = made('files: [t=t.tpl]');
  const renamed = {
    ...literal,
    'e.yaml': FROM_CONFIG_MAP.replace('name: c,', 'name: c-x,'),
    'kustomization.yaml': 'resources: [a.yaml, e.yaml, base]\ntransformers: [f.yaml]\n',
    'base/kustomization.yaml':
      'namePrefix: c-\nconfigMapGenerator: [{name: x, namespace: team-a, literals: ["t=k: a"]}]\n',
  };

  test.each<[string, Record<string, string>, Record<string, string>, unknown]>([
    ['of the same literals is the same', literal, literal, 'same'],
    ['of others is a change', literal, made('literals: ["t=k: b"]'), ['changed', OTHER_PARAMETERS]],
    [
      'of a file with the same text is the same',
      { ...ofFile, 't.tpl': 'k: a' },
      { ...ofFile, 't.tpl': 'k: a' },
      'same',
    ],
    [
      'with another is a change',
      { ...ofFile, 't.tpl': 'k: a' },
      { ...ofFile, 't.tpl': 'k: b' },
      ['changed', OTHER_PARAMETERS],
    ],
    ['with another name than its entry is not known', renamed, renamed, 'unknown'],
  ])('%s', async (_, before, after, want) => {
    const { shown } = await compare(before, after);
    expect(shown).toEqual({ e: want });
  });
});

test('beside a step of a Composition, no Secret is known to change', async () => {
  folder.write('after/a.yaml', SPEC);
  const step = (kind: string) =>
    `apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\nmetadata: {name: a}\nspec: {pipeline: [{input: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: ${kind}}}]}\n`;
  const { since } = await compare(
    { 'a.yaml': SPEC, 'b.yaml': step('Input') },
    { 'a.yaml': SPEC, 'b.yaml': step('Inputs') },
  );
  expect((await since('table')).stdout).toBe('No Secret is known to change. 1 Secret is the same.\n');
});

test('what a Secret is today, a line and a comment are no change', async () => {
  folder.write('after/a.yaml', SPEC);
  const { exit, shown, lost, since } = await compare({ 'a.yaml': SPEC }, { 'a.yaml': `# moved\n\n${SPEC}` });
  expect({ exit, shown, lost }).toEqual({ exit: 0, shown: { a: 'same' }, lost: {} });
  expect((await since('table')).stdout).toBe('No Secret changes. 1 Secret is the same.\n');
  expect((await since('markdown')).stdout).toBe('No Secret changes. 1 Secret is the same.\n');
});

test('of two plans without a common package it is said', async () => {
  const apart = ' No package is in both plans: unless all have moved, make both of one PATH.\n';
  const { since } = await compare({ 'x/a.yaml': SPEC }, { 'y/b.yaml': specDocument('b') });
  expect((await since('table')).stdout).toContain(apart);
  const { since: sinceSame } = await compare({ 'z/a.yaml': SPEC }, { 'z/c.yaml': specDocument('c') });
  expect((await sinceSame('table')).stdout).not.toContain(apart);
});

test('nor is what a Policy imposes on several sessions in one Secret', async () => {
  const policy = `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\ngrants: [{roles: ["${ROLE}/*"], session: {tags: {team: a}}}]\n`;
  const external = `apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: e, namespace: team-a}\nspec: {dataFrom: [${['a', 'b'].map((name) => `{sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: ${name}}}}`).join(', ')}]}\n`;
  folder.write('p/all.yaml', [SPEC, specDocument('b'), external].join('---\n'));
  const argv = ['-o', 'json', '--policy', folder.write('policy.yaml', policy), join(folder.path, 'p')];
  const former = await plan(argv);
  expect(JSON.parse(former.stdout)).toMatchObject({ secrets: [{ also: [{ policy: { tags: { team: 'a' } } }] }] });
  const { exit, stdout } = await plan(['--since', '-', '--detailed-exitcode', ...argv], former.stdout);
  expect({ exit, ...(JSON.parse(stdout) as Compared) }).toMatchObject({
    exit: 0,
    secrets: [{ change: 'same' }],
    gone: [],
  });
});

test('a Secret is found by its place among those of its generator, or is new or gone', async () => {
  const names = (all: string) => withEntry(`secrets: [${all}]`);
  const { shown, lost } = await compare(names('{name: x}, {name: y}, {name: z}'), names('{name: x}, {name: n}'));
  expect({ shown, lost }).toEqual({
    shown: { x: 'same', n: ['changed', { target: { name: 'y', namespace: 'team-a' } }] },
    lost: { z: 'gone' },
  });
});

describe('a Secret that has another name and nothing else', () => {
  test.each(FORMATS)('is one line in %s', async (format) => {
    const { exit, shown, lost, since } = await compare({ 'a.yaml': SPEC }, { 'a.yaml': specDocument('b') });
    expect({ exit, shown, lost }).toEqual({
      exit: 2,
      shown: { b: 'new' },
      lost: { a: { name: 'b', namespace: 'team-a' } },
    });
    const { stdout } = await since(format);
    if (/json|yaml/.test(format)) expect(stdout).toContain('renamedTo');
    else expect(stdout.match(/.*team-a\/a.*/g)).toEqual(expect.arrayContaining([expect.stringContaining('renamed')]));
  });

  test.each([
    ['two are gone', ['a', 'b'], ['c'], { a: 'gone', b: 'gone' }],
    ['two are new', ['a'], ['b', 'c'], { a: 'gone' }],
    ['two are both', ['a', 'b'], ['c', 'd'], { a: 'gone', b: 'gone' }],
  ])('is none where %s: which became which is not known', async (_, before, after, want) => {
    const tree = (names: string[]) => ({ 'a.yaml': names.map((name) => specDocument(name)).join('---\n') });
    const { shown, lost } = await compare(tree(before), tree(after));
    expect({ shown, lost }).toEqual({ shown: Object.fromEntries(after.map((name) => [name, 'new'])), lost: want });
  });

  test.each([
    ['another role', specDocument('b', { role: 'b' })],
    ['another namespace', specDocument('b', { namespace: 'team-b' })],
  ])('and has %s too is gone, and a new one is there', async (_, after) => {
    const { shown, lost } = await compare({ 'a.yaml': SPEC }, { 'a.yaml': after });
    expect({ shown, lost }).toEqual({ shown: { b: 'new' }, lost: { a: 'gone' } });
  });
});

describe('of a package that is not known whole', () => {
  const BAD = SPEC.replace('spec: {', 'spec: {nope: 1, ').replace('name: a', 'name: bad');

  test.each<[when: string, before: Record<string, string>, after: Record<string, string>, lost: object, exit: number]>([
    ['now', { 'p/a.yaml': SPEC }, { 'p/a.yaml': SPEC, 'p/bad.yaml': BAD }, { a: 'unknown' }, 1],
    ['before', { 'p/a.yaml': SPEC, 'p/bad.yaml': BAD }, { 'p/a.yaml': SPEC }, {}, 2],
  ])('nothing is said to be the same: %s', async (_, before, after, lost, exit) => {
    const kpt = {
      'p/Kptfile':
        'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\npipeline: {mutators: [{exec: function-sts-assume-role}]}\n',
    };
    const ended = await compare({ ...before, ...kpt }, { ...after, ...kpt });
    expect(ended).toMatchObject({ exit, lost, incomplete: [{ package: 'p', state: 'missing', code: 'SPEC_INVALID' }] });
    expect(Object.values(ended.shown)).toEqual(Object.keys(lost).length > 0 ? [] : ['unknown']);
    expect((await ended.since('table')).stdout).toContain(exit === 2 ? 'is missing before' : 'is missing:');
  });
});

test('of a package that is missing on both sides nothing is said to stay', async () => {
  const bad = { 'a.yaml': SPEC.replace('spec: {', 'spec: {nope: 1, ') };
  const { exit, since } = await compare(bad, bad);
  expect(exit).toBe(1);
  for (const format of ['tree', 'table', 'markdown'])
    expect((await since(format)).stdout).toContain('\nNo Secret is known to change. 0 Secrets are the same.\n');
});

test.each([
  ['no plan', 'a: b', 'it is no output of `plan -o json`. Print the earlier plan so.'],
  ['a list', '[]', 'it is no output of `plan -o json`. Print the earlier plan so.'],
  [
    'half a plan',
    '{"version": 1, "secrets": [{"package": "a"}], "incomplete": []}',
    'it is no output of `plan -o json`. Print the earlier plan so.',
  ],
  ['a later one', '{"version": 2}', 'a later version of this program has written it. Use that one.'],
])('%s is an error, in each format', async (_, text, cause) => {
  const message = `cannot compare with "-": ${cause}`;
  for (const format of FORMATS) {
    const { exit, stdout, stderr } = await plan(['-o', format, '--since', '-', folder.path], text);
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: `error: ${message} [INPUT_UNREADABLE]\n` });
    expect(stdout).toContain(cause);
  }
});

test('names in an earlier plan that nobody can have are no plan; other texts stay in their place', async () => {
  folder.write('a.yaml', SPEC);
  const { stdout } = await plan(['-o', 'json', folder.path]);
  const former = JSON.parse(stdout);
  const [secret] = former.secrets;
  const as = (more: object) => JSON.stringify({ ...former, secrets: [{ ...secret, ...more }] });
  const odd = '::notice::\n# h\u202e##[a]|`';
  for (const more of [
    { target: { name: odd } },
    { identity: { source: 'a', description: odd } },
    { hops: [{ operation: odd, region: 'a' }] },
  ])
    expect((await plan(['--since', '-', folder.path], as(more))).exit).toBe(1);
  const hops = [{ ...secret.hops[0], role: `arn:aws:iam::1:role/${odd}` }];
  const packages = {
    package: odd,
    generator: { kind: odd, name: 'b' },
    identity: { source: odd, description: `a ${odd}` },
    hops,
  };
  for (const format of FORMATS) {
    const ended = await plan(['-o', format, '--since', '-', folder.path], as(packages));
    expect(ended).toMatchObject({ exit: 0, stderr: '' });
    expect(ended.stdout).not.toMatch(/^\s*(?:::|#)|##\w*\[|\u202e/m);
  }
});
