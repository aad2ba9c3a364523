import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { Lexer, parse } from 'yaml';
import { parseDocuments, writeDocuments } from '../../../function/krm/documents.ts';
import { isAddable, isEditable, renewSecret } from '../../../function/krm/edit-item.ts';
import { parseResourceList, writeResourceList } from '../../../function/krm/resource-list.ts';
import type { SecretManifest } from '../../../function/model/outcome.ts';

const HEAD = 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n';
const secret: SecretManifest = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's', annotations: { 'sts.fn.crossplane.io/generator': 'K//s' } },
  type: 'Opaque',
  data: { a: 'MTIz' },
};

function renewedFile(text: string, manifest = secret): string {
  const [item] = parseDocuments(text, 'f');
  if (item === undefined || !isEditable(item)) throw new Error('no Secret that can be renewed');
  return writeDocuments(text, [renewSecret(item, manifest)], []);
}

function renewed(text: string): string {
  const list = parseResourceList(text);
  const item = list.items.find(({ kind }) => kind === 'Secret');
  if (item === undefined) throw new Error('no Secret');
  return writeResourceList(list, { edits: [renewSecret(item, secret)], appended: [], results: [] });
}

test('items on one line are parsed and printed without what is before them', () => {
  const one = `{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {}}`;
  const text = `{"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [${Array(50).fill(one).join(', ')}]}`;
  const list = parseResourceList(text);
  const parsed = jest.spyOn(Lexer.prototype, 'lex');
  const edits = list.items.map((item) => renewSecret(item, secret));
  expect(new Set(parsed.mock.calls.map(([source]) => source))).toEqual(new Set([one]));
  parsed.mockRestore();
  expect(new Set(edits.map((edit) => edit.text)).size).toBe(1);
});

test('an item with a comment on one line of many is still an item', () => {
  const one = `{apiVersion: v1, kind: Secret, metadata: {name: s}, # c\n    data: {}}`;
  const text = `  apiVersion: config.kubernetes.io/v1\n  kind: ResourceList\n  items: [${one}, ${one}]\n`;
  const list = parseResourceList(text);
  const edits = list.items.map((item) => renewSecret(item, secret));
  const { items } = parse(writeResourceList(list, { edits, appended: [], results: [] })) as { items: unknown[] };
  expect(items).toEqual([secret, secret]);
});

test.each([
  ['{age: {a: b}}', false],
  ['{age: [[b]]}', false],
  ['{age: [{recipient: {a: b}}]}', false],
  ['{age: [{enc: [x]}]}', false],
  ['{mac: [a]}', false],
  ['{mac_only_encrypted: {}}', false],
  ['{kms: [], age: ~, pgp: [{fp: a}], lastmodified: 2024-01-01, version: 3.11.0}', true],
  ['{age: [{recipient: a, enc: "b\\n"}], mac: a, mac_only_encrypted: true}', true],
])('a Secret with `sops: %s` can be sealed anew: %s', (sops, is) => {
  const items = parseDocuments(`apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nsops: ${sops}\n`, 'f');
  expect(items.map(isAddable)).toEqual([is]);
});

