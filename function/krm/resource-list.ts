import { type Document, isMap, isScalar, isSeq, type Pair, type ParsedNode, type YAMLMap, type YAMLSeq } from 'yaml';
import { CODES } from '../findings/codes.ts';
import { type Finding, FindingError, messageOf } from '../findings/finding.ts';
import { cut, quote, visible, visibleJson } from '../findings/quote.ts';
import { manifestTypeOf } from '../model/kinds.ts';
import { attempt, valueAt } from '../model/plain-data.ts';
import { KUSTOMIZATION } from './file-positions.ts';
import { type Item, toItem } from './item.ts';
import { parseYaml, unreadable } from './parse-yaml.ts';
import { columnOf, type Edit, indent, printBlock, splice } from './print.ts';
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
  /** The list as YAML. If it was split, `items` has no value here, and offsets do not count the items' text. */
  readonly root: YAMLMap.Parsed;
  /** Those of `root`, by key. */
  readonly pairs: ReadonlyMap<unknown, Pair<ParsedNode, ParsedNode | null>>;
  /** What is added to an offset in `root` that is after the items. */
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
 * and one with an error, is parsed whole. `throwIfExpired` is called repeatedly.
 * @throws FindingError of code INPUT_UNREADABLE when it is no ResourceList; after that nothing may be written.
 */
export function parseResourceList(text: string, throwIfExpired: () => void = () => {}): ResourceList {
  if (text.trim() === '') throw unreadable(`it is empty. ${HOW}`);
  const list = parseSplit(text, throwIfExpired) ?? parseWhole(text, throwIfExpired);
  const last = list.items.at(-1);
  // a list that was cut between two lines is still YAML, but its last item has no name
  const isComplete =
    list.root.flow === true ||
    last === undefined ||
    last.object !== undefined ||
    (attempt(() => isNamed(last.toJS())) ?? true) || // a broken alias is another fault, not a cut
    (last.apiVersion === undefined && Object.values(last.annotations).some((path) => KUSTOMIZATION.test(path))) ||
    last.apiVersion?.startsWith('kustomize.config.k8s.io') || // as kpt compares it
    manifestTypeOf(last) === 'generator'; // its schema says that the name is missing
  if (isComplete) return list;
  throw unreadable('its last item has no apiVersion, kind or metadata.name, so the list may be cut. Send all of it');
}

/** True for an object with apiVersion, kind and name. A number counts: kpt takes it, and who wrote one is not to stop the
 * others. */
function isNamed(object: unknown): boolean {
  return [['apiVersion'], ['kind'], ['metadata', 'name']].every((path) => (valueAt(object, path) ?? null) !== null);
}

/** Parses any ResourceList. @throws FindingError */
export function parseWhole(text: string, throwIfExpired: () => void = () => {}): ResourceList {
  const { document, listFields } = readListFields(text, text, throwIfExpired);
  const { root, pairs } = listFields;
  const list = pairs.get('items')?.value;
  // Not replaced by an empty list, at which kpt deletes every file of the package.
  if (!list) throw unreadable('it has no `items`. Add `items: []` if there are none');
  if (!isSeq(list) && !isNull(list)) throw unreadable('`items` is not a list');
  if (isNull(list) && text.slice(list.range[0]).trim() === '')
    throw unreadable(
      'it ends behind `items:`, so it may be cut. Send all of it, or write `items: []` if there are none',
    );
  const sequence = isSeq(list) ? (list as YAMLSeq.Parsed<ParsedNode>) : undefined; // isSeq forgets that the node was parsed
  const items = (sequence?.items ?? []).map((node, index) =>
    toItem(document, node, { where: `items[${index}]`, text }),
  );
  return { ...listFields, items, layout: layoutOf(text, sequence), end: root.range[2] };
}

/** Undefined when the text has another layout, or has an error, which parsing it whole will locate. */
export function parseSplit(text: string, throwIfExpired: () => void = () => {}): ResourceList | undefined {
  const split = text.endsWith('\n') ? splitItems(text) : undefined;
  if (split === undefined) return undefined;
  try {
    const { listFields } = readListFields(split.frame, text, throwIfExpired);
    const items = readSplitItems(text, split.items, throwIfExpired);
    const [, itemsEnd] = split.range;
    const lastItemEnd = items.at(-1)?.range[2] ?? itemsEnd;
    const layout = { style: 'block', column: 0, end: lastItemEnd } as const;
    const hasFieldsBehind = itemsEnd < text.length;
    const end = hasFieldsBehind ? listFields.root.range[2] + listFields.shift : lastItemEnd;
    return { ...listFields, items, layout, end };
  } catch (error) {
    if (error instanceof FindingError && !CODES[error.finding.code].isFinal) return undefined;
    throw error;
  }
}

