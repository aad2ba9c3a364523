import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair } from 'yaml';
import { attempt, cached } from '../model/plain-data.ts';
import type { Item } from './item.ts';
import { parseYaml } from './parse-yaml.ts';

/**
 * The line, from 1, at which an item's text has `field`, such as `spec.requestParameters.tags[0]`. A part that is not there, as one that is
 * missing, has the line of the innermost part around it; without a field it is the item's first line. `isText`: the line of the field's text, which is behind `|` the next.
 */
export function lineOf(item: Pick<Item, 'text' | 'range'>, field = '', isText = false): number {
  const { text, range } = item;
  const [start] = range;
  if (field === '') return lineAt(text, start);
  const column = columnOf(item);
  const contents = contentsOf(item, column);
  const offset = start - column + ((contents && innermost(contents, field)) ?? column);
  return lineAt(text, offset) + (isText && /[|>]/.test(text[offset] ?? '') ? 1 : 0);
}

/** How far an item is indented, which stands in a list. */
function columnOf({ text, range: [start] }: Pick<Item, 'text' | 'range'>): number {
  return /[[{]/.test(text[start] ?? '') ? 0 : start - (text.lastIndexOf('\n', start - 1) + 1); // a line may be very long
}

/** An item's text, parsed by itself; undefined for one whose alias has its anchor outside. */
export function parseItem(item: Pick<Item, 'text' | 'range'>, column = columnOf(item)): Node | undefined {
  const { text, range } = item;
  return attempt(() => parseYaml(`${' '.repeat(column)}${text.slice(range[0], range[1])}`).contents) ?? undefined;
}

/** The last items that were asked for, parsed: an Input may have ten thousand generators, and each of them a line. */
const PARSED = new Map<unknown, Node | undefined>();
/** Most characters of these. */
const MOST_PARSED = 2_000_000;
let size = 0;

/** Large items may be asked for in turns, each of which parses one again. */
const MOST_TIMES = 5;
const TIMES = new WeakMap<object, number>();

/** Undefined for a text that does not parse, as of an item whose alias has its anchor outside, and for what was parsed often enough. */
function contentsOf(item: Pick<Item, 'text' | 'range'>, column: number): Node | undefined {
  return cached(PARSED, item, () => {
    const times = cached(TIMES, item, () => 0);
    if (times === MOST_TIMES) return undefined;
    TIMES.set(item, times + 1);
    const [start, end] = item.range;
    if (size + end - start > MOST_PARSED) {
      PARSED.clear();
      size = 0;
    }
    size += end - start;
    return parseItem(item, column);
  });
}

/** The lines of the last texts that were asked for: every document of a file, or generator of an Input, may need its line. */
const COUNTED = new Map<string, { readonly lines: LineCounter; end: number }>();
let length = 0;

/** The line, from 1, of an offset in a text. */
export function lineAt(text: string, offset: number): number {
  const counted = cached(COUNTED, text, () => {
    if (length + text.length > MOST_PARSED) {
      COUNTED.clear();
      length = 0;
    }
    length += text.length;
    const lines = new LineCounter();
    lines.addNewLine(0);
    return { lines, end: 0 };
  });
  while (counted.end <= offset) {
    const at = text.indexOf('\n', counted.end);
    if (at >= 0) counted.lines.addNewLine(at + 1);
    counted.end = at < 0 ? Infinity : at + 1;
  }
  return counted.lines.linePos(offset).line;
}

function innermost(node: Node, field: string): number | undefined {
  const [start] = node.range ?? [];
  const next = nextOf(node, field);
  if (next === undefined) return start;
  const { at, value, rest } = next;
  const [here] = at.range ?? [];
  return (rest === '' || value === null ? undefined : innermost(value, rest)) ?? here ?? start;
}

/** The part of a node that a field begins with: a key, which may have dots in it, or the number of an entry. */
function nextOf(node: Node, field: string): { at: Node; value: Node | null; rest: string } | undefined {
  const [all, number] = /^\[(\d+)\]\.?/.exec(field) ?? [];
  if (isSeq<Node>(node) && all !== undefined) {
    const entry = node.items[Number(number)];
    return entry && { at: entry, value: entry, rest: field.slice(all.length) };
  }
  if (!isMap<Node, Node | null>(node)) return undefined;
  const pairs = cached(PAIRS, node, () => {
    const named = node.items.flatMap((pair) => (isScalar(pair.key) ? [[String(pair.key.value), pair] as const] : []));
    return new Map(named.toReversed()); // the first counts
  });
  const key = keysOf(field).find((candidate) => pairs.has(candidate));
  const pair = key === undefined ? undefined : pairs.get(key);
  if (key === undefined || pair === undefined) return undefined;
  return { at: pair.key, value: pair.value, rest: field.slice(key.length).replace(/^\./, '') };
}

/** The pairs of maps by their keys: each of a thousand entries may be asked for. */
const PAIRS = new WeakMap<Node, ReadonlyMap<string, Pair<Node, Node | null>>>();
/** Of a longer one the line of its map is told: between braces YAML knows no end of it. */
const LONGEST_KEY = 1024;
/** So many dots may be in one: each level of a field is looked for by all that it may be. */
const MOST_PARTS = 10;

/** The keys with which a field may begin, the longest first: `app.io/name`, not `app`. */
function keysOf(field: string): string[] {
  const start = field.slice(0, LONGEST_KEY + 1); // with what ends the longest
  const ends = start.matchAll(/[.[]|$/g).take(MOST_PARTS);
  return ends
    .map(({ index }) => start.slice(0, index))
    .toArray()
    .toReversed();
}
