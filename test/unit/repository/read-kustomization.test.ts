import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { messageOf } from '../../../function/findings/finding.ts';
import { readRepository } from '../../../function/repository/repository.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const OBJECT = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n';
const FILES = {
  'top/a.yaml': OBJECT,
  'top/é.yaml': OBJECT,
  'top/a{b}.yaml': OBJECT,
  'top/sub/b.yaml': OBJECT,
  'base/kustomization.yaml': 'resources: []\n',
  'part/Kustomization': 'kind: Component\nresources: []\n',
  'plain/a.yaml': OBJECT,
};

const OTHERWISE =
  'Go reads tabs between values, tags, `?`, signs in anchors, odd keys, empty values in brackets and some escapes otherwise. Write it plainly.';

/** What is said of `top/kustomization.yaml`, with its line. */
function read(text: string, files: Record<string, string> = {}, links: readonly string[] = []): string[] {
  using folder = temporaryFolder({ ...FILES, ...files, 'top/kustomization.yaml': text });
  for (const link of links) symlinkSync('../base/kustomization.yaml', join(folder.path, link));
  return readRepository([folder.path]).findings.map(
    (one) =>
      `${one.location?.line} ${messageOf(one).replace(/^cannot read this kustomization as kustomize 5\.8\.1 does: /, '')}`,
  );
}

describe('what kustomize refuses, or another reader of YAML takes for something else', () => {
  test.each<[string, string, string]>([
    ['a field', 'namespce: x\n', '1 there is no field "namespce"; did you mean `namespace`? Correct it.'],
    [
      'another',
      'resources: []\ngenerator: [a.yaml]\n',
      '2 there is no field "generator"; did you mean `generators`? Correct it.',
    ],
    ['a question mark in brackets', 'commonAnnotations: {a: b?c}\n', `1 ${OTHERWISE}`],
    [
      'a directive',
      '%YAML 1.2\n---\nresources: []\n',
      '1 hosts may find other objects behind this mark. Write `---` alone between two documents, and no other mark.',
    ],
    ['white space with a tab', 'resources: []\n\t# a\n', `2 ${OTHERWISE}`],
    ['a line end before an empty line', 'namePrefix: "a\\\n\n b"\n', `1 ${OTHERWISE}`],
    ['a field in another case', 'Patches: []\n', '1 there is no field "Patches"; did you mean `patches`? Correct it.'],
    ['a field that nobody means', 'constructor: []\n', '1 there is no field "constructor". Remove it.'],
    [
      'a field inside',
      'patches:\n- path: a.yaml\n  taget: {}\n',
      '3 there is no field "taget" in `patches[0]`; did you mean `target`? Correct it.',
    ],
    [
      'a field deep inside',
      'vars:\n- objref: {nam: a}\n',
      '2 there is no field "nam" in `vars[0].objref`; did you mean `name`? Correct it.',
    ],
    ['a list in place of a text', 'namespace:\n- x\n', '2 `namespace` must be a string. Correct it.'],
    ['a text in place of a list', 'resources: a.yaml\n', '1 `resources` must be a list. Correct it.'],
    ['a text in place of a map', 'metadata: a\n', '1 `metadata` must be a map. Correct it.'],
    ['no map', '- a\n', '1 it must be a map. Correct it.'],
    ['nothing', '# empty\n', '1 it must be a map. Correct it.'],
    ['a number', 'commonLabels: {a: 5}\n', '1 `commonLabels` must be a string. Put it in quotes.'],
    ['a boolean of YAML 1.1', 'labels:\n- pairs: {a: y}\n', '2 `labels[0].pairs` must be a string. Put it in quotes.'],
    [
      'a number of YAML 1.1',
      'commonAnnotations: {a: 1_0}\n',
      '1 `commonAnnotations` must be a string. Put it in quotes.',
    ],
    ['a number of Go', 'commonAnnotations: {a: 1e_3}\n', '1 `commonAnnotations` must be a string. Put it in quotes.'],
    ['a label of nothing', 'commonLabels: {a: }\n', '1 `commonLabels` must be a string. Correct it.'],
    ['a key of YAML 1.1', 'commonLabels: {on: a}\n', '1 a key must be a string. Put it in quotes.'],
    [
      'a word for a boolean',
      'labels:\n- includeSelectors: "true"\n',
      '2 `labels[0].includeSelectors` must be `true` or `false`. Correct it.',
    ],
    [
      'a word for a number',
      'replicas: [{name: a, count: two}]\n',
      '1 `replicas[0].count` must be a whole number. Correct it.',
    ],
    ['a merge key', 'metadata: &a {name: b}\n<<: *a\n', '2 a merge key (`<<`) stands in it. Write out what it merges.'],
    ['a tag', 'namespace: !!str 5\n', '1 it has a tag. Remove it.'],
    [
      'an alias of another type',
      'metadata: &a {name: b}\nnamespace: *a\n',
      '2 `namespace` must be a string. Correct it.',
    ],
    [
      'a kind',
      'kind: Kustomisation\nresources: []\n',
      '1 its kind is "Kustomisation". Write `Kustomization` or `Component`.',
    ],
    [
      'an apiVersion',
      'apiVersion: v1\nresources: []\n',
      '1 its apiVersion is "v1". Write `kustomize.config.k8s.io/v1beta1`.',
    ],
    [
      'the apiVersion of the other kind',
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Component\nresources: []\n',
      '1 its apiVersion is "kustomize.config.k8s.io/v1beta1". Write `kustomize.config.k8s.io/v1alpha1`.',
    ],
    [
      'no field',
      'kind: Kustomization\nnamePrefix: ""\nbases: []\nresources:\n',
      '1 it is empty. Remove it, or add a field.',
    ],
    [
      'a base that is not there',
      'resources: [../bas]\n',
      '1 `resources[0]` names "../bas", which is not there. Correct the path, or add it.',
    ],
    [
      'a generator',
      'generators: [gone.yaml]\n',
      '1 `generators[0]` names "gone.yaml", which is not there. Correct the path, or add it.',
    ],
    [
      'a validator',
      'validators: [gone.yaml]\n',
      '1 `validators[0]` names "gone.yaml", which is not there. Correct the path, or add it.',
    ],
    [
      'a patch',
      'patches:\n- path: a.yaml\n- path: gone.yaml\n',
      '3 `patches[1].path` names "gone.yaml", which is not there. Correct the path, or add it.',
    ],
    [
      'an older patch',
      'patchesStrategicMerge: [gone.yaml]\n',
      '1 `patchesStrategicMerge[0]` names "gone.yaml", which is not there. Correct the path, or add it.',
    ],
    [
      'a file of a generated Secret',
      'secretGenerator: [{name: a, files: [k=gone]}]\n',
      '1 `secretGenerator[0].files[0]` names "k=gone", which is not there. Correct the path, or add it.',
    ],
    [
      'a schema',
      'openapi: {path: gone}\n',
      '1 `openapi.path` names "gone", which is not there. Correct the path, or add it.',
    ],
    [
      'a folder without a kustomization',
      'resources: [../plain]\n',
      '1 `resources[0]` names "../plain", which has no kustomization. Name its files.',
    ],
    [
      'a file that is named twice',
      'resources: [a.yaml]\nbases: [./a.yaml]\n',
      '2 `bases[0]` names "./a.yaml", which is there twice. Remove one of the two.',
    ],
    [
      'a component that is named twice',
      'components: [../part, ../part/]\n',
      '1 `components[1]` names "../part/", which is there twice. Remove one of the two.',
    ],
    [
      'a file as a component',
      'components: [a.yaml]\n',
      '1 `components[0]` names "a.yaml", which is a file. Name a folder with a component.',
    ],
    [
      'a folder as a patch',
      'patches: [{path: sub}]\n',
      '1 `patches[0].path` names "sub", which is a folder. Name a file.',
    ],
    [
      'a file outside',
      'resources: [../plain/a.yaml]\n',
      '1 `resources[0]` names "../plain/a.yaml", which is outside of this folder. Name a folder with a kustomization of its own.',
    ],
    [
      'a patch outside',
      'patches: [{path: ../plain/a.yaml}]\n',
      '1 `patches[0].path` names "../plain/a.yaml", which is outside of this folder. Move it here.',
    ],
    ...['{}', 'null', '', '# a', 'a: b', '{kind: A}', `${OBJECT}...\n${OBJECT}`].map(
      (entry): [string, string, string] => [
        `${JSON.stringify(entry)} as a generator`,
        `generators: [${JSON.stringify(entry)}]\n`,
        `1 \`generators[0]\` names ${JSON.stringify(entry)}, which may be a path or an object. Write an object with \`kind\` and \`metadata.name\`, or a path.`,
      ],
    ),
  ])('%s', (_, text, said) => {
    expect(read(text)).toEqual([said]);
  });

  test.each<[string, string, string]>([
    ['by its name', 'resources: []\n', 'kustomization.yml'],
    ['a link', 'resources: []\n', 'Kustomization'],
  ])('another kustomization beside it, %s', (what, text, name) => {
    const seen = what === 'a link' ? read(text, {}, [`top/${name}`]) : read(text, { [`top/${name}`]: text });
    expect(seen).toContain(`1 "${name}" is in the same folder. Remove one of the two.`);
  });
});

