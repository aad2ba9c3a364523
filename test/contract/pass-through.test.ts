import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { GOOD_SPEC, generatorItem, generatorManifest, list, OTHER } from '../support/manifests.ts';
import { runFunction } from '../support/run-function.ts';

const awkward = `# a comment before everything
%YAML 1.2
---
# a comment before the list
kind:   ResourceList
apiVersion: "config.kubernetes.io/v1"
items:
    # indented by four
    - apiVersion: v1
      kind: ConfigMap
      metadata: { name: 'flow',   labels: {a: "b"} }   # spaces
      data:
        block: |2-
            - looks like an item
          items:
          ---
        folded: >+
          one

          two


    - &anchor
      apiVersion: v1
      kind: ConfigMap
      metadata: &metadata {name: anchored}
    -
      kind: ConfigMap
      apiVersion: v1
      metadata:
        <<: *metadata
        namespace: "na\\u006de"
      data: {date: 2024-01-01, octal: 0123, yes: yes, empty: "", long: "${'x'.repeat(70_000)}"}
    - !!map {apiVersion: v1, kind: ConfigMap, metadata: {name: tagged}}
    - apiVersion: v1
      kind: ConfigMap
      metadata: {name: "grüße 🚀"}
functionConfig: ~
other: key
# the end
...
`;

describe('without a spec, every byte goes out as it came in', () => {
  test.each([
    ['awkward YAML', awkward],
    [
      'a quoted text that ends at the margin, as kpt writes it',
      list(
        "- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: notes}\n  data:\n    note: 'first\n\n      kind: second\n\n'\n    other: x\n",
      ),
    ],
    ['CRLF', list(OTHER).replaceAll('\n', '\r\n')],
    ['a byte order mark', `\ufeff${list(OTHER)}`],
    [
      'JSON without a last newline',
      JSON.stringify({ apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items: [] }),
    ],
    [
      'items on one line',
      'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}]\n',
    ],
    [
      'an ignored spec under a kustomize transformer',
      list(
        generatorItem('any: thing', {
          metadata: 'annotations: {sts.fn.crossplane.io/ignore: "true", kustomize.config.k8s.io/id: "1"}',
        }),
      ),
    ],
    [
      'an ignored spec',
      list(generatorItem('any: thing', { metadata: 'annotations: {sts.fn.crossplane.io/ignore: "true"}' })),
    ],
    ['ten megabytes', list(`${OTHER.repeat(1000)}  data: {text: "${'y'.repeat(10_000_000)}"}\n`)],
  ])('%s', async (_, input) => {
    const { exit, stderr, stdout } = await runFunction(input);
    expect({ exit, stderr, same: stdout === input }).toEqual({ exit: 0, stderr: '', same: true });
  });
});

test.each([
  ['items:\nfunctionConfig: null\n', 'items: []\nfunctionConfig: null\n'],
  ['items: null\n', 'items: []\n'],
  ['items: # none\nfunctionConfig: null\n', 'items: [] # none\nfunctionConfig: null\n'],
])('items that are null become an empty list: %j', async (items, want) => {
  const head = 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n';
  expect(await runFunction(head + items)).toMatchObject({ exit: 0, stdout: head + want });
});

test('a run that fails gives the items back byte for byte, JSON too', async () => {
  const object = generatorManifest({});
  const json = JSON.stringify(
    { apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items: [object] },
    null,
    1,
  );
  const { exit, stdout } = await runFunction(json);
  expect(exit).toBe(1);
  expect(stdout.startsWith(json.slice(0, -2))).toBe(true);
  expect(JSON.parse(stdout)).toMatchObject({
    items: [object],
    results: [{ severity: 'error' }, { severity: 'error' }],
  });
});

test('results of an earlier function are replaced by ours, wherever they stand', async () => {
  const input = `results:\n- message: old\napiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n${generatorItem(GOOD_SPEC.replace('eu-west-1', 'nowhere'))}`;
  const { exit, stdout } = await runFunction(input);
  expect(exit).toBe(1);
  expect(stdout).not.toContain('message: old');
  expect(stdout.match(/^results: \[/gm)).toHaveLength(1);
  expect(stdout.endsWith(input.slice(input.indexOf('apiVersion')))).toBe(true);
});

test.each([0, 1, 2, 3])('megabytes of characters of four bytes pass unchanged, %i bytes further on', async (shift) => {
  const input = list(
    `- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n  data: {a: "${'x'.repeat(shift)}${'🔑'.repeat(600_000)}"}\n`,
  );
  expect((await runFunction(input)).stdout === input).toBe(true);
});

const NUMBERED = '{name: options, annotations: {kustomize.config.k8s.io/id: "1"}}';
test.each([
  ['YAML', `- apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n  metadata: ${NUMBERED}\n`],
  [
    'JSON',
    '- {"apiVersion": "sts.fn.crossplane.io/v1beta1", "kind": "Input", "metadata": {"name": "options", "annotations": {"kustomize.config.k8s.io/id": "1"}}}\n',
  ],
])('kustomize never applies an Input among its resources: %s', async (_, input) => {
  const spec = generatorItem(GOOD_SPEC, { metadata: 'annotations: {kustomize.config.k8s.io/id: "1"}' });
  const environment = { STS_FUNCTION_MODE: 'placeholder' };
  const { exit, stdout, stderr } = await runFunction(list(input + spec), { environment });
  expect({ exit, stderr }).toEqual({
    exit: 0,
    stderr: expect.stringMatching(/^warning: Input "options" has no effect here: it is only among the items\. /),
  });
  const { items } = parse(stdout) as { items: object[] };
  const annotations = { 'kustomize.config.k8s.io/id': '1', 'config.kubernetes.io/local-config': 'true' };
  const metadata = { name: 'options', annotations };
  expect(items[0]).toEqual({ apiVersion: 'sts.fn.crossplane.io/v1beta1', kind: 'Input', metadata });
  const tied = input.replace('Input', '&kind Input').replace('"&kind Input"', '&kind "Input"');
  expect(await runFunction(list(tied + spec), { environment })).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining('error: cannot rewrite Input "options": its YAML has anchors, aliases, merge keys'),
  });
});
