import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { ROOT } from '../support/run-function.ts';

/** Longer ones are slow, and have nothing more in them. */
const MAX_CHARACTERS = 8000;
/** Stands for every value of a Secret. */
export const CANARY = 'canary0secret0value0canary';

/** What real hosts sent, and each folder of the examples as a list, with its Input; keys are canaries. */
export function resourceLists(): string[] {
  const sent = ['test/hosts/samples', 'test/golden/cases'].flatMap((folder) =>
    textsBelow(folder).map(({ text }) => text),
  );
  const folders = Map.groupBy(textsBelow('examples'), ({ folder }) => folder);
  return [...sent, ...[...folders.values()].map(listOf)]
    .filter((text) => text.length <= MAX_CHARACTERS)
    .map(withCanaries);
}

/** The templates that are compared with Go's. */
export function templates(): string[] {
  const table = readFileSync(join(ROOT, 'test/hosts/templates/cases.txt'), 'utf8');
  return table.split('\n').filter((line) => line.includes('{{') && !line.startsWith('#'));
}

function textsBelow(root: string): { folder: string; text: string }[] {
  const files = readdirSync(join(ROOT, root), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => /\.(?:yaml|json)$/.test(file))
    .map((file) => ({ folder: dirname(file), text: readFileSync(join(ROOT, root, file), 'utf8') }));
}

function listOf(files: readonly { readonly text: string }[]): string {
  const isInput = (text: string) => /^kind: Input$/m.test(text);
  const input = files.find(({ text }) => isInput(text))?.text ?? '';
  const items = files.filter(({ text }) => !isInput(text)).map(({ text }) => itemsOf(text));
  const head = 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n';
  return `${head}items:\n${items.join('')}${input === '' ? '' : `functionConfig:\n${indented(input)}`}`;
}

function itemsOf(stream: string): string {
  const documents = stream.split(/^---\n/m).filter((text) => text.trim() !== '');
  return documents.map((text) => `- ${indented(text).slice(2)}`).join('');
}

function indented(text: string): string {
  return `${text.trimEnd().replaceAll(/^(?=.)/gm, '  ')}\n`;
}

function withCanaries(text: string): string {
  return text
    .replaceAll('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', CANARY)
    .replaceAll(
      Buffer.from('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY').toString('base64'),
      Buffer.from(CANARY).toString('base64'),
    );
}

/** What YAML, templates, ARNs and readers of text stumble over. */
const TOKENS = [
  ...['&a ', '*a', '<<: *a', '!!binary ', '!!js/function ', '? ', '|', '>-', '---\n', '...\n', '\t'],
  ...['\r\n', '\u0000', '\u202e', '\ufeff'],
  ...['{{', '}}', '{{- end -}}', '${account}', '$${', '__proto__', 'constructor', '../../'],
  ...['arn:aws:iam::', ':role/*', '~', 'null', '0x1f'],
  ...['1e999', '-1', '2026-13-45', 'items: []\n', 'kind: Input\n', 'kind: Policy\n', '[[[[[[[[', '"', "'", '#', ','],
];

/** One change of a text. */
type Change = readonly [kind: 'cut' | 'insert' | 'double' | 'flip' | 'swap', at: number, length: number, token: number];

const change: fc.Arbitrary<Change> = fc.tuple(
  fc.constantFrom('cut', 'insert', 'double', 'flip', 'swap'),
  fc.nat(),
  fc.nat({ max: 200 }),
  fc.nat({ max: TOKENS.length - 1 }),
);

/** Texts of a corpus with one to four changes, as bytes: most of them are still nearly what they were. */
export function mutated(corpus: readonly string[]): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.constantFrom(...corpus), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([text, changes]) => changes.reduce(apply, Buffer.from(text)));
}

function apply(bytes: Buffer, [kind, where, length, token]: Change): Buffer {
  const at = bytes.length === 0 ? 0 : where % bytes.length;
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (kind) {
    case 'cut':
      return Buffer.concat([before, after.subarray(length)]);
    case 'insert':
      return Buffer.concat([before, Buffer.from(TOKENS[token] ?? ''), after]);
    case 'double':
      return Buffer.concat([before, after.subarray(0, length), after]);
    case 'flip':
      return Buffer.concat([before, Buffer.from([(after[0] ?? 0) ^ (1 << (length % 8))]), after.subarray(1)]);
    case 'swap':
      return Buffer.concat([before, after.subarray(length), after.subarray(0, length)]);
  }
}
