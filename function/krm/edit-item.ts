import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  Pair,
  parseDocument,
  Scalar,
  visit,
  YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { LOCAL_CONFIG_ANNOTATION, OWN_ANNOTATIONS } from '../model/annotations.ts';
import type { SecretManifest } from '../model/outcome.ts';
import { parseBounded, TextFault } from '../model/parse-bounded.ts';
import type { Item } from './item.ts';
import { columnOf, type Edit, indent, needsQuotes, PRINT_OPTIONS, printBlock, printDocument } from './print.ts';

/** Characters without which a text has no anchor, alias, merge key or tag, and no two keys that differ only in quotes (`"1"`, `1`). */
const MAY_HAVE_ANCHORS = /[&*!?]|<<|["']\s*:/;
/** A text this short cannot have too many values. */
const SHORT = 100_000;

/**
 * False when an item cannot be printed by itself: anchors, aliases, merge keys or a directive make it depend on other text, or it is too
 * large to be parsed alone.
 */
export function isEditable(item: Item): boolean {
  const [start, end] = item.range;
  if (item.isAnchored) return false;
  if (end - start < SHORT && !MAY_HAVE_ANCHORS.test(item.text.slice(start, end))) return true; // no need to parse it again
  try {
    return isSelfContained(parseAlone(item));
  } catch (error) {
    if (error instanceof TextFault) return false;
    throw error;
  }
}

/**
 * False for a Secret in which something else stands where it is changed: nothing can be added there, and kyaml, which walks over the former
 * and the new one, prints what is new where the two differ in kind (kubernetes-sigs/kustomize, kyaml/v0.21.1, comments/comments.go).
 */
export function isAddable(item: Item): boolean {
  const document = parseAlone(item);
  const isEach = (paths: readonly string[], is: (node: unknown) => boolean) =>
    paths.every((path) => {
      const node = document.getIn(path.split('.'), true);
      return node === undefined || is(node) || isNull(node);
    });
  const isOfTexts = (node: unknown) =>
    isMap(node) && node.items.every(({ value }) => isScalar(value) || value === null);
  return (
    isEach(['data', 'metadata.annotations', 'metadata.labels'], isOfTexts) &&
    isEach(['metadata.finalizers'], (node) => isSeq(node) && node.items.every(isScalar)) &&
    isEach(['sops.age'], (node) => isSeq(node) && node.items.every(isOfTexts)) &&
    isEach(['type', 'immutable', ...OF_SOPS], isScalar) &&
    isEach(['stringData', 'sops'], isMap) &&
    isEach([WRAPPED], () => false)
  );
}

/** What stands beside `age` where a Secret is encrypted. */
const OF_SOPS = ['lastmodified', 'mac', 'encrypted_regex', 'mac_only_encrypted', 'version'].map(
  (name) => `sops.${name}`,
);

/** In place of an object kyaml prints what such a field has (kubernetes-sigs/kustomize, kyaml/v0.21.1, kio/byteio_writer.go). */
export const WRAPPED = 'bareSeqNodeWrappingKey';

function isNull(node: unknown): boolean {
  return (
    isScalar(node) &&
    node.tag === undefined &&
    node.type === Scalar.PLAIN &&
    /^(?:~|null|Null|NULL|)$/.test(String(node.value))
  );
}

/**
 * Renews a Secret in place: data, type, and the annotations, labels and finalizers of `secret` are new. Every other field, annotation,
 * label and comment stays. `mayBeOthers`: others may have made it. Then all that is theirs stays, but a key that both have.
 */
export function renewSecret(item: Item, secret: SecretManifest, mayBeOthers = false): Edit {
  return editItem(item, (document) => {
    const { annotations, labels = {}, finalizers } = secret.metadata;
    const former = OWN_ANNOTATIONS.filter((name) => annotations[name] === undefined);
    dropAnnotations(document, former);
    const metadata = document.get('metadata');
    setEntries(document, metadata, 'annotations', annotations);
    if (Object.keys(labels).length > 0) setEntries(document, metadata, 'labels', labels);
    if (finalizers !== undefined) {
      const present = document.getIn(['metadata', 'finalizers']);
      const theirs: unknown[] = mayBeOthers && isSeq(present) ? present.toJS(document) : [];
      const all = [...new Set([...theirs, ...finalizers])];
      setValue(document, metadata, 'finalizers', toNode(document, all));
    }
    const keepsType = mayBeOthers && ['Opaque', document.get('type')].includes(secret.type);
    if (!keepsType) setValue(document, document.contents, 'type', scalar(document, secret.type));
    setData(document, secret.data, mayBeOthers);
    const strings = document.get('stringData');
    if (!mayBeOthers) for (const name of ['stringData', 'immutable', 'sops']) document.delete(name);
    else if (isMap(strings))
      strings.items = strings.items.filter(
        ({ key }) => !(isScalar(key) && Object.hasOwn(secret.data, String(key.value))),
      );
    if (secret.immutable === true) setValue(document, document.contents, 'immutable', new Scalar('true')); // a boolean, so without quotes
    if (secret.sops !== undefined) setValue(document, document.contents, 'sops', toNode(document, secret.sops));
  });
}

/** Marks an item as local config, which is never applied to a cluster. */
export function markLocalConfig(item: Item): Edit {
  const marks = { [LOCAL_CONFIG_ANNOTATION]: 'true' };
  return editItem(item, (document) => setEntries(document, document.get('metadata'), 'annotations', marks));
}

/** Removes annotations from an item. */
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

/** Parses an item alone. In the failsafe schema every scalar stays text, so that 0x1F, 1e3, yes and !!binary are printed as written. */
function parseAlone(item: Item): Document {
  return parseBounded(textOf(item), { schema: 'failsafe', resolveKnownTags: false });
}

/** An item's text, usable without the text around it. */
export function textOf(item: Item): string {
  const [start, end] = item.range;
  return asOwnText(item, item.text.slice(start, end));
}

/** Gives the first of an item's lines the same margin as the others. */
export function asOwnText(item: Item, lines: string): string {
  return marginOf(item, lines) + lines;
}

/** A single line needs no margin. In a list that is all on one line its column may be large. */
function marginOf({ text, range }: Item, lines: string): string {
  return lines.trimEnd().includes('\n') ? ' '.repeat(columnOf(text, range[0])) : '';
}

function isSelfContained(document: Document): boolean {
  let isDependent = !isMap(document.contents);
  visit(document, {
    Node: (_, node) => {
      isDependent ||= isAlias(node) || node.anchor !== undefined || (isSeq(node) && node.tag !== undefined);
    },
    Pair: (_, { key }) => {
      isDependent ||= isMergeKey(key);
    },
    Map: (_, { flow, items, tag }) => {
      isDependent ||= tag !== undefined || (flow !== true && items.some(({ value }) => value === null)); // `? key`, which the library does not print beside others
    },
  });
  return !isDependent;
}

/** True for `<<`, as the parser decides: in quotes it is an ordinary key. */
function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.value === '<<' && (key.type === Scalar.PLAIN || key.tag !== undefined);
}

