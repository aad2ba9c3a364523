import { describe, expect, test } from '@jest/globals';
import { resultsOf } from '../../support/emitted.ts';
import { functionConfig, GOOD_SPEC, generatorItem, list, OTHER, specDocument } from '../../support/manifests.ts';
import { CLEAN_ENVIRONMENT, EXECUTABLE, runProcess } from '../../support/run-function.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/**
 * Who writes a package writes what multiplies: a megabyte that took minutes, or gigabytes, was a pipeline that stood. All shapes
 * that we know are in test/property/megabyte.test.ts; here is what is said of them.
 */
const ENVIRONMENT = {
  ...CLEAN_ENVIRONMENT,
  STS_FUNCTION_MODE: 'plan',
  STS_FUNCTION_TIMEOUT: '1000', // a busy machine needs longer: the seconds of the processor count
  NODE_OPTIONS: '--max-old-space-size=256',
};
const BOUND_SECONDS = 20;

const run = (input: string, environment: Readonly<Record<string, string>> = {}) =>
  runProcess(EXECUTABLE, [], {
    input,
    environment: { ...ENVIRONMENT, ...environment },
    processorSeconds: BOUND_SECONDS,
  });

const times = (count: number, piece: (index: number) => string) =>
  Array.from({ length: count }, (_, at) => piece(at)).join('');
const secretWith = (data: string) => list(`- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n  data: ${data}\n`);
const one = generatorItem();
const namespaces = times(250, (index) => `n${index}, `);
const input = (text: string) => functionConfig(`  metadata: {name: options}\n${text}`);

describe('what cannot even be parsed leaves standard output empty', () => {
  test.each([
    ['a bracket a million times', secretWith('['.repeat(1_000_000)), 'more than 500 levels deep'],
    [
      'a map in a map a thousand times',
      secretWith('{a: '.repeat(1000) + '}'.repeat(1000)),
      'more than 500 levels deep',
    ],
    [
      'a list of half a million letters',
      secretWith(`[${'a,'.repeat(500_000)}a]`),
      'too many values, aliases, comments or empty lines for its length',
    ],
    [
      'fifty thousand keys, merged four hundred times',
      secretWith(`${'{<<: '.repeat(400)}{${times(50_000, (at) => `k${at}: a, `)}}${'}'.repeat(400)}`),
      'merge keys (`<<`) are nested more than 10 levels deep',
    ],
    ['a million commas', secretWith(`[${','.repeat(1_000_000)}]`), 'the text is not YAML'],
  ])('%s', async (_, text, cause) => {
    const { exit, stdout, stderr } = await run(text);
    expect({ exit, stdout, lines: stderr.split('\n').length }).toEqual({ exit: 1, stdout: '', lines: 2 });
    expect(stderr).toContain(cause);
    expect(stderr).toMatch(/^error: cannot read standard input: line \d+, column \d+: .*\. \[[A-Z_]+\]\n$/);
  });
});

describe('what is too much is refused in one line, and all items go out as they came', () => {
  test.each([
    [
      '62,500 Secrets of one entry',
      list(
        one + OTHER,
        input(
          `  sessions:\n  - secrets:\n${times(250, (at) => `    - {name: s${at}, namespaces: [${namespaces}]}\n`)}`,
        ),
      ),
      '62500 Secrets',
    ],
    [
      '10,001 generators',
      list(times(10_001, (at) => generatorItem(GOOD_SPEC, { name: `g${at}` }))),
      '10001 generators',
    ],
    [
      '10,001 grants of a package',
      list(one + OTHER, input(`  allow:\n${'  - {roles: ["arn:aws:iam::123456789012:role/*"]}\n'.repeat(10_001)}`)),
      '`allow` has 10001 entries',
    ],
    [
      '80,000 unknown fields',
      list(`${one}${times(80_000, (at) => `  f${at}: a\n`)}${OTHER}`),
      'entries, and at most 10000 are read',
    ],
    [
      'a chain of 21 hops',
      list(
        one + OTHER,
        input(`  sessions:\n  - via:\n${times(21, (at) => `    - arn:aws:iam::123456789012:role/r${at}\n`)}`),
      ),
      'must have at most 20 hops',
    ],
    [
      '9,000 labels for each of 1,000 generators',
      list(
        times(1000, (at) => generatorItem(GOOD_SPEC, { name: `g${at}` })),
        input(`  sessions:\n  - secrets:\n    - labels:\n${times(9000, (at) => `        l${at}: v\n`)}`),
      ),
      'once for each generator and Secret, is too much',
    ],
    [
      '5,000 patterns for each of 3,000 generators',
      list(
        times(3000, (at) => generatorItem(GOOD_SPEC, { name: `g${at}` })),
        input(`  sessions:\n${times(5000, (at) => `  - {match: {names: ["*x${at}*"]}}\n`)}`),
      ),
      'too many entries of `sessions`',
    ],
    [
      '400,000 characters in a variable, written 10,000 times',
      list(
        one + OTHER,
        input(
          `  vars: {a: {value: "${'a'.repeat(400_000)}", type: roleName}}\n  sessions:\n  - {secrets: [{annotations: {x: "${'${a}'.repeat(10_000)}"}}]}\n`,
        ),
      ),
      '`vars.a.value` must be',
    ],
  ])('%s', async (_, text, cause) => {
    const { exit, stdout, stderr } = await run(text);
    expect({ exit, lines: stderr.split('\n').length }).toEqual({ exit: 1, lines: 2 });
    expect(stderr).toContain(cause);
    expect(stdout.startsWith(text)).toBe(true);
    expect(stdout.slice(text.length)).toMatch(/^results:\n- message: /);
  });
});

