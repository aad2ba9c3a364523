import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests, forEachTest } from '../support/for-each-test.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// What kpt's other functions do to our objects: `plan` and `render` start none of them, and leave out only what surely does nothing.

const sts = forAllTests(startExampleSts);
const folder = forEachTest(temporaryFolder);

const run = (...argv: string[]) => runInProcess('', { sts, arguments: [...argv, folder.path] });
const CATALOG = 'ghcr.io/kptdev/krm-functions-catalog';
const OURS = '{exec: function-sts-assume-role}';
const LOCAL = 'annotations: {config.kubernetes.io/local-config: "true"}';

function kptfile(mutators: readonly string[], validators: readonly string[] = []): string {
  const list = (name: string, steps: readonly string[]) => `  ${name}: [${steps.join(', ')}]\n`;
  return `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: app}\npipeline:\n${list('mutators', mutators)}${list('validators', validators)}`;
}

function spec(metadata = 'namespace: team-a', role = "'arn:aws:iam::123456789012:role/deployer'"): string {
  return `apiVersion: generators.external-secrets.io/v1alpha1
kind: STSAssumeRoleToken
metadata:
  name: deployer
  ${metadata}
spec:
  region: eu-west-1
  role: ${role}
`;
}

const setNamespace = (value: string, more = '', image = `${CATALOG}/set-namespace:v0.4.1`) =>
  `{image: "${image}", configMap: {namespace: ${value}${more}}}`;
const setters = (values: string, version = 'v0.2') =>
  `{image: "gcr.io/kpt-fn/apply-setters:${version}", configMap: {${values}}}`;
