import { type Document, isAlias, isMap, isScalar, type ParsedNode, type YAMLMap } from 'yaml';
import { GENERATOR_ANNOTATION } from '../api/annotations.ts';
import { isSpec, type ObjectRef, objectKey } from '../api/kinds.ts';
import { stringsIn } from '../api/strings-in.ts';
import { type Origin, unreadable } from './parse-yaml.ts';

/** Aliases one item may expand to, as a bound on YAML bombs. */
const MAX_ALIASES = 100;

/** One object of a ResourceList or of a file, still as text: values are made only when asked for. */
export interface Item {
  /** The whole text that it is in. */
  readonly text: string;
  /** Where it is there: its first character, the one behind its last, and the one behind its last line. */
  readonly range: readonly [start: number, end: number, lineEnd: number];
  /** True when an anchor names the whole item. */
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

/** `objectKey` of an item; empty for one without a name, which nobody can ask for. */
export function keyOf({ object }: Pick<Item, 'object'>): string {
  return object === undefined ? '' : objectKey(object);
}

/** Where an object stands: what messages call it, the whole text, and how far its document is into that. */
export interface Position {
  readonly where: string;
  readonly text: string;
  readonly offset?: number;
  readonly origin?: Origin;
}

/**
 * An object of a parsed text.
 * @throws FindingError when it is none.
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
 * An item without its document, which takes a hundred times the text: a spec is read anyway, and so is a Secret of ours; what is
 * in another is read `again` when somebody asks for it.
 */
export function withoutDocument(item: Item, again: () => unknown): Item {
  if (!isSpec(item) && item.annotations[GENERATOR_ANNOTATION] === undefined) return { ...item, toJS: again };
  const value = item.toJS();
  return { ...item, toJS: () => value };
}

const HEAD = ['apiVersion', 'kind', 'metadata'];

/** What an object is, aliases and merge keys resolved as its readers will: the rest of it is not even looked at. */
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