test('of very many faults of one object the first hundred are told, and how many others there are', async () => {
  const fields = times(5000, (at) => `  f${at}: a\n`);
  const { stdout } = await run(list(`${one}${fields}`));
  const messages = resultsOf(stdout).map(({ message }) => message);
  expect(messages).toHaveLength(100);
  expect(messages.at(-1)).toBe(
    'cannot use STSAssumeRoleToken "team-a/deployer": `f99` is wrong too, and so are 4900 others; correct those that come before.',
  );
});

const deep = (depth: number) => times(depth, () => 'a/');

test.each<[string, () => Record<string, string>, string]>([
  [
    'folders in each other, so many that no stack of calls has them all',
    () => ({ [`${deep(1800)}s.yaml`]: times(8000, (at) => `---\nkind: Secret\nmetadata: {name: s${at}}\n`) }),
    '',
  ],
  [
    'thousands of lines that tell what kpt ignores',
    () => ({
      Kptfile: 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\n',
      '.krmignore': times(20_000, (at) => `*a*b${at}*c*\n`),
      ...Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`${'abc'.repeat(60)}${at}.yaml`, ''])),
    }),
    '',
  ],
  [
    'generators so deep',
    () => ({ [`${deep(1800)}s.yaml`]: times(500, (at) => `---\n${specDocument(`g${at}`)}`) }),
    ', 501 Secrets: ',
  ],
  [
    'a generator in each of many folders that are in each other',
    () => Object.fromEntries(Array.from({ length: 900 }, (_, at) => [`${deep(at)}s.yaml`, specDocument(`g${at}`)])),
    ', 901 Secrets: ',
  ],
  [
    'thousands of starts beside thousands of files that cannot be read',
    () => ({
      'kustomization.yaml': `generators:\n${times(8000, (at) => `- |\n  apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n  metadata: {name: i${at}}\n`)}`,
      ...Object.fromEntries(Array.from({ length: 8000 }, (_, at) => [`${at}.yaml`, 'kind: Input\na: ['])),
    }),
    '',
  ],
])('beside a package with %s, others are planned', async (_, files, said) => {
  using folder = temporaryFolder({ 'theirs/spec.yaml': specDocument('theirs'), ...fromEach(files(), 'a-package/') });
  const { exit, stdout, signal } = await runProcess(EXECUTABLE, ['plan', '-o', 'tree', '.'], {
    environment: CLEAN_ENVIRONMENT,
    cwd: folder.path,
    processorSeconds: BOUND_SECONDS,
  });
  expect({ exit: exit !== null, signal }).toEqual({ exit: true, signal: null });
  expect(stdout).toContain(said);
  expect(stdout).toContain('team-a/theirs');
});

function fromEach(files: Record<string, string>, prefix: string) {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${prefix}${name}`, text]));
}

describe('a long text is no fault of this function, and is told of with its object', () => {
  const base64 = 'A'.repeat(4_500_000);
  const secretOf = (name: string) =>
    `- apiVersion: v1\n  kind: Secret\n  metadata: {name: ${name}, namespace: team-a}\n  data: {id: "${base64}"}\n`;
  const auth = `{accessKeyIDSecretRef: {name: keys, key: id}, secretAccessKeySecretRef: {name: keys, key: id}}`;
  const template = 'target: {template: {templateFrom: [{secret: {name: keys, items: [{key: id}]}}]}}';
  const external = `- apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata: {name: es, namespace: team-a}
  spec: {${template}, dataFrom: [{sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: deployer}}}]}
