import { CONFIG_MAP_KIND, isKnownKind } from '../model/kinds.ts';
import { type Item, toItem, withoutDocument } from './item.ts';
import { parseYaml, unreadable } from './parse-yaml.ts';
import { KUSTOMIZE_ID_ANNOTATION } from './places.ts';

/** The parts of a ResourceList in kyaml's layout, found without parsing. */
interface SplitText {
  /** The text without its items. */
  readonly frame: string;
  /** Offsets of the items' first line and of the end of their last. */
  readonly range: readonly [start: number, end: number];
  readonly items: readonly SplitItem[];
}

/** One item as whole lines, beginning with its `- `. */
interface SplitItem {
  readonly start: number;
  readonly end: number;
  /** Its top-level `kind`, if that is one plain word on a line of its own; absent: only the parser can find it. */
  readonly kind?: string;
}

const HEAD = /^apiVersion: config\.kubernetes\.io\/v1(?:beta1)?\nkind: ResourceList\nitems:\n(?=- )/;
/** Keys that may follow the items. */
const TAIL = /(?:functionConfig|results):/y;
/** A line at the margin that is no item and no comment, and is not empty. */
const AT_MARGIN = /\n(?![ \n#-])(?!$)/g;
/** A dash at the margin that begins no block mapping: a document marker, a nested list, a flow, an anchor, a scalar. */
const OTHER_DASH = /\n-(?! (?:[A-Za-z]|#))/g;
/** The first lines of a block mapping with keys in column 2; comments may precede it. */
const FIRST_KEY = /- (?:#[^\n]*\n(?: *(?:#[^\n]*)?\n)* {2})?[A-Za-z][\w./-]*:[ \n]/y;
const KIND = /\n(?:- | {2})kind: ([^\n]*)/g;
/** A key of an item that may be `kind` in another notation: quoted, explicit, anchored, or with a space before the colon. */
const OTHER_KEY = /\n(?:- | {2})(?:["'?!&*<]|kind[ \t]+:)/g;

/**
 * Splits a text in the exact layout that kyaml writes: one ResourceList, its items a block list at the margin, each a block mapping.
 * Undefined for any other layout, or when a line may be misread (a tab, a carriage return, a document marker).
 *
 * The split is right if the text is valid YAML; text that is not parsed is passed through unchanged. A line with two spaces and a key is
 * always a key of the item, since block and quoted scalars, flows and nested blocks are indented further.
 */
export function splitItems(text: string): SplitText | undefined {
  const [head] = HEAD.exec(text) ?? [];
  if (head === undefined || text.includes('\r') || text.includes('\n\t')) return undefined;
  const start = head.length;
  const end = endOfItems(text, start);
  if (end === undefined || matchesBefore(OTHER_DASH, text, start - 1, end)) return undefined;
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

function matchesBefore(pattern: RegExp, text: string, from: number, end: number): boolean {
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

/** Gives each item its kind, if exactly one line declares it plainly. */
function withKinds(text: string, items: readonly SplitItem[]): SplitItem[] {
  const kinds: (string[] | undefined)[] = [];
  for (const [index, [, kind = '']] of matchesIn(items, text, KIND)) {
    const kindsSoFar = kinds[index];
    if (kindsSoFar === undefined) kinds[index] = [kind];
    else if (kindsSoFar.length < 2) kindsSoFar.push(kind);
  }
  const unsure = new Set([...matchesIn(items, text, OTHER_KEY)].map(([index]) => index));
  return items.map((item, at) => {
    const [kind, another] = unsure.has(at) ? [] : (kinds[at] ?? []);
    FIRST_KEY.lastIndex = item.start;
    const isPlain = kind !== undefined && another === undefined && /^[A-Za-z]+$/.test(kind) && FIRST_KEY.test(text);
    return isPlain ? { ...item, kind } : item;
  });
}

/** Every match of a pattern in an item, with the item's index. A match may include the line break before the item. */
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
 * The items of a split text. Those that do not concern this function are not parsed: they have a kind and nothing else.
 * @throws FindingError when an item cannot be parsed by itself.
 */
export function readSplitItems(text: string, split: readonly SplitItem[], check: () => void): Item[] {
  const relevant = relevantItems(text, split);
  return split.map((item, index) => {
    check();
    const parse = () => parseItem(text, item, index);
    const reread = () => parse().toJS();
    return relevant.has(index) ? withoutDocument(parse(), reread) : unparsed(text, item, reread);
  });
}

/**
 * Path annotations of Secrets' files: a new Secret must not get a position that is taken. A match stops at the next `path` of the same
 * line, or a line with n of them would take n² steps.
 */
const SECRET_PATH =
  /config\.kubernetes\.io\/path(?:: (?:(?!config\.kubernetes\.io\/path)[^\n])*secret_|["' \t]|:(?! [\w'./-]))/g;
/** Text without which an item declares no kind: the word, an escape, or an alias. */
const MAY_DECLARE_KIND = /kind|\\|[*&]/;
const KUSTOMIZE_ID = /kustomize\.config\.k8s\.io\/id/g;

/**
 * Indexes of the items that may concern this function: of our kinds, or of a kind that only the parser can find; ConfigMaps if an
 * ExternalSecret may have its template in one; items in files of Secrets; the first with kustomize's number; and the last, which shows
 * whether the list was truncated.
 */
function relevantItems(text: string, items: readonly SplitItem[]): ReadonlySet<number> {
  const relevant = new Set([items.length - 1]);
  const hasTemplates = text.includes('templateFrom');
  const isKnown = (kind: string) => isKnownKind(kind) || (hasTemplates && kind === CONFIG_MAP_KIND);
  const mayBe = ({ start, end }: SplitItem) => MAY_DECLARE_KIND.test(text.slice(start, end));
  for (const [index, item] of items.entries())
    if (item.kind === undefined ? mayBe(item) : isKnown(item.kind)) relevant.add(index);
  for (const [index] of matchesIn(items, text, SECRET_PATH)) relevant.add(index);
  let last: number | undefined;
  for (const [index] of matchesIn(items, text, KUSTOMIZE_ID)) {
    if (index === last) continue; // parsed already: the match was no annotation
    last = index;
    relevant.add(index);
    const item = items[index];
    if (item !== undefined && KUSTOMIZE_ID_ANNOTATION in parseItem(text, item, index).annotations) break;
  }
  return relevant;
}

/** An alias, whose anchor may be in another item. */
const ALIAS = /[\s[{,]\*[^\s,[\]{}]/;

/** @throws FindingError also where an alias cannot be resolved in the item alone. */
function parseItem(text: string, { start, end }: SplitItem, index: number): Item {
  const where = `items[${index}]`;
  const lines = ` ${text.slice(start + 1, end)}`; // a space replaces the dash, so that columns stay
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
