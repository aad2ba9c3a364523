import { describe, expect, test } from '@jest/globals';
import { emittedSecrets } from '../../support/emitted.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { functionConfig, GOOD_SPEC, generatorItem, list } from '../../support/manifests.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** The author of a package wants plain credentials in its files, where the operator's Policy refuses them. */

const ROLES = 'roles: ["arn:aws:iam::123456789012:role/*"]';
const policyOf = (grant: string) =>
  `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\ngrants: [{${ROLES}, ${grant}}]\n`;
const AGE = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';

const sts = forAllTests(startExampleSts);
const folder = forAllTests(temporaryFolder);
const refusing = () => ({ STS_FUNCTION_POLICY: folder.write('policy.yaml', policyOf('plaintext: refuse')) });

/** What kpt writes on an item of a file, as flow YAML. */
const at = (path: string, id = '1') =>
  [
    `config.kubernetes.io/index: '0', config.kubernetes.io/path: '${path}'`,
    `internal.config.kubernetes.io/index: '0', internal.config.kubernetes.io/path: '${path}'`,
    `internal.config.kubernetes.io/package-path: /p, internal.config.kubernetes.io/id: '${id}'`,
  ].join(', ');
const KUSTOMIZE_ID = `kustomize.config.k8s.io/id: '1'`;
const KPTFILE = `- apiVersion: kpt.dev/v1\n  kind: Kptfile\n  metadata: {name: p, annotations: {${at('Kptfile')}}}\n`;
const metadata = (annotations: string) => `namespace: team-a, annotations: {${annotations}}`;
const inFile = (name: string, more = '') =>
  generatorItem(GOOD_SPEC, { name, metadata: metadata(`${at(`${name}.yaml`, name)}${more && `, ${more}`}`) });
const otherInFile = (more: string) =>
  `- {apiVersion: v1, kind: ConfigMap, metadata: {name: other, annotations: {${at('other.yaml')}, ${more}}}}\n`;
const FUNCTION_INPUT = `functionConfig:
  apiVersion: v1
  kind: ConfigMap
  metadata:
    name: function-input
  data: {name: deployer, namespace: team-a, region: eu-west-1, role: 'arn:aws:iam::123456789012:role/deployer'}
`;
const asConfig = (item: string) => `functionConfig:\n${item.replace(/^- /, '  ')}`;
const inInput = `functionConfig:
  apiVersion: sts.fn.crossplane.io/v1beta1
  kind: Input
  metadata: {name: options}
  generators:
${generatorItem().replace(/^/gm, '  ').trimEnd()}
`;
const EXTERNAL_SECRET = `- apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata: {name: wanted, ${metadata(`${at('wanted.yaml', 'wanted')}, ${KUSTOMIZE_ID}`)}}
  spec:
    dataFrom: [{sourceRef: {generatorRef: {apiVersion: generators.external-secrets.io/v1alpha1, kind: STSAssumeRoleToken, name: a}}}]
`;
const alone = generatorItem(GOOD_SPEC, { metadata: metadata("config.kubernetes.io/local-config: 'true'") });

const PACKAGES: readonly (readonly [string, string])[] = [
  ['a generator with the annotation that kustomize gives a transformer', list(KPTFILE + inFile('a', KUSTOMIZE_ID))],
  ['that annotation on another object', list(KPTFILE + inFile('a') + otherInFile(KUSTOMIZE_ID))],
  ["a generator in a Kptfile's `configMap`", list(KPTFILE, FUNCTION_INPUT)],
  ['`selectors` that leave only the generator', list(inFile('a'))],
  ['`kpt fn eval … -- name= region= role=`', list(KPTFILE + otherInFile("x: ''"), FUNCTION_INPUT)],
  ['`selectors` that leave no item, and an Input', list('', inInput).replace('items:\n', 'items: []\n')],
  ['a generator in an Input without a file', list(KPTFILE, inInput)],
  ['a list that looks like that of a generator of kustomize', list(alone, asConfig(alone))],
  [
    'a generator whose path is empty',
    list(generatorItem(GOOD_SPEC, { metadata: metadata("internal.config.kubernetes.io/path: ''") })),
  ],
  ['an ExternalSecret with the annotation of kustomize', list(inFile('a', KUSTOMIZE_ID) + EXTERNAL_SECRET)],
  [
    'a second Secret that is not encrypted, beside one that is',
    list(
      inFile('a', KUSTOMIZE_ID),
      functionConfig(
        `  metadata: {name: options}\n  sessions: [{secrets: [{encrypt: {sops: {age: [${AGE}]}}}, {name: plain}]}]\n`,
      ),
    ),
  ],
];

