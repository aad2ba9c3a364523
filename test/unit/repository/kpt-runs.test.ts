import { expect, test } from '@jest/globals';
import { specDocument } from '../../support/manifests.ts';
import { kptfile, runsIn } from '../../support/runs-in.ts';

const read = (name: string, text: string, more: Record<string, string> = {}) =>
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
