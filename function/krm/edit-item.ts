import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  type Node,
  Pair,
  parseDocument,
  Scalar,
  visit,
  YAMLMap,
  YAMLSeq,
} from 'yaml';
import { OWN_ANNOTATIONS } from '../api/annotations.ts';
import type { SecretManifest } from '../api/flow.ts';
import { parseBounded, TextFault } from '../api/parse-bounded.ts';
import type { Item } from './item.ts';
import { LOCAL_CONFIG_ANNOTATION } from './places.ts';
import { columnOf, type Edit, indent, needsQuotes, PRINT_OPTIONS, printBlock, printDocument } from './print.ts';

/**
 * Without these signs there are no anchors, aliases, merge keys and tags, and no keys that are the same only as text, such as
 * `"1"` and `1`.
 */
const MAY_BE_TIED = /[&*!?]|<<|["']\s*:/;
/** A short text has no more values than any text may. */
const SHORT = 100_000;

/**
 * False when an item cannot be printed by itself: anchors, aliases or a directive of the document tie it to the rest of the text, a
 * merge key gives it fields that stand elsewhere, or it is too much for a text of its own.
 */
export function isEditable(item: Item): boolean {
  const [start, end] = item.range;
  if (item.isAnchored) return false;
  if (end - start < SHORT && !MAY_BE_TIED.test(item.text.slice(start, end))) return true; // it was parsed before: once is enough
  try {
    return isSelfContained(parseAlone(item));
  } catch (error) {
    if (error instanceof TextFault) return false;
    throw error;
  }
}

/**
 * Renews a Secret in place: data and type are the new ones, and so are the annotations, labels and finalizers that it has; every other
 * field, annotation, label and comment stays.
 */
export function renewSecret(item: Item, secret: SecretManifest): Edit {
  return editItem(item, (document) => {
    const { annotations, labels = {}, finalizers } = secret.metadata;
    const former = OWN_ANNOTATIONS.filter((name) => annotations[name] === undefined);
    dropAnnotations(document, former);
    setInMetadata(document, 'annotations', annotations);
    if (Object.keys(labels).length > 0) setInMetadata(document, 'labels', labels);
    if (finalizers !== undefined)
      setValue(document, document.get('metadata'), 'finalizers', toList(document, finalizers));
    setValue(document, document.contents, 'type', scalar(document, secret.type));
    setData(document, secret.data);
    for (const name of ['stringData', 'immutable', 'sops']) document.delete(name);
    if (secret.immutable === true) setValue(document, document.contents, 'immutable', new Scalar('true')); // no string for its readers
    if (secret.sops !== undefined) setValue(document, document.contents, 'sops', toNode(document, secret.sops));
  });
}

/** Marks an item as consumed by tools only. */
export function markLocalConfig(item: Item): Edit {
  return editItem(item, (document) => setInMetadata(document, 'annotations', { [LOCAL_CONFIG_ANNOTATION]: 'true' }));
}

/** Takes annotations off an item. */
export function deleteAnnotations(item: Item, names: readonly string[]): Edit {
  return editItem(item, (document) => dropAnnotations(document, names));
}

/** `item` must be {@link isEditable}. */
function editItem(item: Item, change: (document: Document) => void): Edit {
  const [start, end] = item.range;
  const document = parseAlone(item);
  change(document);
  const options = { ...PRINT_OPTIONS, doubleQuotedAsJSON: isFlow(document) };
  const lines = printDocument(document, options);
  const printed = indent(lines, marginOf(item, lines));
  return { start, end, text: item.text.slice(start, end).endsWith('\n') ? printed : printed.trimEnd() };
}

/** Every scalar stays text (the failsafe schema), so that what is not changed is printed as it was written: 0x1F, 1e3, yes. */
function parseAlone(item: Item): Document {
  return parseBounded(textOf(item), { schema: 'failsafe' });
}

/** An item as a text of its own. */
export function textOf(item: Item): string {
  const [start, end] = item.range;
  return standAlone(item, item.text.slice(start, end));
}

/** What is in the place of an item, or goes there, as a text of its own: its first line has the margin of the others. */
export function standAlone(item: Item, lines: string): string {
  return marginOf(item, lines) + lines;
}

/** One line needs none: its column may be far out, as that of the last item of a list that is all on one line. */
function marginOf({ text, range }: Item, lines: string): string {
  return lines.trimEnd().includes('\n') ? ' '.repeat(columnOf(text, range[0])) : '';
}

function isSelfContained(document: Document): boolean {
  let isTied = !isMap(document.contents);
  visit(document, {
    Node: (_, node) => {
      isTied ||= isAlias(node) || node.anchor !== undefined;
    },
    Pair: (_, { key }) => {
      isTied ||= isMergeKey(key);
    },
  });
  return !isTied;
}

/** As the parser tells it: in quotes it is a name like others. */
function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.value === '<<' && (key.type === Scalar.PLAIN || key.tag !== undefined);
}

