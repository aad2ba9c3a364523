import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../run-function.ts';

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
