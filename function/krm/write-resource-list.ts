import type { Finding } from '../findings/finding.ts';
import { visible } from '../findings/quote.ts';
import type { ObjectRef } from '../findings/say.ts';
import { columnOf, type Edit, indent, printBlock, splice } from './print.ts';
import { pairOf, type ResourceList } from './resource-list.ts';

/** What changes in a ResourceList. */
export interface Changes {
  /** New text for existing items. */
  readonly edits: readonly Edit[];
  /** Items to append, as {@link printItem} prints them. */
  readonly appended: readonly string[];
  /** Replaces `results`; empty: existing ones stay. */
  readonly results: readonly unknown[];
}

/** The text of a ResourceList with changes. */
export function writeResourceList(list: ResourceList, { edits, appended, results }: Changes): string {
  const all = [
    ...edits,
    ...(appended.length > 0 || list.layout.style === 'none' ? [appendItems(list, appended)] : []),
    ...(results.length > 0 ? [setResults(list, results)] : []),
  ];
  return splice(list.text, all);
}

/** Prints an item for appending: as a block if the items are a block, otherwise in JSON. */
export function printItem({ layout }: Pick<ResourceList, 'layout'>, object: object): string {
  if (layout.style !== 'block') return JSON.stringify(object);
  const margin = ' '.repeat(layout.column);
  return `${margin}- ${indent(printBlock(object), `${margin}  `)}`;
}

function appendItems(list: ResourceList, items: readonly string[]): Edit {
  const { text, root, layout } = list;
  const added = items.join(',');
  switch (layout.style) {
    case 'none':
      return setValue(list, pairOf(root, 'items'), `[${added}]`);
    case 'block':
      return insertLines(text, layout.end, items.join(''));
    case 'flow':
      return insert(layout.end, layout.isEmpty ? added : `,${added}`);
  }
}

function setResults(list: ResourceList, results: readonly unknown[]): Edit {
  const { text, root, end } = list;
  const pair = pairOf(root, 'results');
  if (pair !== undefined) return setValue(list, pair, JSON.stringify(results));
  if (root.flow === true) return insert(endOfLastPair(root), `,"results":${JSON.stringify(results)}`);
  const margin = ' '.repeat(columnOf(text, root.range[0]));
  return insertLines(text, end, `${margin}${indent(printBlock({ results }), margin)}`);
}

/** A piece between a key and its value: a comment, the colon, an anchor or a tag. */
const BETWEEN = /#[^\n]*|\S+/g;

/** Replaces a value with JSON on the line of its key. Comments on that line follow it. */
function setValue({ text, shift }: ResourceList, pair: ReturnType<typeof pairOf>, json: string): Edit {
  if (!pair?.value) throw new Error('the parser lets only keys with a value pass');
  const [, keyEnd] = pair.key.range.map((at) => at + shift) as [number, number]; // of three
  const [valueStart, end] = pair.value.range.map((at) => at + shift) as [number, number];
  const between = text.slice(keyEnd, valueStart);
  const last = [...between.matchAll(BETWEEN)].findLast(([part]) => !part.startsWith('#'));
  const length = last === undefined ? 0 : last.index + last[0].length;
  const comments = between.slice(length).trimEnd();
  const isLine = text.slice(valueStart, end).endsWith('\n') || (comments !== '' && text[end] !== '\n');
  const after = isLine ? '\n' : text[end] === '#' ? ' ' : '';
  return { start: keyEnd + length, end, text: ` ${json}${comments}${after}` };
}

function endOfLastPair({ items }: ResourceList['root']): number {
  const last = items.at(-1);
  return last?.value?.range[1] ?? last?.key.range[1] ?? 0;
}

function insert(at: number, text: string): Edit {
  return { start: at, end: at, text };
}

/** Inserts whole lines at `at`, which is the beginning of a line or the end of the text. */
function insertLines(text: string, at: number, lines: string): Edit {
  return insert(at, text[at - 1] === '\n' ? lines : `\n${lines}`);
}

/** A finding as an entry of a ResourceList's `results` (KRM functions specification). */
export function toResult({ message, severity, code, object, field }: Finding): unknown {
  return {
    message,
    severity,
    ...(object === undefined ? {} : { resourceRef: shown(object) }),
    ...(object === undefined || field === undefined ? {} : { field: { path: visible(field) } }),
    tags: { code },
  };
}

/** A reference with control characters made visible; valid names stay as they are. */
function shown(object: ObjectRef): object {
  return Object.fromEntries(Object.entries(object).map(([name, text]) => [name, visible(text)]));
}
