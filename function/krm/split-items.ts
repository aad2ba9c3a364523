/** What a text in the layout of an orchestrator holds, found without parsing it. */
export interface SplitText {
  /** The text without its items: all that has to be parsed beside them. */
  readonly frame: string;
  /** Where the items begin and end, as whole lines. */
  readonly range: readonly [start: number, end: number];
  readonly items: readonly SplitItem[];
}

/** One item as whole lines, from its `- ` on. */
export interface SplitItem {
  readonly start: number;
  readonly end: number;
  /** Its top-level `kind`, where that is one plain word on a line of its own; absent: only the parser knows. */
  readonly kind?: string;
}

const HEAD = /^apiVersion: config\.kubernetes\.io\/v1(?:beta1)?\nkind: ResourceList\nitems:\n(?=- )/;
/** What may follow the items. */
const TAIL = /(?:functionConfig|results):/y;
/** A line at the margin that is neither an item, a comment nor empty. */
const AT_MARGIN = /\n(?![ \n#-])(?!$)/g;
/** A dash at the margin that does not begin a block mapping: a document marker, a nested list, a flow, an anchor, a scalar. */
const OTHER_DASH = /\n-(?! (?:[A-Za-z]|#))/g;
/** The first lines of a block mapping whose keys stand two columns in; comments may come before. */
const FIRST_KEY = /- (?:#[^\n]*\n(?: *(?:#[^\n]*)?\n)* {2})?[A-Za-z][\w./-]*:[ \n]/y;
const KIND = /\n(?:- | {2})kind: ([^\n]*)/g;
/** A key of an item that may say `kind` in other words: in quotes, as an explicit or an anchored one, or before a space. */
const OTHER_KEY = /\n(?:- | {2})(?:["'?!&*<]|kind[ \t]+:)/g;

/**
 * Splits a text in the exact layout that kyaml writes: one ResourceList, its items a block list at the margin, each a block
 * mapping. In any other layout, or where a line may be misread (a tab, a carriage return, a document marker), undefined.
 *
 * Only in valid YAML is the split sure; what it reads nothing of is passed through as it came. A line with two spaces and a
 * key is always a key of the item: block and quoted scalars, flows and nested blocks are indented further.
 */
export function splitItems(text: string): SplitText | undefined {
  const [head] = HEAD.exec(text) ?? [];
  if (head === undefined || text.includes('\r') || text.includes('\n\t')) return undefined;
  const start = head.length;
  const end = endOfItems(text, start);
  if (end === undefined || isMatchedBefore(OTHER_DASH, text, start - 1, end)) return undefined;
  const items = withKinds(text, rangesOf(text, start, end));
  return { frame: text.slice(0, start) + text.slice(end), range: [start, end], items };
}

function endOfItems(text: string, start: number): number | undefined {
  AT_MARGIN.lastIndex = start;
  const found = AT_MARGIN.exec(text);
  if (found === null) return text.length;
  TAIL.lastIndex = found.index + 1;
  return TAIL.test(text) ? found.index + 1 : undefined;
}

function isMatchedBefore(pattern: RegExp, text: string, from: number, end: number): boolean {
  pattern.lastIndex = from;
  const found = pattern.exec(text);
  return found !== null && found.index < end - 1;
}

function rangesOf(text: string, start: number, end: number): SplitItem[] {
  const items: SplitItem[] = [];
  for (let at = start; at < end; ) {
    const next = text.indexOf('\n- ', at);
    const itemEnd = next < 0 || next >= end - 1 ? end : next + 1;
    items.push({ start: at, end: itemEnd });
    at = itemEnd;
  }
  return items;
}

/** Gives each item its kind, if exactly one line of it says so plainly. */
function withKinds(text: string, items: readonly SplitItem[]): SplitItem[] {
  const kinds: (string[] | undefined)[] = [];
  for (const [index, [, kind = '']] of matchesIn(items, text, KIND)) {
    const seen = kinds[index];
    if (seen === undefined) kinds[index] = [kind];
    else if (seen.length < 2) seen.push(kind);
  }
  const unsure = new Set([...matchesIn(items, text, OTHER_KEY)].map(([index]) => index));
  return items.map((item, at) => {
    const [kind, another] = unsure.has(at) ? [] : (kinds[at] ?? []);
    FIRST_KEY.lastIndex = item.start;
    const isPlain = kind !== undefined && another === undefined && /^[A-Za-z]+$/.test(kind) && FIRST_KEY.test(text);
    return isPlain ? { ...item, kind } : item;
  });
}

/** Every match of a pattern in an item, with the item's index. A match may begin with the line break before its item. */
export function* matchesIn(
  items: readonly SplitItem[],
  text: string,
  pattern: RegExp,
): Generator<readonly [index: number, match: RegExpExecArray]> {
  let index = 0;
  for (const match of text.matchAll(pattern)) {
    const at = match.index + 1;
    while (index < items.length && at >= (items[index]?.end ?? 0)) index += 1;
    if (index === items.length) return;
    if (at >= (items[index]?.start ?? 0)) yield [index, match];
  }
}
