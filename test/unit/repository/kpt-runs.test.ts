import { expect, test } from '@jest/globals';
import { externalSecret, specDocument } from '../../support/manifests.ts';
import { input, kptfile, runsIn } from '../../support/runs-in.ts';

const read = (name: string, text: string | Uint8Array, more: Record<string, string> = {}) =>
  runsIn({
    'a/Kptfile': kptfile(''),
    'a/spec.yaml': specDocument('a'),
    [`a/${name}`]: text,
    ...more,
    'b/Kptfile': kptfile(''),
    'b/spec.yaml': specDocument('b'),
  }).runs;

const REFUSED =
  /^DIR\/a \| kpt \| - \| a \| .*cannot read .*: .* Where kpt need not read the file, name it in \.krmignore\.$/;

test.each([
  ['without a kind', 'values.yaml', 'a: b\n'],
  ['without a name', 'list.yaml', 'apiVersion: v1\nkind: List\nitems: []\n'],
  ['with a name elsewhere', 'a.yaml', 'apiVersion: v1\nkind: A\nmetadata:\n  labels: {}\nspec:\n  name: a\n'],
  ['that is a list', '.github/a.yml', '- a\n'],
  ['of JSON', 'package.json', '{"name": "a"}'],
  ['of a list with a name', 'a.yaml', 'apiVersion: v1\nkind: List\nmetadata: {name: a}\nitems: []\n'],
  ['without a version', 'a.yaml', 'kind: A\nmetadata: {name: a}\n'],
  ['with a name that is a map', 'a.yaml', 'apiVersion: v1\nkind: A\nmetadata: {name: {a: b}}\n'],
  ['with a name by alias', 'a.yaml', 'apiVersion: v1\nkind: A\nmetadata: {labels: {a: &a b}, name: *a}\n'],
  [
    'of a kustomization with identities of kpt',
    'kustomization.yaml',
    'metadata: {annotations: {config.k8s.io/id: "1"}}\n',
  ],
  [
    'in whose place kpt writes another',
    'a.yaml',
    'apiVersion: v1\nkind: A\nmetadata: {name: a}\n"bareSeqNodeWrapp\\x69ngKey": [b]\n',
  ],
  ['of JSON with a key that JSON has not', 'a.json', '{apiVersion: v1, kind: A, metadata: {name: a}, data: {1: b}}\n'],
  ['of JSON with a number that JSON has not', 'a.json', '{apiVersion: v1, kind: A, metadata: {name: a}, data: .inf}\n'],
  ['of a component', 'a.yaml', 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n'],
])('a document %s refuses its package, as for kpt', (_, name, text) => {
  expect(read(name, text)).toEqual([expect.stringMatching(REFUSED), 'DIR/b | kpt | - | b']);
  expect(read(name, text, { 'a/.krmignore': `${name}\n` })).toEqual(['DIR/a | kpt | - | a', 'DIR/b | kpt | - | b']);
});

const A = 'apiVersion: v1\nkind: A\nmetadata: {name: a}\n';
const annotated = (text: string) => A.replace('{name: a}', `{name: a, annotations: ${text}}`);
const LINES_HIDE = 'apiVersion: v1\nkind:\n  A\nmetadata: {name: a, annotations: {a: "\nkind: B\n  "}}\n';

test.each([
  ['a tab behind a dash', `${A}a:\n-\tb\n`],
  ['a tab before a value on its own line', `${A}a:\n \tb\n`],
  ['a tab in brackets', `${A}a: {\n\tb: c\n  }\n`],
  ['a tab at the start of a text', `${A}a: |\n  \tb\n`],
  ['a key over lines', `${A}a: {"b\n  c": d}\n`],
  ['a key over lines without quotes', `${A}a: {b\n  c: d}\n`],
  ['a colon on the next line', `${A}a: {b\n  : d}\n`],
  ['an empty key', `${A}a: {: d}\n`],
  ['a key that ends where a map begins', `${A}a: {b:{c: d}}\n`],
  ['a directive', `%YAML 1.1\n---\n${A}`],
  ['an object behind an end', `${A}...\n${A}`],
  ['a text behind dashes', `${A}--- # a\n${A.replace('name: a', 'name: b')}--- {}\n`],
  ['dashes and a comment without a blank', `${A}---#\n${A}`],
  ['an escape that Go does not know', `${A}a: "\\/"\n`],
  ['a key that is a map', `${A}a: {{b: c}: d}\n`],
  ['an anchor with a sign', `${A}a: &b.c d\n`],
  ['an empty key in quotes', `${A}a: {"": b}\n`],
  ['a key that is a list', `${A}a: [b]:\n`],
  ['a key of a thousand characters', `${A}a: {${'b'.repeat(1100)}: c}\n`],
  ['a question mark in brackets', `${A}a: {b?: c}\n`],
  ['a colon before a text in brackets', `${A}a: [:b]\n`],
  ['an escaped line end before an empty line', `${A}a: "b\\\n\n  c"\n`],
  ['a comment before a brace', `${A}a: {\n  b: c # d\n  }\n`],
  ['a comment behind a map in a list', `${A}a: [\n  {b: c}, # d\n  e]\n`],
  ['a comment behind a colon', `${A}a: {b: # c\n  d}\n`],
  [
    'a comment that is the schema of a list',
    `${A}a: # {"$ref":"#/definitions/io.k8s.api.core.v1.PodSpec"}\n  b: [c]\n`,
  ],
  ['the same before it', `${A}##{ "x-kubernetes-patch-merge-key":"b" } \na:\n- c\n`],
  ['the same beside a setter', `${A}a: b # {"$openapi":"a","$ref":"b"}\n`],
  ['a container that is a text', `apiVersion: apps/v1\nkind: B\nmetadata: {name: a}\nspec: {containers: [a]}\n`],
  ['a variable that is an alias', 'apiVersion: v1\nkind: B\nmetadata: {name: a}\na: &a {name: b}\nenv: [*a]\n'],
  ['a tag', `!!null\n${A}`],
  ['a tag of a key', `! ${A}`],
  ['half of a pair of escapes', `${A}a: "\\ud83d\\ude00"\n`],
  ['a character of control', `${A}a: \u0001\n`],
  ['a line in quotes that hides its kind', LINES_HIDE],
  ['annotations that are a list', annotated('[a]')],
  ['annotations by alias', A.replace('{name: a}', '{name: a, labels: &a {a: b}, annotations: *a}')],
  ['an index of kpt', annotated('{config.kubernetes.io/index: &a "5"}')],
  ['an identity of kpt', annotated('{config.k8s.io/id: "1"}')],
  ['a path inside of kpt', annotated('{"internal.config.kubernetes.io/p\\x61th": a.yaml}')],
  ['an identity of kustomize', annotated('{kustomize.config.k8s.io/id: "1"}')],
  ['what is no UTF-8', Buffer.from(`${A}a: \u00fc\n`, 'latin1')],
])('a file with %s refuses its package, since kpt may read it otherwise', (_, text) => {
  expect(read('a.yaml', text)).toEqual([expect.stringMatching(REFUSED), 'DIR/b | kpt | - | b']);
  expect(read('a.yaml', text, { 'a/.krmignore': 'a.yaml\n' })).toEqual(['DIR/a | kpt | - | a', 'DIR/b | kpt | - | b']);
});

test.each([
  ['tabs behind values', `${A}a:\tb\t\nc: d\t# e\n`],
  [
    'JSON that is indented with tabs',
    `{\n\t"apiVersion": "v1",\n\t"kind": "A",\n\t"metadata": {\n\t\t"name":\t"a"\n\t}\n}\n`,
  ],
  ['tabs in a text', `${A}a: |\n  b:\tc\n\td: e\n`.replace('\n\td', '\n  \td')],
  ['an end', `${A}...\n`],
  ['escapes in a text', `${A}a: |\n  "\\ud83d\\/"\n`],
  ['anchors, question marks and colons', `${A}a: &a-b_1 {b: c}\nd: *a-b_1\ne: f?:g\nh: :i\nj: ["k?", ":l"]\n`],
  ['comments in brackets', `${A}a: [ # b\n  c, # d\n  {e: f} # g\n  ]\nh: {i: j, # k\n  l: m} # n\n`],
  [
    'comments that are no schema',
    `# {"a": b},\n# {{ "a" }} b\n${A}a: b # {"$openapi":"a"}\nc: |\n  # {"a": "b"}\nd: e # kpt-set: ${'${e}'}\n`,
  ],
  [
    'lists of maps by a key',
    `apiVersion: v1\nkind: B\nmetadata: {name: a}\nenv: &a [{name: b}]\nb: {env: *a, args: [c]}\n`,
  ],
  ["a key's list of another group", 'apiVersion: example.org/v1\nkind: B\nmetadata: {name: a}\nports: [80]\n'],
  ['folded texts', `${A}a: >\n  b\n   c\n`],
])('a file with %s refuses nothing', (_, text) => {
  expect(read('a.yaml', text)).toEqual(['DIR/a | kpt | - | a', 'DIR/b | kpt | - | b']);
});

test('an indented line in a folded text of ours refuses its package: kpt gives it an empty line', () => {
  const folded = (lines: string) => read('a.yaml', `${input('a')}ttl: >\n  a\n${lines}`)[0];
  expect(folded('  b\n')).not.toContain('cannot read');
  expect(folded('   b\n')).toContain('a folded text with an indented line');
});

test('an empty line at the end of a folded text of ours refuses its package: kpt gives it one more', () => {
  const folded = (lines: string) => read('a.yaml', `${input('a')}ttl: >+\n  a\n${lines}`)[0];
  expect(folded('\n  b\n')).not.toContain('cannot read');
  expect(folded('\nx: y\n')).toContain('or an empty one at its end');
});

test('an indented line in a folded text that an ExternalSecret may read refuses its package', () => {
  const folded = (files: Record<string, string>) =>
    read('a.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: >\n    b\n     c\n', files)[0];
  expect(folded({})).not.toContain('cannot read');
  expect(folded({ 'a/e.yaml': JSON.stringify(externalSecret({})) })).toContain('a folded text with an indented line');
});

test.each([
  ['./options.yaml', { 'a/options.yaml': `---\n---\n${input('a')}` }, 'kpt wants a file with one object'],
  ['secret_a.yaml', { 'a/secret_a.yaml': input('a') }, 'where a Secret may go'],
])('configPath: %s is refused, since kpt may read another object', (path, files, cause) => {
  const { runs } = runsIn({
    'a/Kptfile': kptfile(`, configPath: ${path}`),
    'a/spec.yaml': specDocument('a'),
    ...files,
  });
  expect(runs).toEqual([expect.stringContaining(cause)]);
});

test("another step's options without an object are refused: kpt ends there", () => {
  const files = {
    'a/Kptfile':
      'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: a}\npipeline:\n  mutators: [{exec: function-sts-assume-role}]\n  validators: [{image: gcr.io/kpt-fn/kubeconform:v0.1, configPath: empty.yaml}]\n',
    'a/spec.yaml': specDocument('a'),
    'a/empty.yaml': '# nothing yet\n',
  };
  expect(runsIn(files).runs).toEqual([
    expect.stringContaining('`configPath` names "DIR/a/empty.yaml", which has no Input'),
  ]);
});

test('an empty map in a selector is left out, as for kpt', () => {
  const files = { 'a/spec.yaml': specDocument('a') };
  const { runs } = runsIn({ 'a/Kptfile': kptfile(', exclude: [{labels: {}}]'), ...files });
  expect(runs).toEqual(['DIR/a | kpt | - | a']);
});

test.each([
  ['with nothing in it', 'a.yaml', '# a\n---\n'],
  ['in flow style', 'a.yaml', '{apiVersion: v1, kind: A, metadata: {name: a}}\n'],
  ['with a quoted head', 'a.yaml', '"apiVersion": v1\n"kind": A\n"metadata":\n  "name": a\n'],
  ['with comments in its head', 'a.yaml', 'apiVersion: v1\nkind: A\nmetadata: # a\n\n  # b\n  name: a\n'],
  ['of a kustomization', 'kustomization.yaml', 'namePrefix: a\n'],
  ['with another annotation', 'a.yaml', annotated('{config.kubernetes.io/local-config: "true"}')],
  ['with aliases', 'a.yaml', `${A}data: {a: &a b, b: *a}\n`],
  ['that kpt does not read', 'a.txt', 'a: b\n'],
])('a document %s refuses nothing', (_, name, text) => {
  expect(read(name, text)).toEqual(['DIR/a | kpt | - | a', 'DIR/b | kpt | - | b']);
});