describe('a Secret renewed in place', () => {
  test('keeps every value that is not ours as it was written', () => {
    const kept =
      '  big: 12345678901234567890\n  float: 1.0\n  exponent: 1e3\n  hex: 0x1F\n  octal: 014\n  yes: yes\n  empty: ~\n  date: 2024-01-01\n';
    const text = `${HEAD}items:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: s, 'labels': {a: "b"}}\n${kept}  data:\n    old: eA==\n`;
    expect(renewed(text)).toContain(kept);
  });

  test("keeps labels and annotations of others beside the template's", () => {
    const manifest = { ...secret, metadata: { ...secret.metadata, labels: { tier: 'prod' } } };
    const text = renewedFile(
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  labels: {team: a, tier: dev}\n  annotations: {note: b}\n',
      manifest,
    );
    expect(parse(text)).toMatchObject({
      metadata: { labels: { team: 'a', tier: 'prod' }, annotations: { note: 'b', ...secret.metadata.annotations } },
    });
  });

  test.each([
    ['{a: , b: ~}', '{a: ~, b: ~}'],
    ['{a: {"b": }}', '{a: {"b": ~}}'],
    ['{a: !!str , b: c}', '{a: !!str , b: c}'],
    ['{a, b: c}', '{a, b: c}'],
  ])('writes %s as %s, which every reader takes for the same', (before, after) => {
    const text = `apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nx: ${before}\n`;
    expect(renewedFile(text)).toContain(`\nx: ${after}\n`);
  });

  test('keeps a text that ends the file without a line end', () => {
    const text = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nx:\n- a\n- |\n  b';
    expect(parse(renewedFile(text))).toEqual({ ...secret, x: ['a', 'b'] });
  });

  test('keeps numbers in JSON', () => {
    const text = `{"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "n": [1.0, 12345678901234567890, true, null]}]}`;
    const out = renewed(text);
    expect(out.replaceAll(/\s/g, '')).toContain('"n":[1.0,12345678901234567890,true,null]');
    expect(JSON.parse(out)).toMatchObject({ items: [{ type: 'Opaque', data: { a: 'MTIz' } }] });
  });

  test('takes our former annotations away', () => {
    const annotations =
      '{sts.fn.crossplane.io/expiration: "2020-01-01T00:00:00Z", sts.fn.crossplane.io/renew-after: "2020-01-01T00:00:00Z", mine: x}';
    const text = `${HEAD}items:\n- {apiVersion: v1, kind: Secret, metadata: {name: s, annotations: ${annotations}}}\n`;
    const { items } = parse(renewed(text)) as { items: { metadata: { annotations: unknown } }[] };
    expect(items[0]?.metadata.annotations).toEqual({ mine: 'x', 'sts.fn.crossplane.io/generator': 'K//s' });
  });

  test.each<[string, string]>([
    ['in a block', 'items:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n  data: {}\n'],
    ['in block style', 'items:\n- apiVersion: v1\n  kind: Secret\n  metadata:\n    name: s\n  data: {}\n'],
    ['in JSON', 'items: [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}]\n'],
  ])('whatever an annotation holds is read back as it is: %s', (_, items) => {
    const value = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', ':', ' ', '\n', '#', '-', '"', "'", '{', '\t', '\r', '|', '\u2028') }),
      fc.string({ unit: 'grapheme' }),
    );
    fc.assert(
      fc.property(value, (note) => {
        const annotated = { ...secret, metadata: { name: 's', labels: { l: 'yes' }, annotations: { note } } };
        const list = parseResourceList(HEAD + items);
        const [item] = list.items;
        if (item === undefined) throw new Error('no Secret');
        const text = writeResourceList(list, {
          edits: [renewSecret(item, annotated)],
          appended: [],
          results: [],
        });
        const read = parse(text) as { items: { metadata: object }[] };
        expect(read.items[0]?.metadata).toEqual({ name: 's', labels: { l: 'yes' }, annotations: { note } });
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['lines of spaces in a long text', `     \n \n${'a: b '.repeat(20)}`],
    ['a line separator behind what its mark could be', `escaped${'_'.repeat(200_000)}\u2028`],
  ])('an annotation with %s is read back as it is', (_, note) => {
    const list = parseResourceList(`${HEAD}items:\n- {apiVersion: v1, kind: Secret, metadata: {name: s}}\n`);
    const [item] = list.items;
    if (item === undefined) throw new Error('no Secret');
    const edits = [renewSecret(item, { ...secret, metadata: { name: 's', annotations: { note } } })];
    const read = parse(writeResourceList(list, { edits, appended: [], results: [] }));
    expect(read.items[0].metadata.annotations.note === note).toBe(true);
  });

  test('keeps the comments at its values and inside its data', () => {
    const text = `apiVersion: v1
kind: Secret
metadata:
  name: s
  annotations: # whose
    sts.fn.crossplane.io/generator: K//old # ours
type: Opaque # none
data:
  # read by job "deploy"
  # never edit by hand
  'a': eA== # first

  # second
  old: eA==
  # third
  b: eA==
  # last
# behind
`;
    const after = renewedFile(text, { ...secret, data: { a: 'MTIz', b: 'NDU2' } });
    expect(after.match(/#.*/g)).toEqual(text.match(/#.*/g)?.filter((comment) => comment !== '# second'));
    expect(after).toContain(`  'a': MTIz # first\n  # third\n  b: NDU2\n  # last\n`);
  });

  test('has its data in the new order, each with its comments', () => {
    const text = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  b: eA== # of b\n  a: eA== # of a\n';
    expect(renewedFile(text, { ...secret, data: { a: 'MTIz', c: 'Nzg5', b: 'NDU2' } })).toContain(
      'data:\n  a: MTIz # of a\n  c: Nzg5\n  b: NDU2 # of b\n',
    );
  });

  test('keeps a comment on the line of its data', () => {
    const text = `apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: # read by job\n  # never\n  a: eA==\n`;
    expect(renewedFile(text).match(/#.*/g)).toEqual(text.match(/#.*/g));
    expect(parse(renewedFile(text))).toMatchObject({ data: { a: 'MTIz' } });
  });

  test('keeps a byte order mark before it', () => {
    const text = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {}\n';
    expect(renewedFile(`\ufeff${text}`)).toBe(`\ufeff${renewedFile(text)}`);
  });

  test('keeps the comments after it', () => {
    const text = `${HEAD}items:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n  data: {old: eA==} # c5\n    # deep\n# tail\nfunctionConfig: null\n`;
    expect(renewed(text)).toMatch(/# deep[\s\S]*# tail/);
  });
});
