import { expect, test } from '@jest/globals';
import { FindingError } from '../../../function/findings/finding.ts';
import { parseDocuments } from '../../../function/krm/documents.ts';
import { readObjects } from '../../../function/krm/plain-objects.ts';

const OTHERS = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n';
const ROLE = 'arn:aws:iam::123456789012:role/x';
const ours = (metadata = '{name: a}', spec = `{region: eu-west-1, role: "${ROLE}"}`) =>
  `apiVersion: generators.external-secrets.io/v1alpha1\nkind: STSAssumeRoleToken\nmetadata: ${metadata}\nspec: ${spec}\n`;

/** The line of the fault; 0 where there is none. */
function lineOf(text: string): number | undefined {
  try {
    readObjects(text, 'a.yaml');
    parseDocuments(text, 'a.yaml');
    return 0;
  } catch (error) {
    if (error instanceof FindingError) return error.finding.location?.line;
    throw error;
  }
}

test.each([
  ['documents of both', `${OTHERS}---\n${ours()}`],
  [
    'comments, empty documents and line ends of Windows',
    `# a\r\n---\r\n---\r\n${OTHERS.replaceAll('\n', '\r\n')}--- # b\r\n`,
  ],
  ['an end of all', `${OTHERS}...\n`],
  ['labels that are nothing, and values of others that are no texts', `${OTHERS}  labels:\n  annotations: {a: true}\n`],
  ['a value that is repeated', ours('{name: a}', `{region: &r eu-west-1, role: "${ROLE}", other: *r}`)],
  ['merge keys in the spec', ours('{name: a}', `{role: "${ROLE}", <<: {region: eu-west-1}}`)],
  ['numbers in digits, and a date in quotes', ours('{name: a, labels: {a: "2001-01-01"}}', '{sessionDuration: 3600}')],
  ['a number in the head of a block', `${OTHERS}data:\n  a: |2-\n     b\n    c\n`],
  ['a backslash before a slash', `${OTHERS}data: {a: "^(.*)\\\\/old$"}\n`],
  [
    'brackets, with null written out and a comma at the end',
    ours('{name: a}', '{policy: {a: null, b: [], c: {}, d: [e, {f: ~}, ], }}'),
  ],
  ['a template of another program in a text', `${OTHERS}data:\n  a: |\n    {{ range }}\n    ---\n`],
])('%s: nothing to say', (_, text) => {
  expect(lineOf(text)).toBe(0);
});

test.each([
  ['a marker that others take for one', `${OTHERS}---#:\n  ${ours().replaceAll('\n', '\n  ')}`, 5],
  ['a blank that is none', `${OTHERS}---\u00a0#\n`, 5],
  ['a document behind an end', `${OTHERS}...\n${ours()}`, 5],
  ['a directive', `%YAML 1.1\n---\n${OTHERS}`, 1],
  ['a line break of YAML 1.1', `${OTHERS}# a\u2028kind: STSAssumeRoleToken\n`, 5],
  ['a byte order mark inside', `${OTHERS}---\n\ufeff${OTHERS}`, 6],
  ['a control character', `${OTHERS}data: {a: "\u0001"}\n`, 5],
  ['half of a character', `${OTHERS}data: {a: "\\ud83d\\ude00"}\n`, 5],
  ['what does not parse', `${OTHERS}data: [a\n`, 6],
  ['a key that is repeated', `${OTHERS}kind: a\n`, 5],
  ['a list at the top', '- a\n', 1],
  ['a list that has no items yet', 'apiVersion: v1\nkind: List\nmetadata: {name: x}\n', 1],
  ['a kind of lists that has null for items', 'apiVersion: v1\nkind: FooList\nmetadata: {name: x}\nitems:\n', 1],
  ['no name', 'apiVersion: v1\nkind: A\nmetadata:\n  labels:\n    name: x\n', 1],
  ['no kind', 'apiVersion: v1\nmetadata: {name: x}\n', 1],
  ['a name that is a template', 'apiVersion: v1\nkind: A\nmetadata: {name: {{ .x }} }\n', 3],
  ['labels that are no map', `${OTHERS}  labels: [a]\n`, 1],
  ['a kind in another spelling', 'apiVersion: v1\nkind: !!binary U2VjcmV0\nmetadata: {name: x}\n', 2],
  ['a kind that is said elsewhere', `x: &k Secret\n${OTHERS.replace('ConfigMap', '*k')}`, 1],
  ['a merge key in the head', `${OTHERS}<<: {kind: Secret}\n`, 1],
  ['an alias in metadata of ours', ours('{name: a, labels: {a: &n b, c: *n}}'), 3],
  ['a date as a label of ours', ours('{name: a, labels: {a: 2001-01-01}}'), 3],
  ['a name of ours that is a number for Go', ours('{name: 1_000}'), 1],
  ['an octal number in ours', ours('{name: a}', '{sessionDuration: 07020}'), 4],
  ['a tag in ours', ours('{name: a}', '{region: !!str eu-west-1}'), 4],
  ['a key of ours that is an alias', ours('{name: a}', '{region: &k eu-west-1, *k : a}'), 4],
  ['a key with a question mark', ours('{name: a, ?namespace: b}'), 3],
  ['a key with a tag', `!!merge kind: List\n${OTHERS}`, 1],
  ['a key without a value', ours('{name: a, b:}'), 3],
  ['no key behind a bracket', `${OTHERS}data: [: x]\n`, 5],
  ['an empty value in brackets', ours('{name: a}', '{region: eu-west-1, policy: {a: , b: c}}'), 4],
  ['one at the end, behind a comment', ours('{name: a}', '{region: eu-west-1, policy: { # a\n  b: # c\n  }}'), 6],
  ['an anchor on the line before its key', ours('{name: a}', '{region: eu-west-1, &x\n  "role": b}'), 4],
  ['comments alone, and a tab', '# nothing\n\t', 2],
  ['a key alone in brackets', ours('{name: a}', '{region: eu-west-1, policy: {a, b: c}}'), 4],
  ['a number in the head of a block, and a line of blanks', `${OTHERS}data:\n  a: |2\n    b\n   \n`, 6],
  ['an anchor alone in brackets', ours('{name: a}', '{policy: {a: [ &x , b]}}'), 4],
])('%s: an error with its line', (_, text, line) => {
  expect(lineOf(text)).toBe(line);
});

test.each([
  [
    'items that stand elsewhere',
    'metadata: {name: l}\nx: &i [{apiVersion: v1, kind: A, metadata: {name: a}}]\nitems: *i\n',
    1,
  ],
  ['an item that is an alias', 'x: &i {apiVersion: v1, kind: A, metadata: {name: a}}\nitems: [*i]\n', 4],
  ['a list in a list', 'items: [{apiVersion: v1, kind: List, items: []}]\n', 3],
  ['objects', 'items: [{apiVersion: v1, kind: A, metadata: {name: a}}]\n', 0],
])('a list of %s', (_, items, line) => {
  expect(lineOf(`apiVersion: v1\nkind: List\n${items}`)).toBe(line);
});
