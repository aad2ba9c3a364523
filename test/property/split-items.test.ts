import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseDocument, stringify, type ToStringOptions } from 'yaml';
import { isEditable, markLocalConfig } from '../../function/krm/edit-item.ts';
import {
  parseSplit,
  parseWhole,
  printItem,
  type ResourceList,
  writeResourceList,
} from '../../function/krm/resource-list.ts';
import { isKnownKind } from '../../function/model/kinds.ts';
import { shareOf } from '../support/is-whole.ts';
import { list } from '../support/manifests.ts';

// Splitting the text finds what the whole parser finds, to the character, wherever it takes a text at all.

const NEW = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'new' } };

/** Everything that is done with a list, for the items that somebody may look at. */
function seen(parsed: ResourceList) {
  const asked = parsed.items.filter(({ kind = '' }) => isKnownKind(kind));
  return {
    kinds: parsed.items.map(({ kind }) => kind),
    layout: parsed.layout,
    asked: asked.map((item) => ({ ...item, toJS: item.toJS() })),
    edits: asked.filter((item) => isEditable(item)).map((item) => markLocalConfig(item)),
    config: parsed.functionConfig?.toJS(),
    written: writeResourceList(parsed, { edits: [], appended: [printItem(parsed, NEW)], results: [{ message: 'm' }] }),
  };
}

function expectEqual(text: string): 'split' | 'whole' {
  const split = parseSplit(text);
  if (split === undefined) return 'whole';
  expect(seen(split)).toEqual(seen(parseWhole(text)));
  return 'split';
}

const secret = (data: string) => `- apiVersion: v1\n  kind: Secret\n  metadata: {name: a}\n${data}`;
const map = (data: string) => `- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n${data}`;
const SECRET = secret('  data: {}\n');
const CONFIG = 'functionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: c}\n';

describe('a text that is split gives the same', () => {
  test.each<[string, string]>([
    ['a literal block that holds items', map('  data:\n    a: |\n      - apiVersion: v1\n      - kind: Secret\n')],
    ['a literal block that looks like a kind', map('  data:\n    a: |\n      x\n        kind: Secret\n')],
    ['document markers in a string', map('  data:\n    a: "---\\n..."\n    b: |\n      ---\n      ...\n')],
    ['a block that keeps its last lines', secret('  data:\n    a: |+\n      x\n\n\n')],
    ['a folded block', secret('  data:\n    a: >-\n      x\n      y\n\n      z\n')],
    ['a quoted string over lines', secret('  data:\n    a: "x\n      y"\n    b: \'x\n\n      y\'\n')],
    ['a plain string over lines', secret('  data:\n    a: x\n      kind: no\n'.replace('kind: no', 'y'))],
    [
      'comments everywhere',
      `# before\n- # of the item\n  # and more\n  apiVersion: v1 # x\n  # y\n  kind: Secret # z\n  metadata: {name: a}\n# after\n`,
    ],
    ['a comment behind the last item', `${SECRET}# the end\n`],
    ['empty lines', `${SECRET}\n\n${SECRET}\n`],
    ['a kind that is not its first word', '- kind: Secret\n  apiVersion: v1\n  metadata: {name: a}\n'],
    ['a quoted kind', '- apiVersion: v1\n  kind: "Secret"\n  metadata: {name: a}\n'],
    ['a quoted key', '- apiVersion: v1\n  "kind": Secret\n  metadata: {name: a}\n'],
    ['an escaped kind', '- apiVersion: v1\n  kind: "Sec\\x72et"\n  metadata: {name: a}\n'],
    ['a kind with a comment', '- apiVersion: v1\n  kind: Secret # yes\n  metadata: {name: a}\n'],
    ['a nested kind', map('  spec:\n    kind: Secret\n    template:\n      kind: Secret\n')],
    ['a compact list at the same column', map('  rules:\n  - kind: Secret\n  - a\n')],
    ['a value on the next line', '- apiVersion: v1\n  kind:\n    Secret\n  metadata: {name: a}\n'],
    ['an explicit key', '- apiVersion: v1\n  ? kind\n  : Secret\n  metadata: {name: a}\n'],
    ['an anchor in an item', secret('  data: &x {a: b}\n')],
    ['an anchor on a kind', '- apiVersion: v1\n  kind: &k Secret\n  metadata: {name: a}\n'],
    ['unicode', secret('  data:\n    ключ: "значение 🔑"\n    \u00a0: \u2028x\n'.replace('\u2028', ''))],
    ['a very long line', secret(`  data:\n    a: ${'x'.repeat(100_000)}\n`)],
    [
      'a Secret in a file of Secrets',
      map('').replace('{name: a}', '\n    name: a\n    annotations:\n      config.kubernetes.io/path: secret_a.yaml'),
    ],
    ['an item without a kind', `- metadata: {name: a}\n  data: x\n${SECRET}`],
    [
      "kustomize's numbers",
      `${map('').replace('{name: a}', '\n    name: a\n    annotations:\n      kustomize.config.k8s.io/id: "1"')}${SECRET}`,
    ],
    ['tabs in values', secret('  data:\n    a: "x\ty" \t# z\n')],
  ])('%s', (_, item) => {
    for (const [before, after, tail] of [
      ['', SECRET, ''],
      [SECRET, SECRET, CONFIG],
      ['', secret('  stringData: {a: "in *stars* and", b: x *y*}\n  data: # *x*\n    c: |\n      - *z*\n'), SECRET],
      [map('  data: {}\n'), map('  x: y\n'), `${CONFIG}results:\n- message: x\n`],
    ] as const) {
      // a comment may stand before an item, not between `items:` and the first
      const text = list(`${before === '' && !item.startsWith('- ') ? SECRET : before}${item}${after}`, tail);
      expect(parseDocument(text).errors).toEqual([]);
      expect(expectEqual(text)).toBe('split');
      expect(expectEqual(list(`${SECRET}${item}`, tail))).toBe('split');
    }
  });
});

