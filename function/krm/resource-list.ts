import { type Document, isMap, isScalar, isSeq, type Pair, type ParsedNode, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Code } from '../findings/codes.ts';
import { FindingError } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { isGenerator } from '../model/kinds.ts';
import { type Item, toItem } from './item.ts';
import { parseYaml, unreadable } from './parse-yaml.ts';
import { columnOf } from './print.ts';
import { readSplitItems, splitItems } from './split-items.ts';

/** The versions of the KRM functions specification. */
const API_VERSIONS = ['config.kubernetes.io/v1', 'config.kubernetes.io/v1beta1'];

const HOW = 'Run this function through kpt or kustomize, pipe a ResourceList into it, or give files to `render`';

/** The style of the items, and where one can be appended. */
type ItemsLayout =
  /** `items` is null. */
  | { readonly style: 'none' }
  /** `end` is the beginning of a line or the end of the text. */
  | { readonly style: 'block'; readonly column: number; readonly end: number }
  /** `end` is after the last item, or after the opening bracket. */
  | { readonly style: 'flow'; readonly isEmpty: boolean; readonly end: number };

/** A parsed ResourceList and its text. Unchanged parts are written from `text`. */
export interface ResourceList {
  readonly text: string;
  /** If the list was split, `items` has no value here, and offsets do not count the items' text. */
  readonly root: YAMLMap.Parsed;
  /** To be added to an offset in `root` that is after the items. */
  readonly shift: number;
  readonly layout: ItemsLayout;
  /** The end of the last line of its last value. */
  readonly end: number;
  /** Items that do not concern this function are not parsed: they have no name and no annotations. */
  readonly items: readonly Item[];
  readonly functionConfig?: Item;
}

/**
 * Parses a ResourceList. A text in kyaml's layout is split, and only the items that concern this function are parsed. Any other text,
 * and one with an error, is parsed whole. `check` is called repeatedly and throws when the time of the run is up.
 * @throws FindingError of code INPUT_UNREADABLE when it is no ResourceList; after that nothing may be written.
 */
export function parseResourceList(text: string, check: () => void = () => {}): ResourceList {
  if (text.trim() === '') throw unreadable(`it is empty. ${HOW}`);
  return parseSplit(text, check) ?? parseWhole(text, check);
}

/** Parses any ResourceList. @throws FindingError */
export function parseWhole(text: string, check: () => void = () => {}): ResourceList {
  const document = parseYaml(text, undefined, check);
  const root = readRoot(document);
  const isBlock = root.flow !== true;
  if (isBlock && !text.endsWith('\n'))
    throw unreadable('its last line has no end, so the list may be cut. Send it whole');
  // Not replaced by an empty list, at which kpt deletes every file of the package.
  if (!pairOf(root, 'items')?.value) throw unreadable('it has no `items`. Add `items: []` if there are none');
  const list = valueIn(root, 'items');
  if (list !== undefined && !isSeq(list)) throw unreadable('`items` is not a list');
  const sequence = list as YAMLSeq.Parsed<ParsedNode> | undefined; // isSeq forgets that the node was parsed
  const items = (sequence?.items ?? []).map((node, index) =>
    toItem(document, node, { where: `items[${index}]`, text }),
  );
  if (isBlock) checkEnd(items.at(-1));
  return withConfig(document, { text, root, items, layout: layoutOf(text, sequence), end: root.range[2], shift: 0 });
}

/** Errors that parsing the whole text would give as well. */
const FINAL_CODES: readonly Code[] = ['LIMIT_EXCEEDED', 'DEADLINE_PASSED'];

/** Undefined when the text has another layout, or has an error, which parsing it whole will locate. */
export function parseSplit(text: string, check: () => void = () => {}): ResourceList | undefined {
  const split = text.endsWith('\n') ? splitItems(text) : undefined;
  if (split === undefined) return undefined;
  try {
    const document = parseYaml(split.frame);
    const root = readRoot(document);
    const items = readSplitItems(text, split.items, check);
    checkEnd(items.at(-1));
    const end = items.at(-1)?.range[2] ?? split.range[1];
    const shift = split.range[1] - split.range[0];
    const isTailed = split.range[1] < text.length;
    const list = { text, root, items, layout: { style: 'block', column: 0, end }, shift } as const;
    return withConfig(document, { ...list, end: isTailed ? root.range[2] + shift : end });
  } catch (error) {
    if (error instanceof FindingError && !FINAL_CODES.includes(error.finding.code)) return undefined;
    throw error;
  }
}

function withConfig(document: Document.Parsed, list: Omit<ResourceList, 'functionConfig'>): ResourceList {
  const config = valueIn(list.root, 'functionConfig');
  if (config === undefined) return list;
  const position = { where: 'functionConfig', text: list.text, offset: list.shift };
  return { ...list, functionConfig: toItem(document, config, position) };
}

function layoutOf(text: string, sequence: YAMLSeq.Parsed<ParsedNode> | undefined): ItemsLayout {
  if (sequence === undefined) return { style: 'none' };
  const [start, , end] = sequence.range;
  if (sequence.flow !== true) return { style: 'block', column: columnOf(text, start), end };
  const last = sequence.items.at(-1);
  return { style: 'flow', isEmpty: last === undefined, end: last?.range[1] ?? start + 1 };
}

function readRoot(document: Document.Parsed): YAMLMap.Parsed {
  const root = document.contents;
  if (!isMap(root)) throw unreadable(`it is not a ResourceList. ${HOW}`);
  const [apiVersion, kind]: unknown[] = [root.get('apiVersion'), root.get('kind')];
  if (kind !== 'ResourceList')
    throw unreadable(`its kind must be "ResourceList", got ${typeof kind === 'string' ? quote(kind) : 'none'}. ${HOW}`);
  if (pairOf(root, 'results')?.value === null) throw unreadable('its `results` have no value. Leave them out');
  if (API_VERSIONS.includes(String(apiVersion))) return root;
  throw unreadable(`its apiVersion must be ${API_VERSIONS.map(quote).join(' or ')}, got ${quote(String(apiVersion))}`);
}

/** The pair of a top-level key. */
export function pairOf(root: YAMLMap.Parsed, name: string): Pair<ParsedNode, ParsedNode | null> | undefined {
  return root.items.find(({ key }) => isScalar(key) && key.value === name);
}

/** The value of a top-level key; undefined when it is missing or null. */
function valueIn(root: YAMLMap.Parsed, name: string): ParsedNode | undefined {
  const value = pairOf(root, name)?.value ?? undefined;
  return isScalar(value) && value.value === null && value.tag === undefined ? undefined : value;
}

/**
 * Refuses a list that was truncated between two lines, which is still YAML: its last item has no name. A Kustomization may have none,
 * since kpt sends it as its file has it.
 */
function checkEnd(last: Item | undefined): void {
  const isNamed = last?.object !== undefined;
  const isWithoutType = last?.apiVersion === undefined && last?.kind === undefined;
  if (isNamed || isWithoutType || last?.apiVersion?.startsWith('kustomize.config.k8s.io/') || isGenerator(last)) return;
  throw unreadable('its last item has no apiVersion, kind or metadata.name, so the list may be cut. Send it whole');
}