/** A run, the calls of STS that it made, and the Secrets that it gave. */
async function run(input: string, environment: Readonly<Record<string, string>> = {}, argv: readonly string[] = []) {
  const before = sts.calls.length;
  const { exit, stdout, stderr } = await runInProcess(input, { sts, environment, arguments: argv });
  return { exit, stdout, stderr, calls: sts.calls.length - before, secrets: emittedSecrets(stdout).length };
}

const refusal = expect.stringContaining('the Policy of this run refuses plain text in files');
const REFUSED = { exit: 1, calls: 0, secrets: 0, stderr: refusal };

describe('under `plaintext: refuse` nothing in a package makes the function hand out plain credentials', () => {
  describe.each(PACKAGES)('%s', (_, input) => {
    test.each([
      ['nobody said where the output goes', {}],
      ['the operator said that it goes into files', { STS_FUNCTION_OUTPUT: 'files' }],
    ])('%s', async (_, said) => {
      const refused = await run(input, { ...refusing(), ...said });
      expect(refused).toMatchObject(REFUSED);
      expect(refused.stdout.slice(0, refused.stdout.indexOf('results:'))).toBe(input);
    });

    test('the operator said that it goes into a pipe', async () => {
      const given = await run(input, { ...refusing(), STS_FUNCTION_OUTPUT: 'stream' });
      expect(given).toMatchObject({ exit: 0, stderr: '' });
      expect(given.secrets).toBeGreaterThan(0);
    });

    test.each(['placeholder', 'plan'])('%s refuses nothing, and says that the run that mints will be', async (mode) => {
      const told = async (output: Record<string, string>) => {
        const preview = await run(input, { ...refusing(), STS_FUNCTION_MODE: mode, ...output });
        expect(preview).toMatchObject({ exit: 0, calls: 0 });
        return preview.stderr.match(/^warning: .*will be refused: .*STS_FUNCTION_OUTPUT=stream.*\[PLAINTEXT\]$/gm)
          ?.length;
      };
      expect(await told({})).toBe(1);
      expect(await told({ STS_FUNCTION_OUTPUT: 'stream' })).toBeUndefined();
    });
  });

  test('a Secret that is there and still good is refused as well', async () => {
    const input = list(KPTFILE + inFile('a', KUSTOMIZE_ID));
    const { stdout } = await run(input);
    const again = stdout.replace(/^results:[\s\S]*/m, '');
    expect(emittedSecrets(again)).toHaveLength(1);
    expect(await run(again, refusing())).toMatchObject({ exit: 1, calls: 0, secrets: 1, stderr: refusal });
  });

  test('a guard of the package says so for its own Secrets', async () => {
    const guarded = list(
      inFile('a', KUSTOMIZE_ID),
      functionConfig('  metadata: {name: o}\n  allow: [{plaintext: refuse}]\n'),
    );
    expect(await run(guarded)).toMatchObject({ exit: 1, calls: 0, secrets: 0 });
  });

  test("kustomize's legacy plugin, whose output `-o` puts into a file", async () => {
    const config = folder.write('config.yaml', generatorItem().replaceAll(/^(?:- | {2})/gm, ''));
    const { stdout, ...refused } = await run('', refusing(), [config]);
    expect({ ...refused, stdout }).toMatchObject({ ...REFUSED, stdout: '' });
    const streamed = await run('', { ...refusing(), STS_FUNCTION_OUTPUT: 'stream' }, [config]);
    expect(streamed).toMatchObject({ exit: 0, secrets: 1, stderr: '' });
  });

  test('a command for people is known by how it was started, whatever the variable says', async () => {
    using package_ = temporaryFolder({ 'a.yaml': generatorItem().replaceAll(/^(?:- | {2})/gm, '') });
    const said = (output: string) => ({ ...refusing(), STS_FUNCTION_OUTPUT: output });
    expect(await run('', refusing(), ['render', package_.path])).toMatchObject({ exit: 0, secrets: 1 });
    expect(await run('', said('files'), ['render', package_.path])).toMatchObject({ exit: 0, secrets: 1 });
    expect(await run('', said('stream'), ['render', '-i', package_.path])).toMatchObject({
      ...REFUSED,
      stderr: expect.stringMatching(/the Policy ".*policy\.yaml" refuses plain text in files/),
    });
    const preview = (...argv: string[]) => run('', refusing(), [...argv, package_.path]);
    expect(await preview('render', '--placeholder')).toMatchObject({ stderr: expect.not.stringContaining('refuse') });
    const willBe = expect.stringContaining('will be refused');
    expect(await preview('render', '-i', '--placeholder')).toMatchObject({ exit: 0, calls: 0, stderr: willBe });
  });
});

