import { expect, test } from '@jest/globals';
import { type Finding, FindingError } from '../../../function/findings/finding.ts';
import { parseDocuments } from '../../../function/krm/documents.ts';

const METADATA = 'metadata: {name: a}\n';
const API_VERSION = 'apiVersion: generators.external-secrets.io/v1alpha1\n';
const kindsIn = (text: string) => parseDocuments(text, 'f.yaml').map(({ kind, object }) => [kind, object?.name]);

function findingOf(read: () => unknown): Finding | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof FindingError ? error.finding : undefined;
  }
}

/** Spellings of one generator that Go's parsers read too. */
test.each([
  ['a plain kind', `${API_VERSION}kind: STSAssumeRoleToken\n`],
  ['a comment behind it', `${API_VERSION}kind: STSAssumeRoleToken # a\n`],
  ['quotes', `${API_VERSION}kind: 'STSAssumeRoleToken'\n`],
  ['an escape in the kind', `${API_VERSION}kind: "STSAssume\\u0052oleToken"\n`],
  [
    'escapes in kind and group',
    'apiVersion: "generators.external\\x2dsecrets.io/v1alpha1"\nkind: "\\x53TSAssumeRoleToken"\n',
  ],
  ['a long escape', `${API_VERSION}kind: "STSAssume\\U00000052oleToken"\n`],
  ['a line break that is none', `${API_VERSION}kind: "STSAssume\\\n  RoleToken"\n`],
  [
    'all in escapes, also the key',
    '"api\\u0056ersion": "generators.external\\u002dsecrets.io/v1alpha1"\n"\\u006bind": "STSAssumeRole\\u0054oken"\n',
  ],
  ['a key with a blank', `${API_VERSION}kind : STSAssumeRoleToken\n`],
  ['an explicit key', `${API_VERSION}? kind\n: STSAssumeRoleToken\n`],
])('%s is a generator', (_, head) => {
  expect(kindsIn(head + METADATA)).toEqual([['STSAssumeRoleToken', 'a']]);
});

test('JSON with escapes is a generator', () => {
  const object = {
    apiVersion: 'generators.external-secrets.io/v1alpha1',
    kind: 'STSAssumeRoleToken',
    metadata: { name: 'a' },
  };
  const text = JSON.stringify(object).replace('"STS', '"\\u0053TS').replace('.external-', '.external\\u002d');
  expect(kindsIn(text)).toEqual([['STSAssumeRoleToken', 'a']]);
});

test.each<[what: string, lines: string, line: number, metadata?: string]>([
  ['a merged kind', 'kind: Deployment\n<<: {kind: STSAssumeRoleToken}\n', 1],
  ['a merged kind behind an anchor', 'x: &a {kind: STSAssumeRoleToken}\nkind: Deployment\n<<: *a\n', 1],
  ['a merge key in the spec', 'kind: STSAssumeRoleToken\nspec:\n  role: a\n  <<: {role: b}\n', 4],
  ['a key of two merge keys', 'kind: STSAssumeRoleToken\nspec:\n  <<: [{role: a}, {role: b}]\n', 4],
  ['data of a Secret', 'kind: Secret\ndata:\n  a: YQ==\n  <<: {a: Yg==}\n', 4],
  ['an alias in the head', 'x: &k STSAssumeRoleToken\nkind: *k\n', 3],
  [
    'a merge key in the metadata',
    'kind: STSAssumeRoleToken\nx: &a {b: c}\n',
    4,
    'metadata: {name: a, labels: {<<: *a}}\n',
  ],
  [
    'an alias in the annotations of a ServiceAccount',
    'kind: ServiceAccount\n',
    3,
    'metadata: {name: a, labels: {a: &a b}, annotations: {a: *a}}\n',
  ],
  ['an alias in the labels of a Secret', 'kind: Secret\n', 3, 'metadata: {name: a, labels: {a: &a b, c: *a}}\n'],
  ['a merge key in the labels of a ConfigMap', 'kind: ConfigMap\n', 3, 'metadata: {name: a, labels: {<<: {a: b}}}\n'],
  ...['5', '~', '', 'true', '[x]', '{a: b}', '!!int "5"'].map((value): [string, string, number, string] => [
    `the label \`${value}\``,
    'kind: Secret\n',
    3,
    `metadata: {name: a, labels: {a: ${value}}}\n`,
  ]),
  ['a label with a number as its key', 'kind: Secret\n', 3, 'metadata: {name: a, labels: {0x5: a}}\n'],
  ['an anchor of the name', 'kind: STSAssumeRoleToken\n', 3, 'metadata: {name: &a a}\n'],
  ['an anchor of annotations', 'kind: STSAssumeRoleToken\n', 3, 'metadata: {name: a, annotations: &a {}}\n'],
  ['a tag', 'kind: STSAssumeRoleToken\nspec: {a: ! 007}\n', 3],
  ['a merge sign as a value of a Secret', 'kind: Secret\nstringData: {a: <<}\n', 3],
  ['a merge sign as a value of a ConfigMap', 'kind: ConfigMap\ndata:\n  a: <<\n', 4],
  ['an octal number', 'kind: STSAssumeRoleToken\nspec: {requestParameters: {sessionDuration: 07020}}\n', 3],
  ['a hexadecimal number', 'kind: STSAssumeRoleToken\nspec: {a: 0x10}\n', 3],
  ['an exponent', 'kind: STSAssumeRoleToken\nspec: {a: 1e3}\n', 3],
])('%s, which others read otherwise, is an error with its line', (_, lines, line, metadata = METADATA) => {
  const location = { file: 'f.yaml', line };
  const read = () => parseDocuments(`${API_VERSION}${lines}${metadata}`, 'f.yaml');
  expect(findingOf(read)).toMatchObject({ code: 'INPUT_UNREADABLE', location });
});

test.each([
  [
    'a merge key without a key that is there',
    `${API_VERSION}kind: STSAssumeRoleToken\nspec: {role: a, <<: {region: b}}\n`,
  ],
  [
    'labels and anchors elsewhere',
    'apiVersion: v1\nkind: Secret\nspec: &a {metadata: {labels: {b: 5}}, b: &b c, a: *b}\nlabels: {a: 5}\n',
  ],
  ['a merge sign in quotes', 'apiVersion: v1\nkind: Secret\nstringData: {a: "<<", b: \u2028c}\n'],
  ['a number of another kind', 'apiVersion: v1\nkind: Secret\ndata: {a: 07020}\n'],
])('%s stays', (_, lines) => {
  expect(parseDocuments(`${lines}${METADATA}`, 'f.yaml')).toHaveLength(1);
});

test('a list of another kind with one of ours is refused, and without one it is an object', () => {
  const list = (item: string) => `apiVersion: v1\nkind: RoleBindingList\nitems:\n- {${item}, metadata: {name: a}}\n`;
  const other = 'kind: RoleBinding, subjects: [{kind: ServiceAccount, name: external-secrets.io}]';
  expect(kindsIn(list(other))).toEqual([['RoleBindingList', undefined]]);
  for (const kind of ['STSAssumeRoleToken', '"STSAssume\\u0052oleToken"'])
    expect(() => kindsIn(list(`kind: ${kind}`))).toThrow('Write each as a document of its own');
});

test('what does not parse is left out only where it can be none of ours', () => {
  const broken = (kind: string) => `a: [\n"kind": ${kind}\n`;
  expect(parseDocuments(broken('Deployment'), 'f.yaml')).toEqual([]);
  expect(() => parseDocuments(broken('"STSAssume\\u0052oleToken"'), 'f.yaml')).toThrow('cannot read this document');
});