describe('a text in another layout is parsed whole', () => {
  test.each<[string, string]>([
    ['an alias to another item', list(secret('  data: &x {a: b}\n') + secret('  data: *x\n'))],
    ['an alias behind a key in quotes', list(secret('  data: &x {a: b}\n') + secret('  data: {"a":*x}\n'))],
    ['items that are indented', list(SECRET.replaceAll(/^/gm, '  ').trimEnd().concat('\n'))],
    ['flow items', list('- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n')],
    ['a flow list', 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n'],
    ['JSON', '{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList","items":[]}'],
    ['carriage returns', list(SECRET).replaceAll('\n', '\r\n')],
    ['a document marker before', `---\n${list(SECRET)}`],
    ['a document marker behind', `${list(SECRET)}---\n`],
    ['a document end', `${list(SECRET)}...\n`],
    ['another order of keys', `kind: ResourceList\napiVersion: config.kubernetes.io/v1\nitems:\n${SECRET}`],
    ['a comment before', `# x\n${list(SECRET)}`],
    ['an unknown key behind', list(SECRET, 'other: x\n')],
    ['a nested list', list(`- - a\n${SECRET}`)],
    ['a dash alone', list('-\n  apiVersion: v1\n  kind: Secret\n  metadata: {name: a}\n')],
    [
      'a kind that is said twice',
      list('- apiVersion: v1\n  kind: ConfigMap\n  "kind": Secret\n  metadata: {name: a}\n'),
    ],
    ['a byte order mark', `\ufeff${list(SECRET)}`],
    ['no last line end', list(SECRET).trimEnd()],
  ])('%s', (_, text) => {
    expect(parseSplit(text)).toBeUndefined();
  });
});

test('many lines that say a kind cost no more than others', () => {
  expect(parseSplit(list(`- apiVersion: v1\n${'  kind: a\n'.repeat(100_000)}`))).toBeUndefined();
});

const scalar = fc.oneof(
  fc.string(),
  fc.constantFrom(
    ...['- a', 'kind: Secret', '\n  kind: Secret\n', '---', '# c', 'a\n- b\n', '\n\n', '*a', '&a', 'a: b'],
    ...['~', "'", '"', '\t', '|'],
  ),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.integer(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.stringMatching(/^[a-z]{1,5}$/), fc.constant('kind')), tie('any'), { maxKeys: 3 }),
  ),
})).any;
const item = fc.record({
  apiVersion: fc.constant('v1'),
  kind: fc.constantFrom('ConfigMap', 'Secret', 'Kptfile', 'Deployment', 'ServiceAccount'),
  metadata: fc.record({
    name: fc.stringMatching(/^[a-z]{1,9}$/),
    annotations: fc.dictionary(
      fc.constantFrom('config.kubernetes.io/path', 'x'),
      fc.constantFrom('secret_a.yaml', 'b'),
    ),
  }),
  data: value,
});
const layout = fc.record({
  indentSeq: fc.boolean(),
  lineWidth: fc.constantFrom(0, 20, 80),
  blockQuote: fc.constantFrom(true, false, 'folded', 'literal'),
  defaultStringType: fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL'),
  defaultKeyType: fc.constantFrom('PLAIN', null),
} as const);
const between = fc.constantFrom('', '', '# a comment\n', '\n', '\n# kind: Secret\n\n');

test('any list that is printed in this layout is split and gives the same', () => {
  let splits = 0;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(item, layout, between), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      (items, hasConfig) => {
        const printed = items.map(([object, options, comment]) => {
          const block = stringify(object, { ...options, aliasDuplicateObjects: false } as ToStringOptions);
          return `- ${block.replaceAll(/\n(?=[^\n])/g, '\n  ')}${comment}`;
        });
        const text = list(printed.join(''), hasConfig ? CONFIG : '');
        fc.pre(parseDocument(text).errors.length === 0);
        if (expectEqual(text) === 'split') splits += 1;
      },
    ),
    { numRuns: shareOf(1000) },
  );
  expect(splits).toBeGreaterThan(shareOf(150));
});
