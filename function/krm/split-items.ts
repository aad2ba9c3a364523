import { CONFIG_MAP_KIND, isKnownKind } from '../api/kinds.ts';
import { type Item, toItem, withoutDocument } from './item.ts';
import { parseYaml, unreadable } from './parse-yaml.ts';
import { KUSTOMIZE_ID_ANNOTATION } from './places.ts';

/** What a text in the layout of an orchestrator holds, found without parsing it. */
interface SplitText {
  /** The text without its items: all that has to be parsed beside them. */
  readonly frame: string;
  /** Where the items begin and end, as whole lines. */
  readonly range: readonly [start: number, end: number];
  readonly items: readonly SplitItem[];
}

/** One item as whole lines, from its `- ` on. */
interface SplitItem {
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
function* matchesIn(
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

/**
 * The items of a text that was split: those that nobody can ask for have a kind and nothing else, and are not parsed.
 * @throws FindingError where an item cannot be read by itself.
 */
export function readSplitItems(text: string, split: readonly SplitItem[], check: () => void): Item[] {
  const asked = itemsAskedFor(text, split);
  return split.map((item, index) => {
    check();
    const parse = () => parseItem(text, item, index);
    const again = () => parse().toJS();
    return asked.has(index) ? withoutDocument(parse(), again) : unparsed(text, item, again);
  });
}

/**
 * Paths of Secrets: a new one must not take the place of another item. A line that says `path` again is looked at from there: from
 * each to its end would take n² steps.
 */
const SECRET_PATH =
  /config\.kubernetes\.io\/path(?:: (?:(?!config\.kubernetes\.io\/path)[^\n])*secret_|["' \t]|:(?! [\w'./-]))/g;
/** How an item says what it is: in so many words, escaped, or by an alias. */
const MAY_SAY_KIND = /kind|\\|[*&]/;
const KUSTOMIZE_ID = /kustomize\.config\.k8s\.io\/id/g;

/**
 * The items that somebody may look at: of the kinds that this function knows, or of a kind that only the parser can tell;
 * ConfigMaps where an ExternalSecret may have templates in them;
 * those in the files of Secrets; the first with kustomize's number, which tells the host; and the last, where a cut shows.
 */
function itemsAskedFor(text: string, items: readonly SplitItem[]): ReadonlySet<number> {
  const asked = new Set([items.length - 1]);
  const hasTemplates = text.includes('templateFrom');
  const isKnown = (kind: string) => isKnownKind(kind) || (hasTemplates && kind === CONFIG_MAP_KIND);
  const mayBe = ({ start, end }: SplitItem) => MAY_SAY_KIND.test(text.slice(start, end));
  for (const [index, item] of items.entries())
    if (item.kind === undefined ? mayBe(item) : isKnown(item.kind)) asked.add(index);
  for (const [index] of matchesIn(items, text, SECRET_PATH)) asked.add(index);
  let last: number | undefined;
  for (const [index] of matchesIn(items, text, KUSTOMIZE_ID)) {
    if (index === last) continue; // it was parsed, and says it only in passing
    last = index;
    asked.add(index);
    const item = items[index];
    if (item !== undefined && KUSTOMIZE_ID_ANNOTATION in parseItem(text, item, index).annotations) break;
  }
  return asked;
}

/** An alias, which may mean an anchor in another item. */
const ALIAS = /[\s[{,]\*[^\s,[\]{}]/;

/** @throws FindingError also where an alias cannot be resolved in the item alone. */
function parseItem(text: string, { start, end }: SplitItem, index: number): Item {
  const where = `items[${index}]`;
  const lines = ` ${text.slice(start + 1, end)}`; // a space for the dash, so that every column stays
  if (ALIAS.test(lines)) throw unreadable(`\`${where}\` has an alias`);
  const document = parseYaml(lines);
  if (document.contents === null) throw unreadable(`\`${where}\` is not an object`);
  return toItem(document, document.contents, { where, text, offset: start });
}

function unparsed(text: string, { start, end, kind }: SplitItem, toJS: () => unknown): Item {
  return {
    text,
    range: [start + 2, end, end],
    isAnchored: false,
    annotations: {},
    toJS,
    ...(kind === undefined ? {} : { kind }),
  };
}