describe('a package cannot change what is not its own by looking as if kustomize had sent it', () => {
  const others = KPTFILE + inFile('others');

  test('only the item with the annotation is marked, and every Secret goes where it would have gone', async () => {
    const { stdout } = await run(list(others + inFile('own', KUSTOMIZE_ID)));
    expect(stdout.startsWith(list(others))).toBe(true);
    expect(stdout.match(/config\.kubernetes\.io\/local-config/g)).toHaveLength(1);
    expect(
      emittedSecrets(stdout).map(({ metadata }) => metadata.annotations['internal.config.kubernetes.io/path']),
    ).toEqual(['team-a/secret_others.yaml', 'team-a/secret_own.yaml']);
  });

  test('nobody is marked by an annotation on an object that is no generator', async () => {
    const items = list(others + otherInFile(KUSTOMIZE_ID));
    const { stdout } = await run(items);
    expect(stdout.startsWith(items)).toBe(true);
    expect(emittedSecrets(stdout)).toHaveLength(1);
  });

  test("anchors in others' generators are no error because of it", async () => {
    const anchored = inFile('others').replace('spec: {', 'spec: &spec {');
    expect(await run(list(anchored + inFile('own', KUSTOMIZE_ID)))).toMatchObject({ exit: 0, secrets: 2 });
  });

  test('a Secret of an Input in a file stays in its package when no item is there', async () => {
    const config = inInput.replace('{name: options}', `{name: options, annotations: {${at('sub/options.yaml')}}}`);
    const { stdout } = await run(list('', config).replace('items:\n', 'items: []\n'));
    const [secret] = emittedSecrets(stdout);
    expect(secret?.metadata.annotations).toMatchObject({
      'internal.config.kubernetes.io/path': 'team-a/secret_deployer.yaml',
      'internal.config.kubernetes.io/package-path': '/p',
    });
  });
});

test.each([
  ['nobody said where the output goes, and the generator has a file', inFile('a'), {}, 1],
  ['nobody said where the output goes, and it has none', generatorItem(), {}, 0],
  ['it goes into files', generatorItem(), { STS_FUNCTION_OUTPUT: 'files' }, 1],
  ['it goes into a pipe', inFile('a'), { STS_FUNCTION_OUTPUT: 'stream' }, 0],
])('the warning of plain text where nothing is refused: %s', async (_, item, said, count) => {
  const { exit, stderr } = await run(list(item), said);
  expect({
    exit,
    warnings: stderr.match(/^warning: (?:\S+: )?credentials of Secret .* go into files/gm)?.length ?? 0,
  }).toEqual({
    exit: 0,
    warnings: count,
  });
});

test.each(['pipe', 'Stream', 'files,stream', ' stream'])(
  'a word that is not known is refused: "%s"',
  async (output) => {
    const { exit, calls, stderr } = await run(list(generatorItem()), {
      ...refusing(),
      STS_FUNCTION_OUTPUT: output,
    });
    expect({ exit, calls }).toEqual({ exit: 1, calls: 0 });
    expect(stderr).toContain(`cannot use STS_FUNCTION_OUTPUT: it must be "files" or "stream", got "${output}".`);
  },
);