function dropAnnotations(document: Document, names: readonly string[]): void {
  const present = document.getIn(['metadata', 'annotations']);
  if (isMap(present)) for (const name of names) present.delete(name);
}

/**
 * Sets entries of the map in a field of `around`; a new map has the item's style: JSON stays JSON. An existing map and its pairs keep their
 * comments; the map's last comment may belong to what follows the item.
 */
function setEntries(document: Document, around: unknown, field: string, values: Readonly<Record<string, string>>) {
  const present = isMap(around) ? around.get(field) : undefined;
  const map = isMap(present) ? present : new YAMLMap(document.schema);
  if (map !== present) map.flow = isFlow(document);
  const pairs = pairsOf(map);
  for (const [name, value] of Object.entries(values)) setValue(document, map, name, scalar(document, value), pairs);
  setValue(document, around, field, map);
  return map;
}

/** Sets `data`. Unless others have keys there too, the keys get the order of `data`, which the MAC of an encrypted Secret covers. */
function setData(document: Document, data: Readonly<Record<string, string>>, mayBeOthers: boolean): void {
  const map = setEntries(document, document.contents, 'data', data);
  map.flow = isFlow(document);
  const pairs = pairsOf(map);
  if (!mayBeOthers) map.items = Object.keys(data).flatMap((name) => pairs.get(name) ?? []);
}

/** Like YAMLMap.set, but a new key has the item's style (quotes in JSON), and a new value keeps the comments of the former one. */
function setValue(
  document: Document,
  map: unknown,
  name: string,
  value: Scalar | YAMLMap | YAMLSeq,
  pairs = pairsOf(map),
): void {
  if (!isMap(map)) throw new Error('an item that has a name has a map here');
  const pair = pairs.get(name);
  if (pair === undefined) map.items.push(new Pair(scalar(document, name), value));
  else {
    const { commentBefore, comment }: Partial<Node> = isNode(pair.value) ? pair.value : {};
    if (commentBefore) value.commentBefore = commentBefore;
    if (comment) value.comment = comment;
    pair.value = value;
  }
}

/** The pairs of a map by their keys: a Secret may have ten thousand. */
function pairsOf(map: unknown): ReadonlyMap<unknown, Pair> {
  const pairs = isMap(map) ? map.items : [];
  return new Map(pairs.flatMap((pair) => (pair.key instanceof Scalar ? [[pair.key.value, pair] as const] : [])));
}

/** A map or list of any data in the item's style, with text scalars. */
function toNode(document: Document, value: object): YAMLMap | YAMLSeq {
  const text = isFlow(document) ? JSON.stringify(value) : printBlock(value);
  const { contents } = parseDocument(text, { schema: 'failsafe', logLevel: 'error' });
  if (!isCollection(contents)) throw new Error('an object is printed as a map, and a list as one');
  return contents;
}

function scalar(document: Document, value: string): Scalar<string> {
  const node = new Scalar(value);
  node.type = isFlow(document) || needsQuotes(value) ? Scalar.QUOTE_DOUBLE : Scalar.PLAIN;
  return node;
}

function isFlow({ contents }: Document): boolean {
  return isCollection(contents) && contents.flow === true;
}