function dropAnnotations(document: Document, names: readonly string[]): void {
  const present = document.getIn(['metadata', 'annotations']);
  if (isMap(present)) for (const name of names) present.delete(name);
}

function setInMetadata(
  document: Document,
  field: 'annotations' | 'labels',
  values: Readonly<Record<string, string>>,
): void {
  const present = document.getIn(['metadata', field]);
  if (isMap(present)) {
    for (const [name, value] of Object.entries(values)) setValue(document, present, name, scalar(document, value));
  } else {
    setValue(document, document.get('metadata'), field, toMap(document, values));
  }
}

/**
 * The pairs of a map that is there keep their comments, and so does the map: its last may be one that follows the item. The new
 * order holds: the MAC of an encrypted Secret depends on it.
 */
function setData(document: Document, data: Readonly<Record<string, string>>): void {
  const present = document.get('data', true);
  const map = isMap(present) ? present : new YAMLMap(document.schema);
  map.flow = isFlow(document);
  for (const [name, value] of Object.entries(data)) setValue(document, map, name, scalar(document, value));
  map.items = Object.keys(data).flatMap((name) => pairOf(map, name) ?? []);
  setValue(document, document.contents, 'data', map);
}

/**
 * Like YAMLMap.set, but a new key is written in the style of the item, so that in JSON it has quotes, and a new value keeps the
 * comments of the one before.
 */
function setValue(document: Document, map: unknown, name: string, value: Scalar | YAMLMap | YAMLSeq): void {
  if (!isMap(map)) throw new Error('an item that has a name has a map here');
  const pair = pairOf(map, name);
  if (pair === undefined) map.items.push(new Pair(scalar(document, name), value));
  else {
    if (isNode(pair.value)) keepComments(pair.value, value);
    pair.value = value;
  }
}

function pairOf({ items }: YAMLMap, name: string): Pair | undefined {
  return items.find(({ key }) => key instanceof Scalar && key.value === name);
}

function keepComments({ commentBefore, comment }: Node, value: Node): void {
  if (commentBefore) value.commentBefore = commentBefore;
  if (comment) value.comment = comment;
}

/** A map in the style of the item around it: JSON stays JSON. */
function toMap(document: Document, record: Readonly<Record<string, string>>): YAMLMap {
  const map = new YAMLMap(document.schema);
  map.flow = isFlow(document);
  map.items = Object.entries(record).map(([key, value]) => new Pair(scalar(document, key), scalar(document, value)));
  return map;
}

/** Any data in the style of the item, as scalars that stay text. */
function toNode(document: Document, value: object): YAMLMap {
  const text = isFlow(document) ? JSON.stringify(value) : printBlock(value);
  const { contents } = parseDocument(text, { schema: 'failsafe' });
  if (!isMap(contents)) throw new Error('an object is printed as a map');
  return contents;
}

/** A list in the style of the item around it. */
function toList(document: Document, values: readonly string[]): YAMLSeq {
  const list = new YAMLSeq<Scalar>(document.schema);
  list.flow = isFlow(document);
  list.items = values.map((value) => scalar(document, value));
  return list;
}

function scalar(document: Document, value: string): Scalar<string> {
  const node = new Scalar(value);
  node.type = isFlow(document) || needsQuotes(value) ? Scalar.QUOTE_DOUBLE : Scalar.PLAIN;
  return node;
}

function isFlow({ contents }: Document): boolean {
  return isCollection(contents) && contents.flow === true;
}
