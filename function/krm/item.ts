import { type Document, isAlias, isMap, isScalar, type ParsedNode, type YAMLMap } from 'yaml';
import type { ObjectRef } from '../findings/say.ts';
import { GENERATOR_ANNOTATION } from '../model/annotations.ts';
import { isSpec, objectKey } from '../model/kinds.ts';
import { stringsIn } from '../model/plain-data.ts';
import { type Origin, unreadable } from './parse-yaml.ts';

/** Limit on the aliases of one item, against YAML bombs. */
const MAX_ALIASES = 100;

/** One object of a ResourceList or a file. Its text is parsed into values on demand. */
export interface Item {
  /** The whole text that contains it. */
  readonly text: string;
  /** Offsets in `text`: its first character, the end of its value, and the end of its last line. */
  readonly range: readonly [start: number, end: number, lineEnd: number];
  /** True when the whole item has an anchor. */
  readonly isAnchored: boolean;
  readonly apiVersion?: string;
  readonly kind?: string;
  /** Present when the item has apiVersion, kind and name. */
  readonly object?: ObjectRef;
  readonly annotations: Readonly<Record<string, string>>;
  /**
   * The object as plain data.
   * @throws FindingError when its aliases cannot be resolved or explode.
   */
  toJS(): unknown;
}

/** `objectKey` of an item; empty for one without apiVersion, kind or name. */
export function keyOf({ object }: Pick<Item, 'object'>): string {
  return object === undefined ? '' : objectKey(object);
}

/** Where an object is: its name in messages, the whole text, and the offset of its document in that text. */
export interface Position {
  readonly where: string;
  readonly text: string;
  readonly offset?: number;
  readonly origin?: Origin;
}

/**
 * The item of a parsed node.
 * @throws FindingError when the node is no map.
 */
export function toItem(document: Document.Parsed, node: ParsedNode, position: Position): Item {
  const { where, text, offset = 0, origin } = position;
  if (!isMap(node))
    throw unreadable(`\`${where}\` is ${isAlias(node) ? 'an alias. Write the object out' : 'not an object'}`, origin);
  const { apiVersion, kind, metadata } = readHead(document, node, position);
  const { name, namespace, annotations } = (metadata ?? {}) as Record<string, unknown>; // checked value by value
  const object =
    isString(apiVersion) && isString(kind) && isString(name)
      ? { apiVersion, kind, name, ...(isString(namespace) ? { namespace } : {}) }
      : undefined;
  const [start, end, lineEnd] = node.range;
  return {
    text,
    range: [start + offset, end + offset, lineEnd + offset],
    isAnchored: node.anchor !== undefined,
    ...(isString(apiVersion) ? { apiVersion } : {}),
    ...(isString(kind) ? { kind } : {}),
    annotations: stringsIn(annotations),
    toJS: () => toJS(document, node, position),
    ...(object === undefined ? {} : { object }),
  };
}

/**
 * Frees an item's document, which takes a hundred times the memory of its text. Specs and Secrets of ours are read at once, since every
 * run uses them; other items are read with `reread` on demand.
 */
export function withoutDocument(item: Item, reread: () => unknown): Item {
  if (!isSpec(item) && item.annotations[GENERATOR_ANNOTATION] === undefined) return { ...item, toJS: reread };
  const value = item.toJS();
  return { ...item, toJS: () => value };
}

const HEAD = ['apiVersion', 'kind', 'metadata'];

/** An object's apiVersion, kind and metadata, with aliases and merge keys resolved. Other fields are not read. */
function readHead(document: Document.Parsed, node: YAMLMap.Parsed, where: Position): Record<string, unknown> {
  const keyOf = ({ key }: { key: unknown }) => (isScalar(key) ? key.value : undefined);
  if (node.items.some((pair) => !isString(keyOf(pair)) || keyOf(pair) === '<<')) {
    return toJS(document, node, where) as Record<string, unknown>; // a map gives an object
  }
  const head = node.items.filter((pair) => HEAD.includes(String(keyOf(pair))));
  const plain = (value: ParsedNode | null) => (isScalar(value) ? value.value : value && toJS(document, value, where));
  return Object.fromEntries(head.map((pair) => [keyOf(pair), plain(pair.value)]));
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function toJS(document: Document.Parsed, node: ParsedNode, { where, origin }: Position): unknown {
  try {
    return node.toJS(document, { maxAliasCount: MAX_ALIASES });
  } catch {
    throw unreadable(`the aliases of \`${where}\` have no anchor, or are too many`, origin);
  }
}