const SET_IMAGE = `{image: "${CATALOG}/set-image:v0.1", configMap: {name: a, newTag: b}}`;
const deployment = (fields: string) => `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n${fields}`;
const STARLARK = '{image: "gcr.io/kpt-fn/starlark:v0.5", configPath: star.yaml}';
const WITH_SETTER = "'arn:aws:iam::123456789012:role/deployer' # kpt-set: arn:aws:iam::${account}:role/${role}";
const PLAIN_SETTER = WITH_SETTER.replaceAll("'", '');
const ROLES = 'arn:aws:iam::123456789012:role/';
const CONTEXT = (name: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kptfile.kpt.dev, ${LOCAL}}\ndata: {name: ${name}}\n`;
const BREADTH_FIRST =
  'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: top, annotations: {kpt.dev/bfs-rendering: "true"}}\n';
const SECRET = 'apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\ndata: {id: QQ==, secret: QQ==}\n';

const MADE = SECRET.replace(
  '{name: keys}',
  '{name: b, annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/deployer}}',
);

const STAR = { 'star.yaml': 'apiVersion: fn.kpt.dev/v1alpha1\nkind: StarlarkRun\nmetadata: {name: a}\n' };
const options = (match: string) =>
  `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: options}\nsessions: [{match: {${match}}, last: {sessionDuration: 900}}]\n`;
const WITH_OPTIONS = '{exec: function-sts-assume-role, configPath: options.yaml}';
const SET_LABELS = `{image: "${CATALOG}/set-labels:v0.2.0", configMap: {tier: prod}}`;

interface Package {
  readonly mutators: string[];
  readonly validators?: string[];
  readonly spec?: string;
  readonly files?: Record<string, string>;
}

function write({ mutators, validators, spec: own = spec(), files = {} }: Package): void {
  folder.write('app/Kptfile', kptfile(mutators, validators));
  folder.write('app/spec.yaml', own);
  for (const [name, text] of Object.entries(files)) folder.write(`app/${name}`, text);
}

test.each<[string, Package]>([
  ['set-labels', { mutators: [SET_LABELS, OURS] }],
  [
    'set-labels, where options choose by names',
    { mutators: [SET_LABELS, WITH_OPTIONS], files: { 'options.yaml': options('names: [deployer]') } },
  ],
  ['set-image', { mutators: [SET_IMAGE, OURS] }],
  [
    'functions that follow each other, where setters change a text and a number',
    {
      mutators: [setters('image: b, count: "2"'), SET_LABELS, SET_IMAGE, setNamespace('team-a'), OURS],
      files: {
        'a.yaml': deployment(
          'spec:\n  replicas: 1 # kpt-set: ${count}\n  template:\n    spec:\n      containers:\n      - name: a\n        image: a # kpt-set: ${image}\n',
        ),
      },
    },
  ],
  [
    'gatekeeper, kubeval',
    { mutators: ['{image: "gcr.io/kpt-fn/gatekeeper:v0"}', '{image: "gcr.io/kpt-fn/kubeval:v0.3"}', OURS] },
  ],
  ['a function of the catalogue as a validator', { mutators: [OURS], validators: [STARLARK], files: STAR }],
  ['packages from above where one alone has steps', { mutators: [OURS], files: { '../Kptfile': BREADTH_FIRST } }],
  ['kubeval as a validator', { mutators: [OURS], validators: ['{image: "gcr.io/kpt-fn/kubeval:v0.3"}'] }],
  ['set-namespace with the namespace that stands there', { mutators: [setNamespace('team-a'), OURS] }],
  [
    'set-namespace by the name of the package',
    {
      mutators: [`{image: "${CATALOG}/set-namespace:v0.4.1", configPath: package-context.yaml}`, OURS],
      files: { 'package-context.yaml': CONTEXT('team-a') },
    },
  ],
  [
    'apply-setters with the values that stand there',
    {
      mutators: [setters('account: "123456789012", role: deployer'), OURS],
      spec: spec(undefined, PLAIN_SETTER),
    },
  ],
  ['apply-setters without a setter', { mutators: [setters('account: "1"'), OURS] }],
  [
    "apply-setters beside a setter of another's object that it does not give, and options that are no texts",
    {
      mutators: ['{image: "gcr.io/kpt-fn/apply-setters:v0.2", configPath: setters.yaml}', OURS],
      files: {
        'setters.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s, ${LOCAL}}\ndata: {replicas: 3, isOn: true}\n`,
        'a.yaml':
          'apiVersion: v1\nkind: A\nmetadata: {name: a}\nspec:\n  image: a # kpt-set: ${image}\n  replicas: 1 # kpt-set: ${replicas}\n',
      },
    },
  ],
  [
    "apply-setters with another value in another's object",
    {
      mutators: [setters('image: b'), OURS],
      files: {
        'a.yaml':
          'apiVersion: v1\nkind: A\nmetadata: {name: a}\nspec:\n  image: a # kpt-set: ${image}\n  args:\n  - a # kpt-set: ${image}\n',
      },
    },
  ],
  ...[
    ['with a value that the former one has', 'name: a-b-c # kpt-set: ${prefix}-${name}', 'name: d'],
    ['with an empty part', 'name: a # kpt-set: ${prefix}a', 'prefix: ""'],
    ['with an empty value', 'filter: "" # kpt-set: ${filter}', 'filter: ""'],
    ['with null where kpt wants no text', 'filter: a # kpt-set: ${filter}', 'filter: "null"'],
    ['with a list of texts', 'zones: # kpt-set: ${zones}\n  - a', 'zones: "[a, b]"'],
    ['with a list of texts in brackets', 'zones: [a] # kpt-set: ${zones}', 'zones: "[a, b]"'],
    ['with a text of several words', 'note: a few words # kpt-set: ${note}', 'note: other words'],
  ].map(([what, line = '', values = '']): [string, Package] => [
    `apply-setters ${what}, for another's object`,
    {
      mutators: [setters(values), OURS],
      files: { 'a.yaml': `apiVersion: v1\nkind: A\nmetadata:\n  name: a\nspec:\n  ${line}\n` },
    },
  ]),
  [
    'apply-setters with the values that stand there in quotes',
    { mutators: [setters('account: "123456789012", role: deployer'), OURS], spec: spec(undefined, WITH_SETTER) },
  ],
  [
    'apply-setters beside a map on one line, with a number and a value that it finds',
    {
      mutators: [setters('role: deployer, duration: "1800"'), OURS],
      spec: `${spec('labels: {a: b}\n  namespace: team-a', WITH_SETTER)}  requestParameters:\n    sessionDuration: 1800 # kpt-set: ${'${duration}'}\n`,
    },
  ],
  [
    'another package beside it',
    { mutators: [OURS], files: { '../other/Kptfile': kptfile(['{image: b}']), '../other/a.yaml': SECRET } },
  ],
  [
    'selectors for other objects each',
    { mutators: ['{exec: function-sts-assume-role, selectors: [{kind: STSAssumeRoleToken}, {kind: Secret}]}'] },
  ],
  [
    'selectors of one label, with a value each',
    {
      mutators: ['{exec: function-sts-assume-role, selectors: [{labels: {a: b}}, {labels: {a: c, d: e}}]}'],
      spec: spec('namespace: team-a\n  labels: {a: b}'),
    },
  ],
  [
    'selectors that hide a Secret of others',
    {
      mutators: ['{exec: function-sts-assume-role, selectors: [{kind: STSAssumeRoleToken}]}'],
      files: { 'secret_keys.yaml': SECRET, 'a.yaml': MADE },
    },
  ],
  [
    'files that .krmignore names beside the place of a Secret',
    { mutators: [OURS], files: { '.krmignore': 'a.yaml\n', 'a.yaml': SECRET, 'team-a/secret_a.yaml': SECRET } },
  ],
  [
    'what another object has in the file of a Secret',
    { mutators: [OURS], files: { 'team-a/secret_deployer.yaml': CONTEXT('a') } },
  ],
  ['a comment', { mutators: ['{exec: "function-sts-assume-role # render"}'] }],
  ['a comment over a blank alone', { mutators: ['{exec: "function-sts-assume-role #\\t"}'] }],
  ['exclude of nothing', { mutators: ['{exec: function-sts-assume-role, exclude: [{}, {name: ""}]}'] }],
])('%s: nothing is said, and all is rendered', async (_, all) => {
  write(all);
  expect(await run('plan')).toMatchObject({ exit: 0, stderr: '' });
  const { exit, stdout, stderr } = await run('render');
  expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: 1 });
});

