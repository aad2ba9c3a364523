import { type Document, isAlias, isMap, isScalar, type ParsedNode } from 'yaml';
import type { ObjectRef } from '../findings/say.ts';
import { GENERATOR_ANNOTATION } from '../model/annotations.ts';
import { asksForSecret, inCluster, OBJECT_NAME_MAX, objectKey } from '../model/kinds.ts';
import { meantType } from '../model/meant-kind.ts';
import { cached, defined, stringsIn, textAt, valueAt } from '../model/plain-data.ts';
import { type Origin, unreadable } from './parse-yaml.ts';

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
  readonly namespace?: string;
  /** Present when the item has apiVersion, kind and name. One of our kinds without apiVersion (`meantType`) has an empty one. */
  readonly object?: ObjectRef;
  readonly annotations: Readonly<Record<string, string>>;
  /**
   * The object as plain data.
   * @throws FindingError when its aliases cannot be resolved.
   */
  toJS(): unknown;
}

/** `objectKey` of an item; what is missing of apiVersion, kind and name is empty in it. */
export function itemKey(item: Pick<Item, 'apiVersion' | 'kind' | 'namespace' | 'object'>): string {
  const { apiVersion = '', kind = '', namespace, object } = item;
  return cached(KEYS, item, () =>
    objectKey(object ? inCluster(object) : { apiVersion, kind, name: '', ...defined({ namespace }) }),
  );
}

/** Each is asked for by every run that reads the item. */
const KEYS = new WeakMap<object, string>();

/** What an item is read from: its name in messages, the whole text, and the offset of its document in that text. */
export interface ItemSource {
  readonly where: string;
  readonly text: string;
  readonly offset?: number;
  readonly origin?: Origin;
}

/** The fields that say what an object is. */
const HEAD: readonly unknown[] = ['apiVersion', 'kind', 'metadata'];

/**
 * The item of a parsed node. Only its head is read, with aliases and merge keys resolved.
 * @throws FindingError when the node is no map.
 */
export function toItem(document: Document.Parsed, node: ParsedNode, source: ItemSource): Item {
  const { where, text, offset = 0, origin } = source;
  if (!isMap(node))
    throw unreadable(`\`${where}\` is ${isAlias(node) ? 'an alias. Write the object out' : 'not an object'}`, origin);
  const toJS = (part: ParsedNode | null = node): unknown => {
    try {
      return part?.toJS(document);
    } catch {
      throw unreadable(`an alias in \`${where}\` has no anchor. Write it out`, origin);
    }
  };
  const pairs = node.items.map(({ key, value }) => [isScalar(key) ? key.value : undefined, value] as const);
  const isPlain = pairs.every(([key]) => typeof key === 'string' && key !== '<<');
  const head = isPlain
    ? Object.fromEntries(pairs.filter(([key]) => HEAD.includes(key)).map(([key, value]) => [key, toJS(value)]))
    : (toJS() as Record<string, unknown>); // a map gives an object
  const { apiVersion, kind } = stringsIn(head);
  const [name, namespace] = ['name', 'namespace'].map((field) =>
    textAt(head.metadata, [field])?.slice(0, OBJECT_NAME_MAX + 1),
  ); // as `identify` does
  const type = apiVersion !== undefined && kind !== undefined ? { apiVersion, kind } : meantType({ apiVersion, kind });
  const [start, end, lineEnd] = node.range;
  return {
    text,
    range: [start + offset, end + offset, lineEnd + offset],
    isAnchored: node.anchor !== undefined,
    ...defined({ apiVersion, kind, namespace }),
    annotations: stringsIn(valueAt(head, ['metadata', 'annotations'])),
    toJS,
    ...(type &&
      name !== undefined && {
        object: { apiVersion: apiVersion ?? '', kind: type.kind, name, ...defined({ namespace }) },
      }),
  };
}

/**
 * Frees an item's document, which takes a hundred times the memory of its text. Manifests and Secrets of ours are read at once, since every
 * run uses them; other items are read with `reread` on demand.
 */
export function withoutDocument(item: Item, reread: () => unknown): Item {
  if (!asksForSecret(item) && item.annotations[GENERATOR_ANNOTATION] === undefined) return { ...item, toJS: reread };
  const value = item.toJS();
  return { ...item, toJS: () => value };
}
