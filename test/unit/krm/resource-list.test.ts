import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { finding } from '../../../function/findings/finding.ts';
import { parseResourceList, printItem, toResult, writeResourceList } from '../../../function/krm/resource-list.ts';

const HEAD = 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n';
const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'added' } };
const results = [{ message: 'm' }];
const item = '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}';

const FLOW_HEAD = '{apiVersion: config.kubernetes.io/v1, kind: ResourceList,';

test.each([
  ['a flow list with a comment that ends in a comma', `${HEAD}items: [\n  ${item} # c,\n  ]\n`],
  ['a trailing comma and a comment', `${HEAD}items: [\n  ${item}, # c\n  ]\n`],
  ['an empty flow list', `${HEAD}items: []\n`],
  ['a flow root with a trailing comma', `{apiVersion: config.kubernetes.io/v1, kind: ResourceList, items: [${item}],}`],
  ['results that are null, with a comment', `${HEAD}items:\n- ${item}\nresults: # hi\n`],
  ['items that are null behind a comment', `${HEAD}items: # none\n  null\n`],
  ['items that are null between comments', `${HEAD}items: # none\n  # at all\n  null # c\nresults: []\n`],
  ['items that are null behind a comment, in braces', `${FLOW_HEAD} items: # none\n null}`],
  ['results behind a comment', `${HEAD}items:\n- ${item}\nresults: # of the last step\n- message: old\n`],
  ['results behind an anchor and a comment', `${HEAD}items:\n- ${item}\nresults: &r # c\n  # d\n- message: old\n`],
  ['results behind a comment and an anchor', `${HEAD}items:\n- ${item}\nresults: # c\n  &r\n- message: old\n`],
  ['results with a key before a comment', `${HEAD}? results # a: b\n# c\n: # d\n- message: old\nitems:\n- ${item}\n`],
  ['results behind a byte order mark', `\ufeff${HEAD}items:\n- ${item}\n`],
  ['results with an explicit key', `${HEAD}? results\n: - message: old\nitems:\n- ${item}\n`],
  [
    'results with an anchor',
    `${HEAD}results: &r [{message: old}]\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, x: *r}\n`,
  ],
  ['a root that is indented', `  apiVersion: config.kubernetes.io/v1\n  kind: ResourceList\n  items:\n  - ${item}\n`],
  ['a quoted key', `${HEAD}"items":\n- ${item}\n`],
  ['a document end', `${HEAD}items:\n- ${item}\n...\n`],
])('an object and results are added to %s', (_, text) => {
  const list = parseResourceList(text);
  const written = writeResourceList(list, { edits: [], appended: [printItem(list, object)], results });
  const { items, results: after } = parse(written) as { items: unknown[]; results: unknown };
  expect({ added: items.at(-1), results: after }).toEqual({ added: object, results });
  expect(written.match(/#.*/g)).toEqual(text.match(/#.*/g));
});

test.each([
  ['items that are a tagged null', `${HEAD}items: !!null\n`],
  ['items without a value', `${HEAD}? items\n`],
  ['an item that is an alias', `${HEAD}items:\n- &a ${item}\n- *a\n`],
])('%s are refused', (_, text) => {
  expect(() => parseResourceList(text)).toThrow('cannot read standard input');
});

test.each([
  ['a name', '{apiVersion: v1, kind: ConfigMap, metadata: {name: 123}}'],
  ['an apiVersion', '{apiVersion: 1, kind: ConfigMap, metadata: {name: a}}'],
  ['a name, in the layout of kpt', 'apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: 123'],
  [
    'a name, beside too many aliases,',
    `{apiVersion: v1, kind: A, metadata: {name: 1}, a: &a [x], b: [${'*a, '.repeat(1000)}]}`,
  ],
])('a number as %s of the last item does not refuse the list', (_, last) => {
  expect(parseResourceList(`${HEAD}items:\n- ${item}\n- ${last}\n`).items).toHaveLength(2);
});

test('a last item of a kustomization may lack its head, as its file does', () => {
  const text = `- metadata: {annotations: {internal.config.kubernetes.io/path: a/kustomization.yaml}}\n  resources: []\n`;
  expect(parseResourceList(`${HEAD}items:\n${text}`).items).toHaveLength(1);
});

test.each([
  '{apiVersion: v1, kind: ConfigMap}',
  '{apiVersion: v1, kind: ConfigMap, metadata: {name: }}',
  '{metadata: {name: a}}',
  '{kind: Kustomization}',
])('a last item without a name does: %s', (last) =>
  expect(() => parseResourceList(`${HEAD}items:\n- ${last}\n`)).toThrow('the list may be cut'),
);

describe('an object is what its readers will read', () => {
  test.each([
    ['an alias for a name', '{apiVersion: v1, kind: Secret, metadata: {labels: {app: &n s}, name: *n, namespace: x}}'],
    ['an alias for a kind', '{apiVersion: v1, x: &k Secret, kind: *k, metadata: {name: s, namespace: x}}'],
    ['a merge key in metadata', '{apiVersion: v1, kind: Secret, x: &c {namespace: x}, metadata: {<<: *c, name: s}}'],
    ['a merge key in the object', '{<<: {apiVersion: v1, kind: Secret}, metadata: {name: s, namespace: x}}'],
  ])('%s', (_, text) => {
    const { items } = parseResourceList(`${HEAD}items:\n- ${text}\n`);
    expect(items[0]?.object).toEqual({ apiVersion: 'v1', kind: 'Secret', name: 's', namespace: 'x' });
  });
});

test('a result has the beginning of a name that is far too long', () => {
  const name = 'a'.repeat(10_000_000);
  const result = toResult(finding('SPEC_INVALID', 'a', { object: { apiVersion: 'v1', kind: 'ConfigMap', name } }));
  expect(result).toMatchObject({ resourceRef: { kind: 'ConfigMap', name: `${'a'.repeat(1000)}…` } });
});
