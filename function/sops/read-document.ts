import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseDocument, type Scalar } from 'yaml';
import { type Leaf, readPlainScalar, stringLeaf } from './scalar.ts';
import { SopsError } from './sops-error.ts';

/** An API server accepts Secrets of 1 MiB, which encryption and base64 enlarge less than twice. */
const TEXT_MAX_LENGTH = 2 * 1024 * 1024;
/** Limit on the nodes of a document with its aliases resolved, against YAML bombs. */
const NODES_MAX = 20_000;
/** Limit on aliases: finding an anchor takes time, and an anchor that contains its own alias never ends. */
const ALIASES_MAX = 100;
const DEPTH_MAX = 100;
/** Kubernetes' own names have at most 317 characters. */
const KEY_MAX_LENGTH = 1024;
const STRING_TAG = 'tag:yaml.org,2002:str';

/**
 * Parses a text in the library's schema `failsafe`, in which every scalar stays text. For an invalid text it gives a document with errors,
 * or nothing.
 */
export type Parse = (text: string) => Document | undefined;

/** The library's parser, which takes long and much memory for some texts of 2 MiB. */
export const parseFailsafe: Parse = (text) => parseDocument(text, { schema: 'failsafe', logLevel: 'error' });

/** A value and its position in the document. */
export interface PlacedLeaf extends Leaf {
  /** The keys that lead to it; lists add none. */
  readonly path: readonly string[];
  /** True inside a list. */
  readonly isListed: boolean;
}

/** A scalar of `sops`: its text, and what YAML reads it as. */
export interface SopsScalar {
  readonly source: string;
  readonly value: Leaf['value'] | null;
}

/** A value of `sops`. */
export type SopsValue = ReadonlyMap<string, SopsValue> | readonly SopsValue[] | SopsScalar;

/** An encrypted document as sops reads it. */
export interface EncryptedDocument {
  /** Its `sops` field. */
  readonly sops: SopsValue | undefined;
  /** All other values, in the order of the text, with aliases resolved. */
  readonly leaves: readonly PlacedLeaf[];
}

/**
 * Reads one YAML document as sops does (stores/yaml/store.go). Its MAC depends on the order of keys and on the quotes of scalars, which
 * plain data no longer has.
 * @throws SopsError when it is no such document, or is too large.
 */
export function readDocument(text: string, parse: Parse): EncryptedDocument {
  if (text.length > TEXT_MAX_LENGTH) throw new SopsError('malformed');
  try {
    const document = parse(text);
    if (document === undefined || document.errors.length > 0) throw new SopsError('malformed');
    return read(document);
  } catch (error) {
    throw error instanceof ReferenceError ? new SopsError('malformed') : error; // too many aliases
  }
}

function read(document: Document): EncryptedDocument {
  const state: ReadState = { document, leaves: [], left: { nodes: NODES_MAX, aliases: ALIASES_MAX } };
  const pairs = pairsOf(document.contents);
  for (const { key, value } of pairs) if (key !== 'sops') collect(value, { path: [key], isListed: false }, state, 1);
  const sops = pairs.find(({ key }) => key === 'sops');
  return { sops: sops && toSopsValue(sops.value, ['sops'], state, 1), leaves: state.leaves };
}

interface ReadState {
  readonly document: Document;
  readonly leaves: PlacedLeaf[];
  readonly left: { nodes: number; aliases: number };
}

type Place = Pick<PlacedLeaf, 'path' | 'isListed'>;

function collect(source: Node | null, place: Place, state: ReadState, depth: number): void {
  const node = resolve(source, place.path, state, depth);
  if (isMap(node)) {
    for (const { key, value } of pairsOf(node))
      collect(value, { ...place, path: [...place.path, key] }, state, depth + 1);
  } else if (isSeq(node)) {
    for (const item of node.items) collect(item as Node | null, { ...place, isListed: true }, state, depth + 1);
  } else if (isScalar(node)) {
    const leaf = readScalar(node, place.path);
    if (leaf !== undefined) state.leaves.push({ ...leaf, ...place });
  }
}

/** A value of `sops`. What sops would merge by `<<` is not looked up. */
function toSopsValue(source: Node | null, path: readonly string[], state: ReadState, depth: number): SopsValue {
  const node = resolve(source, path, state, depth);
  const inside = (value: Node | null, at = path) => toSopsValue(value, at, state, depth + 1);
  if (isSeq(node)) return node.items.map((item) => inside(item as Node | null));
  if (isMap(node)) {
    const pairs = pairsOf(node);
    if (pairs.some(({ key }) => key === '<<')) throw new SopsError('unsupported', path);
    return new Map(pairs.map(({ key, value }) => [key, inside(value, [...path, key])]));
  }
  if (!isScalar(node)) return { source: '', value: null };
  return { source: String(node.value), value: readScalar(node, path)?.value ?? null };
}

/** Counts a node, and finds the one that an alias names. */
function resolve(node: Node | null, path: readonly string[], state: ReadState, depth: number): Node | null {
  const { document, left } = state;
  left.nodes -= 1;
  if (isAlias(node)) left.aliases -= 1;
  if (left.nodes < 0 || left.aliases < 0 || depth > DEPTH_MAX) throw new SopsError('malformed');
  if (!isAlias(node)) return node;
  const anchored = node.resolve(document);
  if (anchored === undefined) throw new SopsError('malformed', path);
  return anchored;
}

/** The pairs of a map. Keys must be text: sops refuses one that it reads as a number. */
function pairsOf(node: unknown): { key: string; value: Node | null }[] {
  if (!isMap(node)) throw new SopsError('malformed');
  return node.items.map(({ key, value }) => {
    const leaf = isScalar(key) ? readScalar(key) : undefined;
    if (typeof leaf?.value !== 'string') throw new SopsError('malformed');
    if (leaf.value.length > KEY_MAX_LENGTH) throw new SopsError('malformed');
    return { key: leaf.value, value: value as Node | null };
  });
}

function readScalar({ value, type, tag }: Scalar, path: readonly string[] = []): Leaf | undefined {
  if (typeof value !== 'string' || (tag !== undefined && tag !== STRING_TAG)) throw new SopsError('unsupported', path);
  const leaf = type !== 'PLAIN' || tag !== undefined ? stringLeaf(value) : readPlainScalar(value);
  if (leaf === 'malformed') throw new SopsError(leaf, path);
  return leaf;
}