`;
  const dotted = `${'a.'.repeat(3_000_000)}a`;
  test.each([
    [
      'a Secret of 4.5 million characters of base64',
      list(generatorItem(`${GOOD_SPEC}, auth: {secretRef: ${auth}}`) + secretOf('keys')),
      'cannot read Secret "team-a/keys" for STSAssumeRoleToken "team-a/deployer"',
    ],
    ['a template of as many', list(one + external + secretOf('keys')), 'cannot use ExternalSecret "team-a/es"'],
    ['a name of six million', list(one.replace('deployer', dotted)), '`metadata.name` must be at most 253 characters'],
    [
      'the name of a Secret of as many',
      list(one, input(`  sessions: [{secrets: [{name: "${dotted}"}]}]\n`)),
      'cannot use the functionConfig: `sessions[0].secrets[0].name` must be at most 253 characters',
    ],
  ])('%s', async (_, text, said) => {
    const { exit, stderr } = await run(text, { STS_FUNCTION_MODE: 'mint', NODE_OPTIONS: '' });
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: expect.stringContaining(said) });
    expect(stderr).not.toContain('has a fault');
  });

  test('one text in the findings of a hundred generators', async () => {
    const own = times(
      99,
      (at) =>
        `  - {apiVersion: generators.external-secrets.io/v1alpha1, kind: STSAssumeRoleToken, metadata: {name: g${at}}, spec: {region: eu-west-1, role: ${at === 0 ? `&long ${'x'.repeat(4500)}` : '*long'}}}\n`,
    );
    const { exit, signal, stderr } = await run(list(one, input(`  generators:\n${own}`)));
    expect({ exit, signal, stderr }).toEqual({
      exit: 1,
      signal: null,
      stderr: expect.stringContaining('94 more like'),
    });
  });

  test.each([
    ['comments', '#\n'],
    ['empty lines', '\n'],
    ['lines with a carriage return', '\r\n'],
  ])('a file with three million %s', async (_, line) => {
    const many = line.repeat(3_000_000);
    using folder = temporaryFolder({ 'a.yaml': `${specDocument()}---\n${many}---\n${many}` });
    const { exit, stdout, stderr } = await runProcess(EXECUTABLE, ['plan', '.'], {
      environment: CLEAN_ENVIRONMENT,
      cwd: folder.path,
      processorSeconds: BOUND_SECONDS,
    });
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toContain('deployer');
  });

  test("so has the configuration of kustomize's plugin", async () => {
    using folder = temporaryFolder({ 'a.yaml': `# ${'x'.repeat(17 << 20)}\n` });
    const { exit, stdout, stderr } = await runProcess(EXECUTABLE, ['a.yaml'], {
      cwd: folder.path,
      environment: ENVIRONMENT,
    });
    expect({ exit, stdout, stderr }).toEqual({
      exit: 1,
      stdout: '',
      stderr: expect.stringContaining('it is too large'),
    });
  });

  test('standard input has an end', async () => {
    const script = `yes '# ${'x'.repeat(100)}' | "$0"`;
    const { exit, stdout, stderr } = await runProcess('/bin/sh', ['-c', script, EXECUTABLE], {
      environment: ENVIRONMENT,
    });
    expect({ exit, stdout, stderr }).toEqual({
      exit: 1,
      stdout: '',
      stderr: 'error: cannot read standard input: it is larger than 256 MB. Split it. [LIMIT_EXCEEDED]\n',
    });
  });
});

test('the time of a run begins with its input, and reading looks at the clock', async () => {
  const many = list(
    times(
      100_000,
      (at) => `- apiVersion: v1\n  kind: Secret\n  metadata: {name: s${at}}\n  data: {a: "YQ==", b: "YQ=="}\n`,
    ),
  );
  const { exit, stdout, stderr } = await run(many, { STS_FUNCTION_TIMEOUT: '1', NODE_OPTIONS: '' });
  expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
  expect(stderr).toBe(
    'error: cannot plan this run: STS_FUNCTION_TIMEOUT was over before all of it was read and planned. Split it, or raise the timeout. [DEADLINE_PASSED]\n',
  );
});