const TWICE = '{exec: function-sts-assume-role, selectors: [{kind: STSAssumeRoleToken}, {namespace: team-a}]}';
const OTHER = '`pipeline.mutators[0]` may start another program, or this one with other settings';
const CHANGES = 'may change what this function reads or makes';

test.each<[string, Package & { readonly says?: string; readonly step?: number; readonly line?: string }]>([
  ['set-namespace with another namespace', { mutators: [setNamespace('prod'), OURS] }],
  ['set-namespace, of an object without a namespace', { mutators: [setNamespace('team-a'), OURS], spec: spec(LOCAL) }],
  [
    'set-namespace, of a Secret without a namespace',
    { mutators: [setNamespace('team-a'), OURS], files: { 'keys.yaml': SECRET } },
  ],
  ['set-namespace behind this function', { mutators: [OURS, setNamespace('team-a')], step: 1 }],
  [
    'set-namespace by the name of another package',
    {
      mutators: [`{image: "${CATALOG}/set-namespace:v0.4.1", configPath: package-context.yaml}`, OURS],
      files: { 'package-context.yaml': CONTEXT('prod') },
    },
  ],
  [
    'set-namespace of another registry',
    { mutators: [setNamespace('team-a', '', 'example.org/set-namespace:v0.4'), OURS] },
  ],
  ['set-namespace without a registry', { mutators: [setNamespace('team-a', '', 'set-namespace:v0.4'), OURS] }],
  [
    'set-image with an option that it does not know',
    { mutators: [`{image: "${CATALOG}/set-image:v0.1", configMap: {name: a, newTag: b, tag: c}}`, OURS] },
  ],
  ...[
    ['a number', 'stage: 1e1', 'deployer10', 'deployer${stage}'],
    ['nothing', 'stage:', 'deployernull', 'deployer${stage}'],
    ['an alias', 'other: &my-role deployer\n  role: *my-role', 'deployer', '${role}'],
    ['a number as a key', '1: a\n  role: deployer', 'deployer', '${role}'],
  ].map(([what, data = '', role = '', pattern = '']): [string, Package] => [
    `apply-setters with ${what} in the file of its options`,
    {
      mutators: ['{image: "gcr.io/kpt-fn/apply-setters:v0.2", configPath: setters.yaml}', OURS],
      files: { 'setters.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s, ${LOCAL}}\ndata:\n  ${data}\n` },
      spec: spec(undefined, `${ROLES}${role} # kpt-set: ${ROLES}${pattern}`),
    },
  ]),
  [
    'apply-setters with a setter that is a part of others',
    {
      mutators: [setters('"a}${b": deployer, a: my, b: role'), OURS],
      spec: spec(undefined, `${ROLES}deployer # kpt-set: ${ROLES}\${a}\${b}`),
    },
  ],
  [
    "apply-setters without a value for another's object",
    {
      mutators: [setters('image: b'), OURS],
      files: {
        'a.yaml': 'apiVersion: v1\nkind: A\nmetadata: {name: a}\nspec:\n  image: a # kpt-set: ${image}${imagine}\n',
      },
    },
  ],
  [
    'apply-setters over a block that begins with an empty line',
    { mutators: [setters('image: b'), OURS], spec: spec('namespace: team-a\n  annotations:\n    a: |\n\n      b') },
  ],
  ...[
    ['a setter in a setter', 'image: b', '${im${image}}'],
    ['a value that opens a setter', 'image: "{b"', '$${image}'],
  ].map(([what, values = '', pattern = '']): [string, Package] => [
    `apply-setters with ${what} for another's object`,
    {
      mutators: [setters(values), OURS],
      files: { 'a.yaml': `apiVersion: v1\nkind: A\nmetadata: {name: a}\nspec:\n  image: a # kpt-set: ${pattern}\n` },
    },
  ]),
  ...[
    ['a StatefulSet', 'spec: {volumeClaimTemplates: ~}'],
    ['a StatefulSet', 'spec: {volumeClaimTemplates: [{metadata: {labels: ~}}]}'],
    ['a NetworkPolicy', 'spec: {podSelector: ~}'],
    ['a NetworkPolicy', 'spec: {ingress: [{from: [{podSelector: {matchLabels: {tier: 1}}}]}]}'],
    ['a CronJob', 'spec: {jobTemplate: {}}'],
    ['a CronJob', 'spec: {jobTemplate: {metadata: ~, spec: {template: {}}}}'],
    ['a Service', 'spec: {selector: {tier: 1}}'],
  ].map(([what = '', more]): [string, Package] => [
    `set-labels over ${what} with ${more}`,
    {
      mutators: [SET_LABELS, OURS],
      files: { 'a.yaml': `apiVersion: v1\nkind: ${what.slice(2)}\nmetadata: {name: a}\n${more}\n` },
    },
  ]),
  [
    'set-labels over a kustomization whose labels are null',
    { mutators: [SET_LABELS, OURS], files: { 'a/kustomization.yaml': 'metadata: {name: a, labels: ~}\n' } },
  ],
  ...['metadata: {name: a, labels: ~}', 'metadata: {name: a, labels: {tier: 1}}'].map((text): [string, Package] => [
    `set-labels over ${text}`,
    { mutators: [SET_LABELS, OURS], files: { 'a.yaml': `apiVersion: v1\nkind: A\n${text}\n` } },
  ]),
  [
    'set-labels over a selector that is nothing',
    {
      mutators: [SET_LABELS, OURS],
      files: { 'a.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: ~}\n' },
    },
  ],
  ['set-labels by a program', { mutators: ['{exec: set-labels}', OURS] }],
  [
    'set-labels, where options choose by labels',
    {
      mutators: [SET_LABELS, WITH_OPTIONS],
      files: { 'options.yaml': options('labels: {tier: dev}') },
      spec: spec('namespace: team-a\n  labels: {tier: dev}'),
    },
  ],
  [
    'set-labels, where selectors are of labels',
    { mutators: [SET_LABELS, '{exec: function-sts-assume-role, exclude: [{labels: {tier: prod}}]}'] },
  ],
  ['set-annotations', { mutators: [`{image: "${CATALOG}/set-annotations:v0.1", configMap: {a: b}}`, OURS] }],
  ['starlark', { mutators: [STARLARK, OURS], files: STAR }],
  ['starlark over nothing', { mutators: [STARLARK.replace('}', ', selectors: [{kind: None}]}'), OURS], files: STAR }],
  ['starlark behind this function', { mutators: [OURS, STARLARK], files: STAR, step: 1 }],
  ['a program', { mutators: ['{exec: "./rename.sh all"}', OURS] }],
  [
    'a path that goes on behind a blank of another kind',
    { mutators: ['{exec: "function-sts-assume-role\\u00a0/a"}', OURS] },
  ],
  [
    'apply-setters with another value',
    { mutators: [setters('account: "210987654321"'), OURS], spec: spec(undefined, WITH_SETTER) },
  ],
  [
    'apply-setters with a setter of any name',
    {
      mutators: [setters('"a b": prod'), OURS],
      spec: spec(undefined, WITH_SETTER.replace('${role}', '${a b}')),
    },
  ],
  ...[
    ['another value', '', 'account: "210987654321", role: deployer'],
    ['a value with a setter', '', 'account: "123456789012", role: "${role}"'],
  ].map(([what, more = '', values = '']): [string, Package] => [
    `apply-setters with ${what} beside plain ones`,
    {
      mutators: [setters(values), OURS],
      spec: spec(more === '' ? undefined : 'labels: {a: b}\n  namespace: team-a', PLAIN_SETTER),
    },
  ]),
  ...[
    ['without a value, and no such part', 'name: a # kpt-set: ${b}.${image}', 'b: c'],
    ['without a value, twice', 'image: a-b # kpt-set: ${a}-${a}${b}', 'b: b'],
    ['with an empty name', 'name: a # kpt-set: ${a}', 'a: ""'],
    ['with an empty value in brackets', '{a: b} # kpt-set: ${a}', 'a: ""'],
    ['with a text for a list', 'zones: # kpt-set: ${zones}\n  - a', 'zones: b'],
    ['with two setters for a list', 'zones: [a-b] # kpt-set: ${a}-${b}', 'a: a, b: b'],
    ['with texts for a list of maps', 'containers: # kpt-set: ${list}\n  - {name: a}', 'list: "[a, b]"'],
    ['with null for a name', 'name: a # kpt-set: ${name}', 'name: "null"'],
    ['with a number for a name', 'name: a # kpt-set: ${name}', 'name: "2024"'],
  ].map(([what, line = '', values = '']): [string, Package] => [
    `apply-setters ${what}, for another's object`,
    {
      mutators: [setters(values), OURS],
      files: { 'a.yaml': `apiVersion: v1\nkind: A\nmetadata: {name: a}\nspec:\n  ${line}\n` },
    },
  ]),
  ...[
    ['another part', 'role/${role} # kpt-set: ${a}/${role}', 'a: rule'],
    ['a word', 'yes # kpt-set: ${a}', 'a: "yes"'],
  ].map(([what, line = '', values = '']): [string, Package] => [
    `apply-setters with ${what} in a label of ours`,
    { mutators: [setters(values), OURS], spec: spec(`labels:\n    a: ${line}\n  namespace: team-a`) },
  ]),
  [
    'apply-setters behind brackets of ours',
    { mutators: [setters('a: b'), OURS], spec: spec('namespace: team-a\n  labels: {a: b} # kpt-set: ${a}') },
  ],
  ...[
    // it takes a comment for a pattern, in which a dot is any character
    ['an early version of apply-setters', [setters('a: b', 'v0.1.0')], '  labels:\n    a: b # kpt-set: ${a}\n'],
    ['an early version of set-labels', [SET_LABELS.replace('v0.2.0', 'v0.1.5')], ''],
    ['set-labels without a version', [SET_LABELS.replace(':v0.2.0', '')], ''],
    [
      'setters that make a label a number, before set-labels',
      [setters('a: "1"'), SET_LABELS],
      '  labels:\n    a: b # kpt-set: ${a}\n',
    ],
    [
      'setters that make an image null, before set-image',
      [setters('a: "null"'), SET_IMAGE],
      'spec:\n  image: b # kpt-set: ${a}\n',
    ],
    ['setters that each give a part', [setters('a: "c"'), setters('b: c')], 'spec:\n  a: a-b # kpt-set: ${a}-${b}\n'],
    [
      'set-labels before setters that give a part',
      [SET_LABELS, setters('a: c')],
      '  labels:\n    tier: a-b # kpt-set: ${a}-${b}\n',
    ],
    ['setters with a tab', [setters('a: "\\tb\\nc"')], 'spec:\n  a: a # kpt-set: ${a}\n'],
    ['set-labels over an alias', [SET_LABELS], '  labels: &a {app: web}\nspec:\n  selector:\n    matchLabels: *a\n'],
    [
      'set-image over an image that is a number',
      [SET_IMAGE],
      'spec: {template: {spec: {containers: [{name: a, image: 5}]}}}\n',
    ],
    ['set-image over a template without a pod', [SET_IMAGE], 'spec: {template: {}}\n'],
    ['set-namespace over a binding with subjects that are none', [setNamespace('team-a')], 'subjects:\n'],
    ['set-namespace over an anchor', [setNamespace('team-a')], '  namespace: &a team-b\n'],
    [
      'set-namespace over an odd origin',
      [setNamespace('team-a')],
      '  annotations: {internal.kpt.dev/upstream-identifier: Service}\n',
    ],
  ].map(([what = '', steps, fields]): [string, Package & { step: number }] => [
    `${what}`,
    {
      mutators: [...(steps as string[]), OURS],
      files: { 'a.yaml': deployment(`${fields}`).replace(/kind: Deployment(?=[^$]*subjects)/, 'kind: RoleBinding') },
      step: `${what}`.startsWith('set-labels before') ? 1 : 0,
    },
  ]),
  ['apply-setters without values', { mutators: [setters(''), OURS] }],
  ['set-image without an image', { mutators: [`{image: "${CATALOG}/set-image:v0.1", configMap: {a: b}}`, OURS] }],
  [
    'set-namespace beside one of ours with the name of the context',
    { mutators: [setNamespace('prod'), OURS], spec: spec().replace('deployer', 'kptfile.kpt.dev') },
  ],
  [
    'apply-setters at the last line',
    {
      mutators: [setters('account: "210987654321"'), OURS],
      spec: `${spec(undefined, '$R')}`.replace(/role: \$R\n/, `role: ${WITH_SETTER}\n`),
    },
  ],
  [
    "apply-setters of another object's kind",
    {
      mutators: [setters('kind: B'), OURS],
      files: { 'a.yaml': 'apiVersion: v1\nkind: A # kpt-set: ${kind}\nmetadata: {name: a}\n' },
    },
  ],
  ...[
    ['in a flow', '{\nmetadata: {name: a}, apiVersion: v1, kind: A, # kpt-set: ${kind}\nspec: b}\n'],
    [
      'on a line that looks like another field',
      'metadata: {name: a}\napiVersion: v1\nkind:\n  A:a # kpt-set: ${kind}\n',
    ],
    ['in quotes over lines', 'metadata: {name: a}\napiVersion: v1\nkind: "A\n  a: b" # kpt-set: ${kind}\n'],
  ].map(([where, text = '']): [string, Package] => [
    `apply-setters of a kind ${where}`,
    { mutators: [setters('kind: STSAssumeRoleToken'), OURS], files: { 'a.yaml': text } },
  ]),
  [
    'apply-setters of a text in lines',
    {
      mutators: [setters('a: b'), OURS],
      spec: spec().replace('eu-west-1', '"eu-west-\\\n    1" # kpt-set: ${a}'),
    },
  ],
  [
    'a step of a package inside',
    {
      mutators: [OURS],
      files: { 'sub/Kptfile': kptfile([setNamespace('prod')]), 'sub/spec.yaml': spec().replace('deployer', 'inner') },
      line: 'app/sub/Kptfile:5',
    },
  ],
  [
    'a step of a package around',
    { mutators: [OURS], files: { '../Kptfile': kptfile(['{image: b}']) }, line: 'Kptfile:5' },
  ],
  [
    'variables',
    {
      mutators: ['{exec: env A=b function-sts-assume-role}'],
      says: OTHER,
    },
  ],
  ['a program of that name in the package', { mutators: ['{exec: ./app/function-sts-assume-role}'], says: OTHER }],
  ['a line behind a comment', { mutators: ['{exec: "# a\\nfunction-sts-assume-role"}'], says: OTHER }],
  ['a program of another version', { mutators: ['{exec: function-sts-assume-role@v1}'], says: OTHER }],
  ['an image', { mutators: ['{image: example.org/function-sts-assume-role:v1}'], says: OTHER }],
  [
    'selectors by annotations',
    {
      mutators: ['{exec: function-sts-assume-role, exclude: [{annotations: {config.kubernetes.io/path: a.yaml}}]}'],
      says: '`pipeline.mutators[0]` selects by annotations, of which kpt sets some itself',
    },
  ],
  [
    'a validator',
    {
      mutators: [OURS],
      validators: ['{image: "example.org/check:v1"}'],
      says: '`pipeline.validators[0]` may fail',
      line: 'app/Kptfile:6',
    },
  ],
  ['set-labels of a Secret that is there', { mutators: [SET_LABELS, OURS], files: { 'a.yaml': SECRET } }],
  [
    'set-labels of a label that we take for a mistake',
    { mutators: [SET_LABELS.replace('tier', '"sts.fn.crossplane.io/ignore"'), OURS] },
  ],
  ['set-labels of no label', { mutators: [SET_LABELS.replace('tier', '__proto__'), OURS] }],
  [
    'set-labels of an ExternalSecret',
    {
      mutators: [SET_LABELS, OURS],
      spec: `${spec()}---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: e, namespace: team-a}\nspec: {dataFrom: [{sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: deployer}}}]}\n`,
    },
  ],
  ['set-labels behind this function', { mutators: [OURS, SET_LABELS], step: 1 }],
  [
    'selectors that may find an object twice',
    {
      mutators: ['{exec: function-sts-assume-role, selectors: [{kind: STSAssumeRoleToken}, {name: other}]}'],
      says: 'the selectors of `pipeline.mutators[0]` may find an object twice',
    },
  ],
  ...[
    ['a Secret that was made', { 'a.yaml': MADE.replace('name: b', 'name: deployer, namespace: team-a') }],
    ['a Secret of the same name', { 'a.yaml': SECRET.replace('keys', 'deployer, namespace: team-a') }],
    [
      'one with the mark of another',
      { 'a.yaml': MADE.replaceAll('deployer', 'a').replace('name: b', 'name: deployer, namespace: team-a') },
    ],
    ["a Secret's file", { 'team-a/secret_deployer.yaml': CONTEXT('a') }],
  ].map(([what, files]): [string, Package & { readonly says: string }] => [
    `selectors that hide ${what}`,
    {
      mutators: ['{exec: function-sts-assume-role, selectors: [{kind: STSAssumeRoleToken}]}'],
      files: files as Record<string, string>,
      says: '`pipeline.mutators[0]` does not get what is where a Secret of it goes',
    },
  ]),
  [
    'a Secret that .krmignore keeps from kpt',
    {
      mutators: [OURS],
      files: { '.krmignore': 'team-a/\n', 'team-a/secret_deployer.yaml': SECRET.replace('keys', 'deployer') },
      says: '`pipeline.mutators[0]` does not get what is where a Secret of it goes',
    },
  ],
  [
    'selectors that hide the Secret of the options',
    {
      mutators: [
        '{exec: function-sts-assume-role, selectors: [{kind: STSAssumeRoleToken}], configMap: {name: x, region: eu-west-1, role: "arn:aws:iam::123456789012:role/deployer"}}',
      ],
      files: { 'a.yaml': SECRET.replace('keys', 'x') },
      says: '`pipeline.mutators[0]` does not get what is where a Secret of it goes',
    },
  ],
  [
    'selectors of labels that may find an object twice',
    {
      mutators: ['{exec: function-sts-assume-role, selectors: [{labels: {a: b}}, {labels: {a: b, c: d}}]}'],
      spec: spec('namespace: team-a\n  labels: {a: b}'),
      says: 'the selectors of `pipeline.mutators[0]` may find an object twice',
    },
  ],
  [
    'another order of packages',
    {
      mutators: [OURS],
      files: {
        '../Kptfile': `${BREADTH_FIRST}pipeline: {mutators: [{image: "gcr.io/kpt-fn/gatekeeper:v0"}]}\n`,
      },
      line: 'Kptfile:3',
      says: '`kpt.dev/bfs-rendering` changes the order of packages',
    },
  ],
])('%s: the plan says it, and render refuses', async (_, { says, step = 0, line = 'app/Kptfile:5', ...all }) => {
  write(all);
  const isLater = all.mutators.indexOf(OURS) >= 0 && all.mutators.indexOf(OURS) < step;
  const what = says ?? `\`pipeline.mutators[${step}]\` ${CHANGES}${isLater ? ', and runs after it' : ''}`;
  const at = `${folder.path}/${line}`;
  const command = `kpt fn render ${folder.path}/app --allow-exec -o unwrap`;
  expect(await run('plan')).toMatchObject({
    exit: 0,
    stdout: expect.stringContaining('issue'),
    stderr: `info: ${at}: the plan leaves out that ${what}. Run \`STS_FUNCTION_MODE=plan ${command}\` to plan with it. [PLAN]\n`,
  });
  const before = sts.calls.length;
  const said = (cure: string) => `error: ${at}: cannot render this package: ${what}. ${cure} [HOST_NEEDED]\n`;
  expect(await run('render')).toMatchObject({ exit: 1, stdout: '', stderr: said(`Run \`${command}\`.`) });
  const inPlace = command.replace(' -o unwrap', '');
  expect(await run('render', '-i')).toMatchObject({ exit: 1, stdout: '', stderr: said(`Run \`${inPlace}\`.`) });
  expect(sts.calls.length).toBe(before);
});

test('a program by its path may be of who wrote the package, wherever it is: the plan says it', async () => {
  folder.write('function-sts-assume-role', '');
  write({ mutators: [`{exec: ${folder.path}/function-sts-assume-role}`] });
  expect((await run('plan')).stderr).toContain(OTHER);
});

test.each([
  ['a program with another name', '{exec: ./credentials}'],
  ['this program behind another one', '{exec: "sh -c function-sts-assume-role"}'],
  ['this program in quotes', `{exec: "'function-sts-assume-role'"}`],
  ['a path that looks like a comment', '{exec: "# a/credentials"}'],
  ['an image of somebody', '{image: example.org/credentials}'],
])('%s may start this function: the plan says it, and render refuses', async (_, step) => {
  write({ mutators: [step] });
  const at = `${folder.path}/app/Kptfile:5`;
  const { exit, stderr } = await run('plan');
  expect(exit).toBe(0);
  expect(stderr).toContain(`info: ${at}: the plan leaves out that \`pipeline.mutators[0]\` may start this function. `);
  const rendered = await run('render');
  expect(rendered).toMatchObject({ exit: 1, stdout: '' });
  expect(rendered.stderr).toContain(
    `error: ${at}: cannot render this package: \`pipeline.mutators[0]\` may start this function. `,
  );
});

test.each([
  ['the package', 'spec.yaml', {}],
  ['a package inside', 'sub/spec.yaml', { 'sub/Kptfile': kptfile([]) }],
])('this function as a validator tells nothing of other steps over %s', async (_, path, files) => {
  const mutators = ['{exec: "sh wrapper.sh"}'];
  write({ mutators, validators: [OURS], spec: '', files: { ...files, [path]: spec() } });
  const what = 'that `pipeline.mutators[0]` may start this function. ';
  expect((await run('plan')).stderr).toContain(`the plan leaves out ${what}`);
  expect(await run('render')).toMatchObject({ exit: 1, stdout: '' });
  write({ mutators: [], validators: [OURS], files });
  expect((await run('plan')).stderr).not.toContain('the plan leaves out');
});

test('what this function as a validator is asked for in the Kptfile alone, no plan shows: it says so', async () => {
  const validator = `{exec: function-sts-assume-role, configMap: {kind: STSAssumeRoleToken, role: "${ROLES}other"}}`;
  write({ mutators: [], validators: [validator], spec: '' });
  expect((await run('plan')).stderr).toContain(
    'the plan leaves out that `pipeline.validators[0]` may start this function. ',
  );
});

test('a program may add a generator where none is in sight: the plan says it', async () => {
  folder.write('app/Kptfile', kptfile(['{exec: ./credentials}']));
  expect((await run('plan')).stderr).toContain(
    'the plan leaves out that `pipeline.mutators[0]` may start this function. ',
  );
});

test('what only kpt knows of a package, it knows of one in it that starts this function too', async () => {
  write({
    mutators: [OURS],
    files: { 'sub/Kptfile': kptfile([OURS]), 'sub/spec.yaml': spec().replace('deployer', 'b') },
  });
  symlinkSync('spec.yaml', join(folder.path, 'app/list.yaml'));
  expect(await run('render')).toMatchObject({ exit: 1, stdout: '' });
});

test.each([
  ['another step', { mutators: [TWICE, OURS] }],
  ['a package inside', { mutators: [OURS], files: { 'sub/Kptfile': kptfile([TWICE]), 'sub/spec.yaml': spec() } }],
  ['this function with arguments', { mutators: [OURS, '{exec: "function-sts-assume-role --help"}'] }],
])('where kpt may fail at %s, nothing of the package is rendered', async (_, all: Package) => {
  write({ ...all, spec: spec().replace('deployer', 'a') });
  expect(await run('render')).toMatchObject({ exit: 1, stdout: '' });
});

test('where kpt may fail at one package, none beside it in the same one is rendered', async () => {
  folder.write('app/Kptfile', kptfile([]));
  folder.write('app/a/Kptfile', kptfile([OURS]));
  folder.write('app/a/spec.yaml', spec());
  folder.write('app/b/Kptfile', kptfile([OURS]));
  folder.write('app/b/spec.yaml', spec().replace('deployer', 'b'));
  expect(emittedSecrets((await run('render')).stdout)).toHaveLength(2);
  const failing = [
    [OURS, '{exec: "false"}'],
    [OURS, setters('image: b')],
    ['{exec: function-sts-assume-role, configPath: gone.yaml}'],
  ];
  folder.write(
    'app/b/a.yaml',
    'apiVersion: v1\nkind: A\nmetadata: {name: a}\nspec:\n  image: a # kpt-set: ${image}${other}\n',
  );
  for (const steps of failing) {
    folder.write('app/b/Kptfile', kptfile(steps));
    expect(await run('render')).toMatchObject({ exit: 1, stdout: '' });
  }
  expect((await run('plan')).stderr).toContain(`kpt fn render ${folder.path}/app --allow-exec`);
});

test('a function of the catalogue starts no other one', async () => {
  write({ mutators: [setNamespace('prod')] });
  expect((await run('plan')).stderr).not.toContain('may start');
  expect(emittedSecrets((await run('render')).stdout)).toHaveLength(1);
});

const INNER = { 'sub/Kptfile': kptfile([OURS]), 'sub/spec.yaml': spec() };

test.each<[string, Record<string, string>, string, string?]>([
  ['a file that is no object', { 'a.yaml': 'a: b\n' }, 'kpt refuses "DIR/app/a.yaml", or reads it otherwise'],
  [
    'a file that is no YAML in a package beside it',
    { 'b/Kptfile': kptfile([]), 'b/a.yaml': 'a: [b\n' },
    'kpt refuses "DIR/app/b/a.yaml", or reads it otherwise',
  ],
  [
    'a hidden file of ours that cannot be read',
    { 'b/.a.yaml': spec().replace('metadata:', 'metadata: [') },
    'kpt refuses "DIR/app/b/.a.yaml", or reads it otherwise',
  ],
  [
    'an image in a package beside it',
    { 'b/Kptfile': kptfile(['{image: "example.org/x:v1"}']) },
    '`pipeline.mutators[0]` may fail',
    'app/b/Kptfile:5',
  ],
  [
    'a function of the catalogue without its options',
    { 'b/Kptfile': kptfile([setters('')]) },
    '`pipeline.mutators[0]` may fail',
    'app/b/Kptfile:5',
  ],
  [
    'options that are not there',
    { 'b/Kptfile': kptfile([], ['{image: "gcr.io/kpt-fn/kubeval:v0.3", configPath: a.yaml}']) },
    'kpt refuses a `configPath`',
    'app/b/Kptfile:4',
  ],
])(
  'where kpt may fail around a package at %s, the plan says it, and render refuses',
  async (_, files, what, line = '') => {
    write({ mutators: [], spec: '', files: { ...INNER, ...files } });
    const said = what.replace('DIR', folder.path);
    const at = line === '' ? '' : `${folder.path}/${line}: `;
    const command = `kpt fn render ${folder.path}/app --allow-exec -o unwrap`;
    const { exit, stdout, stderr } = await run('plan');
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: expect.stringContaining('issue') });
    expect(stderr).toBe(
      `info: ${at}the plan leaves out that ${said}. Run \`STS_FUNCTION_MODE=plan ${command}\` to plan with it. [PLAN]\n`,
    );
    expect(await run('render')).toMatchObject({
      ...{ exit: 1, stdout: '' },
      stderr: `error: ${at}cannot render this package: ${said}. Run \`${command}\`. [HOST_NEEDED]\n`,
    });
  },
);

