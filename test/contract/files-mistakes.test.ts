import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests, forEachTest } from '../support/for-each-test.ts';
import { specDocument } from '../support/manifests.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// What users write by mistake among the files of `render`, and what they have there that is nobody's business.

const sts = forAllTests(startExampleSts);
const folder = forEachTest(temporaryFolder);

const render = (environment: Record<string, string> = {}) =>
  runInProcess('', { sts, environment, arguments: ['render', folder.path] });

const OURS = 'annotations: {sts.fn.crossplane.io/generator: a';
const GUARD = 'allow: [{roles: ["arn:aws:iam::123456789012:role/none"]}]\n';
const INPUT = 'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\n';
const POLICY =
  'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\ngrants: [{roles: ["arn:aws:iam::123456789012:role/*"]}]\n';

test.each([
  ['no version', 'apiVersion: sts.fn.crossplane.io\nkind: Input\n', /got kind "Input" of "sts\.fn\.crossplane\.io"\./],
  ['another version', 'apiVersion: sts.fn.crossplane.io/v1\nkind: Input\n', /`apiVersion` must be/],
  ['another case', 'apiVersion: STS.fn.crossplane.io/v1beta1\nkind: Input\n', /got kind "Input" of "STS\.fn\./],
  ['a small kind', 'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: input\n', /got kind "input" of "sts\.fn\./],
  [
    'a plural',
    'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Inputs\n',
    /`kind` is not a kind of .*; did you mean `Input`/,
  ],
  ['quotes', '{"apiVersion": "sts.fn.crossplane.io/v1beta1", "kind": "Inptu"}\n', /got kind "Inptu" of "sts\.fn\./],
  ['no kind', 'apiVersion: sts.fn.crossplane.io/v1beta1\n', /got no kind\./],
])('an Input with a slip is refused, since its guard would be lost: %s', async (_, head, message) => {
  folder.write('spec.yaml', specDocument());
  folder.write('options.yaml', head.startsWith('{') ? head : `${head}${GUARD}`);
  const before = sts.calls.length;
  const { exit, stdout, stderr } = await render();
  expect({ exit, stdout, stderr, calls: sts.calls.length - before }).toEqual({
    exit: 1,
    stdout: '',
    stderr: expect.stringMatching(message),
    calls: 0,
  });
});

test('a Policy among the files is warned of, unless it is the one that is used', async () => {
  folder.write('spec.yaml', specDocument());
  folder.write('policy.yaml', POLICY);
  expect(await render()).toMatchObject({
    exit: 0,
    stderr: expect.stringMatching(
      /^warning: .*policy\.yaml:\d+: this Policy has no effect: .*STS_FUNCTION_POLICY.*\n$/,
    ),
  });
  const used = join(folder.path, 'policy.yaml');
  expect(await render({ STS_FUNCTION_POLICY: used })).toMatchObject({ exit: 0, stderr: '' });
});

test("a fault in the operator's Policy is told once for all packages, with its file and line", async () => {
  for (const name of ['a', 'b']) {
    const step = `pipeline: {mutators: [{exec: function-sts-assume-role}]}`;
    folder.write(`${name}/Kptfile`, `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: ${name}}\n${step}\n`);
    folder.write(`${name}/spec.yaml`, specDocument());
  }
  using elsewhere = temporaryFolder({ 'policy.yaml': POLICY.replace(/\[\{.*/, '\n- roles: []\n  plaintext: off\n') });
  const file = join(elsewhere.path, 'policy.yaml');
  const { exit, stderr } = await render({ STS_FUNCTION_POLICY: file });
  expect({ exit, stderr }).toEqual({
    exit: 1,
    stderr: `error: ${file}:5: cannot use the Policy of STS_FUNCTION_POLICY or --policy: \`grants[0].plaintext\` must be "warn" or "refuse", got "off". [SETTING_INVALID]\n`,
  });
  const unread = await render({ STS_FUNCTION_POLICY: `${file}x` });
  expect(unread.stderr.match(/^error:/gm)).toHaveLength(1);
});

test('a region that is nearly one of AWS is warned of, with the one that was meant', async () => {
  folder.write('spec.yaml', specDocument().replace('eu-west-1', 'eu-wset-1'));
  expect(await render()).toMatchObject({
    exit: 0,
    stderr: expect.stringMatching(
      /^warning: .*spec\.yaml:\d+: region "eu-wset-1" is not in .* Did you mean `eu-west-1`\? .*\n$/,
    ),
  });
});

test('an Input without generators, and no generator, is nothing to do', async () => {
  folder.write('options.yaml', 'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\n');
  expect(await render()).toMatchObject({
    exit: 0,
    stdout: '',
    stderr: expect.stringMatching(/^warning: nothing in .* is an STSAssumeRoleToken, /),
  });
});

test('a long comment with the line ends of Windows before a marker is read at once', async () => {
  const licence = '# licence\r\n'.repeat(40);
  folder.write('other.yaml', `${licence}kind: ConfigMap\r\ndata: {x: "5%"}\r\n---\r\n`);
  folder.write('spec.yaml', specDocument());
  const { exit, signal } = await render();
  expect({ exit, signal }).toEqual({ exit: 0, signal: null });
});

describe('documents of other kinds may be anything', () => {
  test.each<[string, string | Buffer]>([
    [
      'a Helm template',
      '{{- if .Values.tls }}\napiVersion: apps/v1\nkind: Deployment\nspec:\n  {{- with .Values.x }}\n  secretName: {{ . | quote }}\n{{- end }}\n',
    ],
    [
      'a Helm template that binds a ServiceAccount',
      '{{- if .Values.rbac }}\nkind: RoleBinding\nsubjects:\n  - kind: ServiceAccount\n    name: {{ include "x" . }}\n{{- end }}\n',
    ],
    [
      'a Helm template of a Secret',
      '{{- if .Values.tls }}\nkind: Secret\ndata: {{ .Values.data | toYaml }}\n{{- end }}\n',
    ],
    ['a Secret that does not parse', 'apiVersion: v1\nkind: Secret\nmetadata: {name: {{ .Release.Name }}}\n'],
    ['a ServiceAccount that does not parse', 'kind: ServiceAccount\nmetadata: {name: [\n'],
    ['a ConfigMap that does not parse', 'kind: ConfigMap\ndata: {a: [\n'],
    ['JSON with comments', '{\n  "strict": true, // no Secret: "x", [y\n  "b": 1\n}\n'],
    [
      'a template of a Composition',
      'kind: Composition\nspec:\n  {{ if }}\n  apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n',
    ],
    ['Latin-1', Buffer.from('kind: ConfigMap\ndata: {a: "caf\xe9, no Secret"}\n', 'latin1')],
    ['Latin-1 without a kind', Buffer.from('greeting: "gr\xfc\xdfe"\nsecretName: x\n', 'latin1')],
  ])('%s', async (_, text) => {
    folder.write('spec.yaml', specDocument());
    writeFileSync(join(folder.path, 'other.yaml'), text);
    const { exit, stdout, stderr } = await render();
    expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: 1 });
  });

  const doesNotParse = /yaml:\d+: cannot read this document: column /;
  const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
  test.each<[string, string | Buffer, RegExp]>([
    ['a Secret of this function', `kind: Secret\nmetadata: {${OURS}\ndata: {a: [\n`, doesNotParse],
    ['a Secret of this function in a template', `{{ if }}\nkind: "Secret"\n${OURS}\n`, doesNotParse],
    ['a ConfigMap for an ExternalSecret', 'kind: ConfigMap\ndata: {a: "external-secrets.io", [\n', doesNotParse],
    ['a generator', 'kind: STSAssumeRoleToken\nspec: [\n', doesNotParse],
    ['a Kptfile', 'apiVersion: kpt.dev/v1\nkind: Kptfile\npipeline: [\n', doesNotParse],
    ['an explicit key', '? kind\n: STSSessionToken\nspec: [\n', doesNotParse],
    ['JSON', '{\n// why\n"metadata": {}, "kind" :\n "STSSessionToken", "spec": {]}\n', doesNotParse],
    ['an anchor', '"kind": &k STSSessionToken\nspec: [\n', doesNotParse],
    ['a list', 'kind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  data: [\n', doesNotParse],
    [
      'a list behind a comment',
      '!!map\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  data: [\n',
      doesNotParse,
    ],
    ['our group', 'apiVersion: sts.fn.crossplane.io/v1\nkind: Inputs\nallow: [\n', doesNotParse],
    ['a Secret in Latin-1', Buffer.from('kind: Secret\nstringData: {a: "\xe9"}\n', 'latin1'), /it is not UTF-8/],
    ['an Input in UTF-16', utf16('apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\n'), /it is not UTF-8/],
  ])('but not of these kinds: %s', async (_, text, message) => {
    folder.write('spec.yaml', specDocument());
    writeFileSync(join(folder.path, 'other.yaml'), text);
    expect(await render()).toMatchObject({ exit: 1, stdout: '', stderr: expect.stringMatching(message) });
  });
});

test.each([
  ['alone', {}],
  ['with an Input that has its Secret', { 'options.yaml': `${INPUT}sessions: [{secrets: [{name: "\${name}"}]}]\n` }],
])('a generator that is there twice: both places are named, %s', async (_, files) => {
  folder.write('a.yaml', `# mine\n---\n${specDocument()}`);
  folder.write('b/b.yaml', `${specDocument('other')}---\n${specDocument()}`);
  for (const [file, text] of Object.entries(files)) folder.write(file, text);
  const { exit, stderr } = await render();
  expect({ exit, stderr: stderr.replaceAll(folder.path, 'DIR') }).toEqual({
    exit: 1,
    stderr:
      'error: DIR/a.yaml:5: cannot write Secret "team-a/deployer" for STSAssumeRoleToken "team-a/deployer": that generator is there twice, here and in "DIR/b/b.yaml", line 8. Remove one of the two. [TARGET_CONFLICT]\n',
  });
});

test('of two generators with one name, the one that is wrong is not guessed', async () => {
  folder.write('a.yaml', specDocument());
  folder.write('b.yaml', specDocument().replace('region', 'regoin'));
  const { stderr } = await render();
  expect(stderr).toMatch(
    /^error: cannot use STSAssumeRoleToken "team-a\/deployer": `spec.regoin` is not a known field;/,
  );
});

test('generators without a name are told apart by their namespaces', async () => {
  for (const namespace of ['a', 'b'])
    folder.write(`${namespace}.yaml`, specDocument('deployer', { namespace }).replace('name: deployer, ', ''));
  const { stderr } = await render();
  expect([...stderr.matchAll(/\w\.yaml:\d/g)].flat()).toEqual(['a.yaml:3', 'b.yaml:3']);
});

describe('a template of another program', () => {
  const ended = '{{- end }}\n';
  const external =
    'apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: a}\nspec:\n  dataFrom: [{sourceRef: {generatorRef: {name: a}}}]\n';
  test.each([
    ['around a generator', `{{- if .Values.a }}\n${specDocument('other')}${ended}`],
    ['in a generator', specDocument('other').replace('spec:', 'spec:\n  {{- toYaml .Values.a | nindent 2 }}\nnone:')],
    ['of Jinja', `{% if a %}\n${specDocument('other')}{% endif %}\n`],
    ['around an ExternalSecret', `{{- if .Values.a }}\n${external}${ended}`],
    ['beside another document', `{{- if .Values.a }}\n${specDocument('other')}${ended}---\n${specDocument('third')}`],
  ])('is told and left out, and the rest is rendered: %s', async (_, text) => {
    folder.write('spec.yaml', specDocument());
    folder.write('other.yaml', text);
    const { exit, stdout, stderr } = await render();
    const secrets = text.includes('third') ? 2 : 1;
    expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({
      exit: 0,
      stderr: expect.stringMatching(/^warning: .*other\.yaml:\d+: this document is left out: .*\n$/),
      secrets,
    });
  });

  test('many are told once', async () => {
    for (const name of ['a', 'b', 'c'])
      folder.write(`${name}.yaml`, `{{- if .Values.a }}\n${specDocument(name)}${ended}`);
    const { exit, stderr } = await render();
    expect({ exit, lines: stderr.split('\n') }).toEqual({
      exit: 0,
      lines: [
        expect.stringContaining('a.yaml:'),
        'warning: 2 more like these (TEMPLATE_LEFT_OUT). `--debug` shows all.',
        '',
      ],
    });
  });

  test.each([
    ['an Input', `{{- if .Values.a }}\napiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\n${GUARD}${ended}`],
    [
      'an Input of a group that a value gives',
      'apiVersion: x/v1\nkind: Input\nallow:\n  {{- toYaml .Values.a }}\nother: [\n',
    ],
    ['a Kptfile', 'apiVersion: kpt.dev/v1\nkind: Kptfile\npipeline:\n  {{- toYaml .Values.a }}\nother: [\n'],
    ['a Secret of this function', `{{- if .Values.a }}\napiVersion: v1\nkind: Secret\nmetadata: {${OURS}}}\n${ended}`],
    [
      'a text in a broken ExternalSecret',
      `${external}  target:\n    template:\n      data:\n        a: |\n          {{ .a }}\n    b: [\n`,
    ],
  ])('refuses where it may be what guards or belongs to a run: %s', async (_, text) => {
    folder.write('spec.yaml', specDocument());
    folder.write('other.yaml', text);
    expect(await render()).toMatchObject({
      exit: 1,
      stdout: '',
      stderr: expect.stringMatching(/^error: .*other\.yaml:\d+: cannot read this document: column /),
    });
  });
});

test('a plan for programs has the errors beside the Secrets', async () => {
  folder.write('a/spec.yaml', specDocument().replace('eu-west-1', '"${AWS_REGION}"'));
  folder.write('b/spec.yaml', `${specDocument()}---\nkind: STSAssumeRoleToken\nspec: [\n`);
  folder.write(
    'c/Kptfile',
    'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: c}\npipeline: {mutators: [{exec: function-sts-assume-role}]}\n',
  );
  folder.write('c/spec.yaml', specDocument());
  const { exit, stdout } = await runInProcess('', { arguments: ['plan', '-o', 'json', folder.path] });
  const object = { kind: 'STSAssumeRoleToken', namespace: 'team-a', name: 'deployer' };
  expect({ exit, ...JSON.parse(stdout) }).toMatchObject({
    exit: 1,
    secrets: [{ package: 'c', file: join(folder.path, 'c/spec.yaml') }],
    errors: [
      {
        code: 'INPUT_UNREADABLE',
        message: expect.stringMatching(/^cannot read this document: column /),
        file: join(folder.path, 'b/spec.yaml'),
        line: 8,
      },
      {
        code: 'VALUE_MISSING',
        message: expect.stringContaining('"${AWS_REGION}"'),
        file: join(folder.path, 'a/spec.yaml'),
        line: 4,
        object,
        field: 'spec.region',
      },
    ],
  });
});

test.each([
  ['beside some generators', { 'x/bad.yaml': 'a: [\nkind: STSAssumeRoleToken\n' }],
  [
    'that a kustomization starts',
    {
      'z/kustomization.yaml': 'resources: [gone.yaml]\ntransformers: [options.yaml]\n',
      'z/options.yaml': `${INPUT}metadata: {name: [}\n`,
    },
  ],
  [
    "that is another package's Input",
    {
      'z/Kptfile': 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: z}\n',
      'z/options.yaml': `${INPUT}metadata: {name: [}\n`,
      'y/Kptfile': 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: y}\n',
    },
  ],
])('what cannot be read %s keeps no others from being planned', async (_, files: Readonly<Record<string, string>>) => {
  folder.write('x/spec.yaml', specDocument('a'));
  folder.write('y/spec.yaml', specDocument('b'));
  for (const [name, text] of Object.entries(files)) folder.write(name, text);
  const { exit, stdout } = await runInProcess('', { arguments: ['plan', '-o', 'json', folder.path] });
  const { secrets } = JSON.parse(stdout) as { secrets: { target: { name: string } }[] };
  expect({ exit, names: secrets.map(({ target }) => target.name).filter((name) => name !== 'a') }).toEqual({
    exit: 1,
    names: ['b'],
  });
});

test("an Input without generators refuses no other package's, which it is not meant for", async () => {
  for (const name of ['y', 'z'])
    folder.write(`${name}/Kptfile`, `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: ${name}}\n`);
  folder.write('z/options.yaml', `${INPUT}metadata: {name: options}\n`);
  folder.write('y/deep/spec.yaml', specDocument('b'));
  const plan = () => runInProcess('', { arguments: ['plan', folder.path] });
  expect(await plan()).toMatchObject({ exit: 0, stdout: expect.stringContaining('team-a/b') });
  folder.write('w/spec.yaml', specDocument('c')); // of no package: it may be meant for that
  const { exit, stdout } = await plan();
  expect({ exit, b: stdout.includes('team-a/b '), c: stdout.includes('team-a/c ') }).toEqual({
    exit: 1,
    b: true,
    c: false,
  });
});

test('a broken kustomization that kpt ignores is told all the same: kustomize builds it', async () => {
  folder.write('Kptfile', 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: a}\n');
  folder.write('.krmignore', 'prod\n');
  folder.write('prod/kustomization.yaml', 'resources: [gone.yaml]\n');
  expect(await runInProcess('', { arguments: ['plan', folder.path] })).toMatchObject({
    exit: 1,
    stderr: expect.stringMatching(/^error: .*prod\/kustomization\.yaml/m),
  });
});

test('a mistake in what a kustomization has in itself is told by its line there', async () => {
  const written = (name: string) => `- |\n${specDocument(name).replaceAll(/^(?=.)/gm, '  ')}`;
  const wrong = written('b').replace('123456789012', '1');
  const lines = `generators:\n${written('a')}${wrong}`.split('\n');
  folder.write('kustomization.yaml', lines.join('\n'));
  const { stderr } = await runInProcess('', { arguments: ['plan', folder.path] });
  const line = lines.findIndex((text) => text.includes(':1:')) + 1;
  expect(stderr).toMatch(new RegExp(`^error: .*kustomization\\.yaml:${line}: .*team-a/b`, 'm'));
});

test('what only kustomize knows of one package, it knows of no other', async () => {
  const program = `apiVersion: example.org/v1\nkind: Foo\nmetadata: {name: f, annotations: {config.kubernetes.io/function: "exec: {path: ./credentials}"}}\n`;
  const wrong = (name: string) => specDocument(name).replace('123456789012', '1');
  folder.write('doubted/kustomization.yaml', 'resources: [spec.yaml]\ntransformers: [program.yaml]\n');
  folder.write('doubted/program.yaml', program);
  folder.write('doubted/spec.yaml', wrong('a'));
  folder.write('idle/kustomization.yaml', 'resources: [spec.yaml, wrong.yaml]\n');
  folder.write('idle/spec.yaml', specDocument('b'));
  folder.write('idle/wrong.yaml', wrong('c'));
  const { stderr } = await runInProcess('', { arguments: ['plan', folder.path] });
  expect(stderr).toMatch(/^info: .*doubted\/spec\.yaml.*: as its file has it: /m);
  expect(stderr).toMatch(/^error: .*idle\/wrong\.yaml/m);
  expect(stderr).not.toMatch(/^error: .*doubted/m);
});

describe('what is for an operator in the cluster', () => {
  const NAMES = '{kind: STSAssumeRoleToken, name: deployer}';
  const PUSH = `apiVersion: external-secrets.io/v1alpha1\nkind: PushSecret\nmetadata: {name: push, namespace: team-a}\nspec: {selector: {generatorRef: ${NAMES}}}\n`;
  const CLUSTER = `apiVersion: external-secrets.io/v1\nkind: ClusterExternalSecret\nmetadata: {name: push}\nspec: {externalSecretSpec: {dataFrom: [{sourceRef: {generatorRef: ${NAMES}}}]}}\n`;
  const EXTERNAL = `apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: made, namespace: team-a}\nspec: {dataFrom: [{sourceRef: {generatorRef: ${NAMES}}}]}\n`;
  const ENTRY = `${INPUT}metadata: {name: options}\nsessions: [{secrets: [{name: made}]}]\n`;

  test.each([
    ['a PushSecret', PUSH, 'PushSecret "team-a/push"'],
    ['a ClusterExternalSecret', CLUSTER, 'ClusterExternalSecret "push"'],
  ])('%s that names a generator gets no Secret of it, and a warning', async (_, text, by) => {
    folder.write('spec.yaml', specDocument());
    folder.write('push.yaml', text);
    const { exit, stdout, stderr } = await render();
    expect({ exit, stdout, stderr }).toEqual({
      exit: 0,
      stdout: '',
      stderr: expect.stringMatching(
        RegExp(
          `^warning: .*spec\\.yaml:1: no Secret is made of STSAssumeRoleToken "team-a/deployer": ${by} names it, and .*\\[GENERATOR_UNUSED\\]\\n$`,
        ),
      ),
    });
  });

  const SHARED = NAMES.replace('STSAssumeRoleToken', 'ClusterGenerator');
  const GENERATOR = `apiVersion: generators.external-secrets.io/v1alpha1\nkind: ClusterGenerator\nmetadata: {name: deployer}\nspec: {kind: STSAssumeRoleToken, generator: {stsAssumeRoleTokenSpec: {region: eu-west-1, role: "arn:aws:iam::123456789012:role/deployer"}}}\n`;
  test.each<[what: string, files: Readonly<Record<string, string>>, secrets: number, said: RegExp]>([
    [
      'a ClusterExternalSecret',
      { 'push.yaml': CLUSTER.replace(NAMES, SHARED) },
      0,
      /push\.yaml:1: .*ClusterExternalSecret "push"/,
    ],
    ['a PushSecret', { 'push.yaml': PUSH.replace(NAMES, SHARED) }, 0, /push\.yaml:1: .*PushSecret "team-a\/push"/],
    [
      'a PushSecret beside an ExternalSecret',
      { 'push.yaml': PUSH.replace(NAMES, SHARED), 'external.yaml': EXTERNAL.replace(NAMES, SHARED) },
      1,
      /^$/,
    ],
    [
      'a ClusterExternalSecret of another generator',
      {
        'spec.yaml': GENERATOR.replace('kind: STSAssumeRoleToken', 'kind: Password').replace(
          /stsAssume.*(?=}}\n)/,
          'passwordSpec: {}',
        ),
        'push.yaml': CLUSTER.replace(NAMES, SHARED),
      },
      0,
      /GENERATOR_NONE/,
    ],
    [
      'a ClusterExternalSecret beside an ExternalSecret',
      { 'spec.yaml': specDocument(), 'push.yaml': CLUSTER, 'external.yaml': EXTERNAL },
      1,
      /push\.yaml:1: .*ClusterExternalSecret "push"/,
    ],
    [
      'an ignored ClusterExternalSecret beside an ExternalSecret',
      {
        'spec.yaml': specDocument(),
        'push.yaml': CLUSTER.replace('name: push', 'annotations: {sts.fn.crossplane.io/ignore: "true"}, name: push'),
        'external.yaml': EXTERNAL,
      },
      1,
      /^$/,
    ],
  ])('what is said of %s for a generator of all', async (_, files, secrets, said) => {
    for (const [name, text] of Object.entries({ 'spec.yaml': GENERATOR, ...files })) folder.write(name, text);
    const { exit, stdout, stderr } = await render();
    expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({
      exit: 0,
      stderr: expect.stringMatching(said),
      secrets,
    });
    expect(stderr.split('\n').length).toBe(stderr === '' ? 1 : 2);
  });

  test.each([
    ['an ExternalSecret names it too', { 'external.yaml': EXTERNAL, 'push.yaml': PUSH }],
    ['an entry of the Input has `secrets`', { 'options.yaml': ENTRY, 'push.yaml': PUSH }],
    ['it is of another namespace', { 'push.yaml': PUSH.replace('team-a', 'team-b') }],
    ['it is of another name', { 'push.yaml': CLUSTER.replace('name: deployer', 'name: other') }],
    [
      'it is left alone',
      { 'push.yaml': PUSH.replace('name: push', 'annotations: {sts.fn.crossplane.io/ignore: "true"}, name: push') },
    ],
  ])('the Secret is made where %s', async (_, files) => {
    folder.write('spec.yaml', specDocument());
    for (const [name, text] of Object.entries(files)) folder.write(name, text);
    const { exit, stdout, stderr } = await render();
    expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: 1 });
  });
});

