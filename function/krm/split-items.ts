import { visit } from 'yaml';
import { CONFIG_MAP_KIND, isKnownKind } from '../model/kinds.ts';
import { isMisspelt } from '../model/meant-kind.ts';
import { defined } from '../model/plain-data.ts';
import { LEGACY_PATH_ANNOTATION } from './file-positions.ts';
import { type Item, toItem, withoutDocument } from './item.ts';
import { parseYaml, unreadable } from './parse-yaml.ts';

/** Offsets of text in whole lines. */
type Range = readonly [start: number, end: number];

/** The parts of a ResourceList in kyaml's layout, found without parsing. */
interface SplitText {
  /** The text without its items. */
  readonly frame: string;
  /** The text from the items' first line to the end of their last. */
  readonly range: Range;
  /** Each item, beginning with its `- `. */
  readonly items: readonly Range[];
}

const HEAD = /^apiVersion: config\.kubernetes\.io\/v1(?:beta1)?\nkind: ResourceList\nitems:\n(?=- )/;
/** Of many items, one that no parser counts has at least so many characters on average: a kind and a name are longer. */
const [MANY, LEAST_OF_AN_ITEM] = [20_000, 20];
/** Keys that may follow the items. */
const TAIL = ['functionConfig:', 'results:'];
/** A line at the margin that is not empty, no comment and no item with keys: a key, a document marker, a nested list, a flow, a scalar. */
const NO_ITEM = /\n(?![ \n#]|- [A-Za-z#]|$)/g;

/**
 * Splits a text in the exact layout that kyaml writes: one ResourceList, its items a block list at the margin, each a block mapping.
 * Undefined for any other layout, or when a line may be misread (a tab, a carriage return, a document marker).
 *
 * The split is right if the text is valid YAML; text that is not parsed is passed through unchanged. A line with two spaces and a key is
 * always a key of the item, since block and quoted scalars, flows and nested blocks are indented further.
 * @throws FindingError of code LIMIT_EXCEEDED for very many items that can be no objects.
 */
export function splitItems(text: string): SplitText | undefined {
  const [head] = HEAD.exec(text) ?? [];
  if (head === undefined || text.includes('\r') || text.includes('\n\t')) return undefined;
  const start = head.length;
  NO_ITEM.lastIndex = start - 1;
  const tail = NO_ITEM.exec(text);
  const end = tail === null ? text.length : tail.index + 1;
  if (tail !== null && !TAIL.some((key) => text.startsWith(key, end))) return undefined;
  const items: Range[] = [];
  for (let at = start; at < end; ) {
    const next = text.indexOf('\n- ', at) + 1;
    const itemEnd = next === 0 || next >= end ? end : next;
    items.push([at, itemEnd]);
    at = itemEnd;
  }
  if (items.length > MANY && items.length * LEAST_OF_AN_ITEM > end - start)
    throw unreadable(
      'it has too many items for its length. Leave out those that are no objects',
      undefined,
      'LIMIT_EXCEEDED',
    );
  return { frame: text.slice(0, start) + text.slice(end), range: [start, end], items };
}

const PATH = LEGACY_PATH_ANNOTATION.replaceAll('.', '\\.');
/** A plain value with `secret_`, which a new Secret's file has. It ends at the next `path`: otherwise a line with n of them takes n² steps. */
const FILE_OF_SECRET = `: (?:(?!${PATH})[^\\n])*secret_`;
/** A path in quotes or behind a blank, and one that is not plain: neither can be read here. */
const UNREAD = `["' \\t]|:(?! [\\w'./-])`;
/** Path annotations of items to parse: a new Secret must not get a position that is taken. The newer annotation ends with the legacy name. */
const SECRET_PATH = new RegExp(`${PATH}(?:${FILE_OF_SECRET}|${UNREAD})`);
/** Text without which an item declares no kind: the word, an escape, or an alias. */
const MAY_DECLARE_KIND = /kind|\\|[*&]/;

/**
 * The items of a split text. Parsed are those that may concern this function: of kinds that are read (ours, Secret, ServiceAccount, Kptfile),
 * also misspelt; whose kind only the parser finds; ConfigMaps if an ExternalSecret may have its template in one; items in files of Secrets;
 * and the last, which shows whether the list was truncated. Others have a kind and nothing else.
 * @throws FindingError when an item cannot be parsed by itself.
 */
export function readSplitItems(text: string, ranges: readonly Range[], throwIfExpired: () => void): Item[] {
  const hasTemplates = text.includes('templateFrom');
  const items: Item[] = [];
  for (const [index, range] of ranges.entries()) {
    throwIfExpired();
    const [start, end] = range;
    const lines = text.slice(start - 1, end); // with the line break before it
    const kind = plainKind(lines);
    const mayConcernUs =
      kind === undefined
        ? MAY_DECLARE_KIND.test(lines)
        : isKnownKind(kind) || (hasTemplates && kind === CONFIG_MAP_KIND) || isMisspelt(lines, kind);
    const isRelevant = mayConcernUs || SECRET_PATH.test(lines) || index === ranges.length - 1;
    const reread = () => parseItem(text, range, index).toJS();
    const item: Item = isRelevant
      ? withoutDocument(parseItem(text, range, index), reread)
      : { text, range: [start + 2, end, end], isAnchored: false, annotations: {}, toJS: reread, ...defined({ kind }) };
    items.push(item);
  }
  return items;
}

/** The first lines of a block mapping with keys in column 2; comments may precede it. */
const FIRST_KEY = /^\n- (?:#[^\n]*\n(?: *(?:#[^\n]*)?\n)* {2})?[A-Za-z][\w./-]*:[ \n]/;
/** A line that may declare an item's `kind`; in another notation it is quoted, explicit, anchored, or has a space before the colon. */
const KIND = /\n(?:- | {2})(?:kind(?:: [^\n]*|[ \t]+:)|["'?!&*<])/g;
const PLAIN_KIND = /^\n(?:- | {2})kind: ([A-Za-z]+)$/;

/** An item's top-level `kind`, if exactly one line declares it plainly. Undefined: only the parser can find it. */
function plainKind(lines: string): string | undefined {
  const [declared = '', another] = lines.match(KIND) ?? [];
  const kind = PLAIN_KIND.exec(declared)?.[1];
  return another === undefined && FIRST_KEY.test(lines) ? kind : undefined;
}

/** @throws FindingError also for an alias, whose anchor may be in another item. */
function parseItem(text: string, [start, end]: Range, index: number): Item {
  const where = `items[${index}]`;
  const lines = ` ${text.slice(start + 1, end)}`; // a space replaces the dash, so that columns stay
  const document = parseYaml(lines);
  if (lines.includes('*')) {
    const Alias = () => {
      throw unreadable(`\`${where}\` has an alias`);
    };
    visit(document, { Alias });
  }
  if (document.contents === null) throw unreadable(`\`${where}\` is not an object`);
  return toItem(document, document.contents, { where, text, offset: start });
}
