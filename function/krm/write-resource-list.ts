import { isScalar } from 'yaml';
import type { Edit } from './edit-item.ts';
import { columnOf, indent, printBlock } from './print.ts';
import { pairOf, type ResourceList } from './resource-list.ts';

/** What changes in a ResourceList. */
export interface Changes {
  /** New text for items that are there. */
  readonly edits: readonly Edit[];
  /** Objects to append to the items. */
  readonly appended: readonly object[];
  /** Replaces `results`; empty: they are left as they are. */
  readonly results: readonly unknown[];
}

/** The one writer: the input's text with edits spliced in, so that whatever is not changed keeps every byte. */
export function writeResourceList(list: ResourceList, { edits, appended, results }: Changes): string {
  const all = [
    ...edits,
    ...(appended.length > 0 || list.sequence === undefined ? [appendItems(list, appended)] : []),
    ...(results.length > 0 ? [setResults(list, results)] : []),
  ].toSorted((a, b) => a.start - b.start);
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, text } of all) {
    parts.push(list.text.slice(at, start), text);
    at = end;
  }
  return parts.join('') + list.text.slice(at);
}

function appendItems(list: ResourceList, objects: readonly object[]): Edit {
  const { text, sequence } = list;
  if (sequence === undefined) return startItems(list, objects);
  if (sequence.flow === true) {
    const close = sequence.range[1] - 1;
    const needsComma = sequence.items.length > 0 && !text.slice(0, close).trimEnd().endsWith(',');
    return insert(close, (needsComma ? ',' : '') + objects.map((object) => JSON.stringify(object)).join(','));
  }
  const margin = ' '.repeat(columnOf(text, sequence.range[0]));
  return insertLines(text, sequence.range[2], printItems(objects, margin));
}

/** `items` is null: the list is written on its line, in JSON, so that a comment there stays a comment. */
function startItems({ text, root }: ResourceList, objects: readonly object[]): Edit {
  const value = pairOf(root, 'items')?.value;
  if (!isScalar(value)) throw new Error('the parser lets only a list or null pass');
  const [valueStart, end] = value.range;
  const start = text.slice(0, valueStart).trimEnd().length;
  return { start, end, text: ` ${JSON.stringify(objects)}${text[end] === '#' ? ' ' : ''}` };
}

function setResults({ text, root }: ResourceList, results: readonly unknown[]): Edit {
  const isFlow = root.flow === true;
  const body = isFlow ? `"results":${JSON.stringify(results)}` : printBlock({ results });
  const pair = pairOf(root, 'results');
  if (pair === undefined)
    return isFlow ? insert(root.range[1] - 1, `,${body}`) : insertLines(text, root.range[2], body);
  const start = pair.key.range[0];
  const end = pair.value?.range[1] ?? pair.key.range[1];
  return { start, end, text: text.slice(start, end).endsWith('\n') ? body : body.trimEnd() };
}

function printItems(objects: readonly object[], margin: string): string {
  return objects.map((object) => `${margin}- ${indent(printBlock(object), `${margin}  `)}`).join('');
}

function insert(at: number, text: string): Edit {
  return { start: at, end: at, text };
}

/** Whole lines at `at`, where a line begins or the text ends. */
function insertLines(text: string, at: number, lines: string): Edit {
  return insert(at, text[at - 1] === '\n' ? lines : `\n${lines}`);
}