test.each<[string, string]>([
  [
    'all that is named',
    'resources: [a.yaml, sub/b.yaml, é.yaml, ../base]\ncomponents: [../part]\npatches: [{path: a.yaml}]\n',
  ],
  [
    'fields without a value',
    'resources: [a.yaml]\ncrds: [a.yaml, a.yaml]\npatches:\nnamePrefix:\nmetadata: {name: }\n',
  ],
  [
    'texts that look like more',
    'commonAnnotations: {a: "y", b: 2024-01-01, c: 12:30, d: 1.2.3, e: v1, f: \'5\', g: _}\n',
  ],
  ['an alias', 'metadata: {labels: &a {a: b}}\ncommonLabels: *a\n'],
  ['merge keys in the values of a chart', 'helmCharts: [{name: a, valuesInline: {a: &a {b: c}, d: {<<: *a, e: 5}}}]\n'],
  ['JSON', '{"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": ["a.yaml"]}'],
  ['a path with a brace', 'generators: ["a{b}.yaml"]\n'],
  [
    'several objects that are written',
    `generators: [${JSON.stringify(`${OBJECT}---\n${OBJECT.replace('name: a', 'name: b')}`)}]\n`,
  ],
  [
    'addresses',
    'resources: [https://example.org/a.yaml, "git@example.org:a/b", "github.com/a/b?ref=c"]\ncrds: [http://a/b]\n',
  ],
  ['tabs behind values and before comments', 'resources: [a.yaml,\tsub/b.yaml]\t# a\nnamePrefix:\ta-\t\n'],
  ['an empty list', 'resources: []\n'],
  [
    "Flux's object",
    'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\nspec: {path: ./gone}\n',
  ],
])('innocent: %s', (_, text) => {
  expect(read(text)).toEqual([]);
});

test('a link is not looked behind', () => {
  expect(read('resources: [link, sub]\n', {}, ['top/link', 'top/sub/Kustomization'])).toEqual([
    expect.stringMatching(
      /^undefined cannot read ".*\/top\/sub\/Kustomization": it is a link or no file, and no link is followed/,
    ),
    '1 `resources[0]` names "link", which is behind a link, and none is followed. Name what it leads to.',
  ]);
});
