import { expect, test } from '@jest/globals';
import { specDocument } from '../../support/manifests.ts';
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

test.each([
  ['without a kind', 'values.yaml', 'a: b\n'],
  ['without a name', 'list.yaml', 'apiVersion: v1\nkind: List\nitems: []\n'],
  ['with a name elsewhere', 'a.yaml', 'apiVersion: v1\nkind: A\nmetadata:\n  labels: {}\nspec:\n  name: a\n'],
  ['that is a list', '.github/a.yml', '- a\n'],
  ['of JSON', 'package.json', '{"name": "a"}'],
])('a document %s refuses its package, as for kpt', (_, name, text) => {
  expect(read(name, text)).toEqual([
    `DIR/a | kpt | - | a | cannot read "DIR/a/${name}": kpt wants apiVersion, kind and metadata.name in each document. Name the file in .krmignore, or move it.`,
    'DIR/b | kpt | - | b',
  ]);
  expect(read(name, text, { 'a/.krmignore': `${name}\n` })).toEqual(['DIR/a | kpt | - | a', 'DIR/b | kpt | - | b']);
});

const A = 'apiVersion: v1\nkind: A\nmetadata: {name: a}\n';
const LINES_HIDE = 'apiVersion: v1\nkind:\n  A\nmetadata: {name: a, annotations: {a: "\nkind: B\n  "}}\n';

test.each([
  ['a tab between values', `${A}a:\tb\n`],
  ['a directive', `%YAML 1.1\n---\n${A}`],
  ['an object behind an end', `${A}...\n${A}`],
  ['a text behind dashes', `${A}--- # a\n${A.replace('name: a', 'name: b')}--- {}\n`],
  ['dashes and a comment without a blank', `${A}---#\n${A}`],
  ['an escape that Go does not know', `${A}a: "\\/"\n`],
  ['a key that is a map', `${A}a: {{b: c}: d}\n`],
  ['a tag', `!!null\n${A}`],
  ['a tag of a key', `! ${A}`],
  ['half of a pair of escapes', `${A}a: "\\ud83d\\ude00"\n`],
  ['a character of control', `${A}a: \u0001\n`],
  ['a line in quotes that hides its kind', LINES_HIDE],
  ['annotations that are a list', A.replace('{name: a}', '{name: a, annotations: [a]}')],
  ['what is no UTF-8', Buffer.from(`${A}a: \u00fc\n`, 'latin1')],
])('a file with %s refuses its package, since kpt may read it otherwise', (_, text) => {
  const [first, ...others] = read('a.yaml', text);
  expect(first).toMatch(/^DIR\/a \| kpt \| - \| a \| .*cannot read "DIR\/a\/a\.yaml": /);
  expect(others).toEqual(['DIR/b | kpt | - | b']);
  expect(read('a.yaml', text, { 'a/.krmignore': 'a.yaml\n' })).toEqual(['DIR/a | kpt | - | a', 'DIR/b | kpt | - | b']);
});

test.each([
  ['tabs in a text', `${A}a: |\n  b:\tc\n\td: e\n`.replace('\n\td', '\n  \td')],
  ['an end', `${A}...\n`],
  ['escapes in a text', `${A}a: |\n  "\\ud83d\\/"\n`],
])('a file with %s refuses nothing', (_, text) => {
  expect(read('a.yaml', text)).toEqual(['DIR/a | kpt | - | a', 'DIR/b | kpt | - | b']);
});

test('a list has no objects for kpt', () => {
  const others = 'apiVersion: v1\nkind: List\nmetadata: {name: a}\nitems: [{apiVersion: v1, kind: A}]\n';
  expect(read('a.yaml', others)[0]).not.toContain('cannot read');
  const [item = ''] = [specDocument('b').trim().replaceAll('\n', '\n  ')];
  const text = `apiVersion: v1\nkind: List\nmetadata: {name: a}\nitems:\n- ${item}\n`;
  expect(read('a.yaml', text)[0]).toContain('for kpt the `items` of a list are no objects');
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
  ['of a component', 'a.yaml', 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n'],
  ['that kpt does not read', 'a.txt', 'a: b\n'],
])('a document %s refuses nothing', (_, name, text) => {
  expect(read(name, text)).toEqual(['DIR/a | kpt | - | a', 'DIR/b | kpt | - | b']);
});
