import { isMap, isScalar, isSeq, type Node, type Pair } from 'yaml';
import type { Item } from './item.ts';
import { parseYaml } from './parse-yaml.ts';

/**
 * The line, from 1, at which an item's text has `field`, such as `spec.requestParameters.tags[0]`. A part that is not there, as one that is
 * missing, has the line of the innermost part around it; without a field it is the item's first line.
 */
export function lineOf({ text, range: [start, end] }: Pick<Item, 'text' | 'range'>, field = ''): number {
  const column = start - (text.lastIndexOf('\n', start - 1) + 1);
  const offset = field === '' ? column : (offsetOf(`${' '.repeat(column)}${text.slice(start, end)}`, field) ?? column);
  return text.slice(0, start - column + offset).split('\n').length;
}

/** Undefined for a text that does not parse, as of an item whose alias has its anchor outside. */
function offsetOf(text: string, field: string): number | undefined {
  try {
    const { contents } = parseYaml(text);
    return contents === null ? undefined : innermost(contents, field);
  } catch {
    return undefined;
  }
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
  const pair = node.items.find(({ key }: Pair<Node, Node | null>) => isScalar(key) && begins(field, String(key.value)));
  if (pair === undefined) return undefined;
  const key = isScalar(pair.key) ? String(pair.key.value) : '';
  return { at: pair.key, value: pair.value, rest: field.slice(key.length).replace(/^\./, '') };
}

function begins(field: string, key: string): boolean {
  return field === key || field.startsWith(`${key}.`) || field.startsWith(`${key}[`);
}