/** Reads the fields beside the items. `frame` is the text, or the text without its items. */
function readListFields(
  frame: string,
  text: string,
  throwIfExpired: () => void,
): { document: Document.Parsed; listFields: Omit<ResourceList, 'items' | 'layout' | 'end'> } {
  const document = parseYaml(frame, undefined, throwIfExpired);
  const root = document.contents;
  if (!isMap(root)) throw unreadable(`it is not a ResourceList. ${HOW}`);
  const [apiVersion, kind]: unknown[] = [root.get('apiVersion'), root.get('kind')];
  if (kind !== 'ResourceList')
    throw unreadable(`its kind must be "ResourceList", got ${typeof kind === 'string' ? quote(kind) : 'none'}. ${HOW}`);
  const pairs = new Map(root.items.map((pair) => [isScalar(pair.key) ? pair.key.value : undefined, pair]));
  if (pairs.get('results')?.value === null) throw unreadable('its `results` have no value. Leave them out');
  if (typeof apiVersion !== 'string' || !API_VERSIONS.includes(apiVersion))
    throw unreadable(
      `its apiVersion must be ${API_VERSIONS.map(quote).join(' or ')}, got ${typeof apiVersion === 'string' ? quote(apiVersion) : 'none'}`,
    );
  if (root.flow !== true && !text.endsWith('\n'))
    throw unreadable('its last line does not end with a newline, so the list may be cut. Send all of it');
  const shift = text.length - frame.length;
  const listFields = { text, root, pairs, shift };
  const config = pairs.get('functionConfig')?.value;
  if (!config || isNull(config)) return { document, listFields };
  const functionConfig = toItem(document, config, { where: 'functionConfig', text, offset: shift });
  return { document, listFields: { ...listFields, functionConfig } };
}

/** True for a null; one with a tag is refused where it is read. */
function isNull(value: ParsedNode): boolean {
  return isScalar(value) && value.value === null && value.tag === undefined;
}

function layoutOf(text: string, sequence: YAMLSeq.Parsed<ParsedNode> | undefined): ItemsLayout {
  if (sequence === undefined) return { style: 'none' };
  const [start, , end] = sequence.range;
  if (sequence.flow !== true) return { style: 'block', column: columnOf(text, start), end };
  const last = sequence.items.at(-1);
  return { style: 'flow', isEmpty: last === undefined, end: last?.range[1] ?? start + 1 };
}

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
  const { text, pairs, layout } = list;
  const all = [...edits];
  if (layout.style === 'none') all.push(setValue(list, pairs.get('items'), `[${appended.join(',')}]`));
  else if (appended.length > 0)
    all.push(
      layout.style === 'block'
        ? insertLines(text, layout.end, appended.join(''))
        : insert(layout.end, `${layout.isEmpty ? '' : ','}${appended.join(',')}`),
    );
  if (results.length > 0) all.push(setResults(list, results));
  return splice(text, all);
}

/** Prints an item for appending: as a document where it is in no list, as a block if the items are a block, otherwise in JSON. */
export function printItem({ layout }: Partial<Pick<ResourceList, 'layout'>>, object: object): string {
  if (layout === undefined) return printBlock(object);
  if (layout.style !== 'block') return visibleJson(JSON.stringify(object));
  const margin = ' '.repeat(layout.column);
  return `${margin}- ${indent(printBlock(object), `${margin}  `)}`;
}

function setResults(list: ResourceList, results: readonly unknown[]): Edit {
  const { text, root, pairs, end } = list;
  const pair = pairs.get('results');
  if (pair !== undefined) return setValue(list, pair, JSON.stringify(results));
  if (root.flow === true) return insert(endOfLastPair(root), `,"results":${JSON.stringify(results)}`);
  const margin = ' '.repeat(columnOf(text, root.range[0]));
  return insertLines(text, end, `${margin}${indent(printBlock({ results }), margin)}`);
}

/** A piece between a key and its value: a comment, the colon, an anchor or a tag. */
const BETWEEN = /#[^\n]*|\S+/g;

/** Replaces a value with JSON on the line of its key. Comments on that line follow it. */
function setValue({ text, shift }: ResourceList, pair: ReturnType<ResourceList['pairs']['get']>, json: string): Edit {
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

/** Inserts whole lines at `at`, which is the beginning of a line or the end of the text. */
function insertLines(text: string, at: number, lines: string): Edit {
  return { start: at, end: at, text: text[at - 1] === '\n' ? lines : `\n${lines}` };
}

function insert(at: number, text: string): Edit {
  return { start: at, end: at, text };
}

/** More characters than any name has: of a longer one, which is a fault, very many results would be more than a text may have. */
const MOST_OF_A_NAME = 1000;

/** A finding as an entry of a ResourceList's `results` (KRM functions specification), with control characters made visible. */
export function toResult(finding: Finding): unknown {
  const { severity, code, object, field, location } = finding;
  const names = Object.entries(object ?? {}).map(([name, text]) => [name, visible(cut(text, MOST_OF_A_NAME))]);
  return {
    message: messageOf(finding),
    severity,
    ...(object === undefined ? {} : { resourceRef: Object.fromEntries(names) }),
    ...(object === undefined || field === undefined ? {} : { field: { path: visible(field) } }),
    ...(location === undefined ? {} : { file: { path: visible(location.file) } }),
    tags: { code },
  };
}