test('a link around a package that starts this function may be anything: the plan says it, and render refuses', async () => {
  write({ mutators: [], spec: '', files: INNER });
  symlinkSync('spec.yaml', join(folder.path, 'app/list.yaml'));
  expect((await run('plan')).stderr).toContain(`kpt reads "${folder.path}/app/list.yaml", which is a link or no file`);
  expect(await run('render')).toMatchObject({ exit: 1, stdout: '' });
});

test("functions of the catalogue may change another package's objects", async () => {
  const steps = [SET_LABELS, setNamespace('other'), setters('role: other')];
  const validators = ['{image: "gcr.io/kpt-fn/kubeval:v0.3"}'];
  const object = 'apiVersion: v1\nkind: A\nmetadata: {name: a}\nspec:\n  role: a # kpt-set: ${role}\n';
  const files = { 'b/Kptfile': kptfile(steps, validators), 'b/a.yaml': object, 'b/keys.yaml': SECRET };
  write({ mutators: [], spec: '', files: { ...INNER, ...files } });
  expect(await run('plan')).toMatchObject({ exit: 0, stderr: '' });
  expect(emittedSecrets((await run('render')).stdout)).toHaveLength(1);
});

test('an error in one package keeps kpt from rendering those in it and around it: the plan says so, and render refuses', async () => {
  const broken = spec().replace('eu-west-1', 'nowhere').replace('deployer', 'broken');
  write({ mutators: [OURS], files: { ...INNER, 'b/Kptfile': kptfile([OURS]), 'b/spec.yaml': broken } });
  const { exit, stderr } = await run('plan');
  expect(exit).toBe(1);
  expect(stderr).toContain(
    `the plan leaves out that kpt renders all of a package or nothing, and in "${folder.path}/app" is an error.`,
  );
  const rendered = await run('render');
  expect({ exit: rendered.exit, secrets: emittedSecrets(rendered.stdout) }).toEqual({ exit: 1, secrets: [] });
});
