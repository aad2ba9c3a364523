import { CONFIG_MAP_KIND, isKnownKind } from '../api/kinds.ts';
import { KUSTOMIZE_ID_ANNOTATION } from './annotations.ts';
import { type Item, toItem, withoutDocument } from './item.ts';
import { parseYaml, unreadable } from './parse-yaml.ts';
import { matchesIn, type SplitItem } from './split-items.ts';

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