test.each([
  ['nearly this function', 'function-sts-asume-role', 'there is no "function-sts-asume-role"'],
  ['a path, which somebody may have put there', './function-sts-asume-role', undefined],
  ['another function', 'set-namespace', undefined],
])('`plan` warns of a step that starts nothing: %s', async (_, exec, says) => {
  folder.write('spec.yaml', specDocument());
  folder.write(
    'Kptfile',
    `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: a}\npipeline: {mutators: [{exec: ${exec}}]}\n`,
  );
  const { exit, stderr } = await runInProcess('', { arguments: ['plan', folder.path] });
  const warning = stderr.split('\n').find((line) => line.endsWith('[FUNCTION_NOT_FOUND]'));
  expect({ exit, warning }).toEqual({
    exit: 0,
    warning:
      says &&
      `warning: ${folder.path}/Kptfile:4: kpt fails at \`pipeline.mutators[0]\`: ${says}. Write "function-sts-assume-role", if that was meant. [FUNCTION_NOT_FOUND]`,
  });
});

test('a ConfigMap that starts the function makes a Secret: nothing else is missed', async () => {
  const exec = 'annotations: {config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"}';
  folder.write('kustomization.yaml', 'generators: [start.yaml]\n');
  folder.write(
    'start.yaml',
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: start, ${exec}}\ndata: {region: eu-west-1, role: "arn:aws:iam::123456789012:role/a", name: b}\n`,
  );
  const ran = await runInProcess('', { arguments: ['plan', folder.path] });
  expect(ran).toMatchObject({ exit: 0, stdout: expect.stringContaining('issue   b'), stderr: '' });
});
