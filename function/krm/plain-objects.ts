import { type Document, isAlias, isMap, isPair, isScalar, isSeq, type ParsedNode, visit } from 'yaml';
import type { ObjectRef } from '../findings/say.ts';
import { INTERNAL } from '../model/annotations.ts';
import { asksForSecret, isCoreKind, isInput, OBJECT_NAME_MAX } from '../model/kinds.ts';
import { parseBounded } from '../model/parse-bounded.ts';
import { attempt, once } from '../model/plain-data.ts';
import { lineAt } from './line-of.ts';
import {
  isFoldedAnew,
  isLostOnceWritten,
  isNumberInGo,
  isPlainText,
  isText,
  parseYaml,
  readOtherwiseAt,
  unreadable,
} from './parse-yaml.ts';
import { splitDocuments } from './split-documents.ts';

/** An object of a file, as every host reads it. `apiVersion` may be empty, and of a list the name. */
export interface PlainObject extends ObjectRef {
  /** @throws FindingError for an alias without an anchor. */
  readonly value: () => unknown;
  /** False for one at which kpt fails, or in which it finds another text; `areTemplates`: texts of others count. */
  readonly isKept: (areTemplates: boolean) => boolean;
  /** True for one of ours with a folded text that is another one each time that a host writes it. */
  readonly isFolded: () => boolean;
  /** Its field `data`, where each key is the same text for every reader. A value that is not is undefined. */
  readonly data: () => Readonly<Record<string, string | undefined>> | undefined;
  /** False for one at which kustomize fails: JSON cannot say it, or nobody reads it again, once the keys of its annotations have lost their quotes (kyaml/v0.21.1, yaml/rnode.go, SetAnnotations). */
  readonly isJson: () => boolean;
  /** True where its document has an anchor, or an alias. */
  readonly isAnchored: () => boolean;
  /** True for an item of a list. */
  readonly isListed: boolean;
  /** True for one with an annotation by which kustomize remembers what it was called. */
  readonly isRemembered: boolean;
}

/**
 * Where one reader of YAML ends a document, a line or a comment and another does not: kyaml splits a text at each line that begins with
 * `---`, and each piece has a decoder of its own (kubernetes-sigs/kustomize, kyaml/v0.21.1, kio/byteio_reader.go).
 */
const ODD = /^---(?![ \t]*(?:(?<=[ \t])#.*)?$)|^\.\.\.(?!\s*(?![\s\S]))|^%|(?!^)\ufeff|\r(?!\n)|[\u0085\u2028\u2029]/m;
/** A character that YAML does not allow (go.yaml.in/yaml/v2, v2.4.2, readerc.go). */
export const FORBIDDEN = /[^\t\n\r -~\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|(?<!^)\ufeff/u;
const IS_OTHERWISE =
  'Go reads tabs between values, tags, `?`, signs in anchors, odd keys, empty values in brackets and some escapes otherwise. Write it plainly';
const IS_ODD =
  'hosts may find other objects behind this mark. Write `---` alone between two documents, and no other mark';
const NO_ANCHOR = 'an alias in it has no anchor. Write it out';
const NO_OBJECT =
  'a host wants `kind` and `metadata.name` of an object here, in plain letters, and 253 of them at most. Correct it';

/**
 * The objects of a text, if all hosts read the same ones: each document parses, and says plainly what it is. Any other text may have any
 * object.
 * @throws FindingError with file and line.
 */
export function readObjects(text: string, file: string): PlainObject[] {
  const refuse = (at: number, cause: string) =>
    unreadable(cause, { name: 'this document', file, line: lineAt(text, at) });
  const odd = oddIn(text);
  if (odd !== null) throw refuse(odd.index, IS_ODD);
  const documents = splitDocuments(text);
  const parts = documents.length > 0 ? documents : [{ start: 0, end: text.length }]; // of comments alone
  return parts.flatMap(({ start, end }) => {
    const part = text.slice(start, end);
    const otherwiseAt = readOtherwiseAt(part);
    if (otherwiseAt !== undefined) throw refuse(start + otherwiseAt, IS_OTHERWISE);
    const document = parseYaml(part, { name: 'this document', file, line: lineAt(text, start) });
    const anchors = once(() => anchorsIn(document));
    const objectsIn = (node: ParsedNode | null, isListed: boolean): PlainObject[] => {
      const head = textsIn(node, ['kind', 'apiVersion']);
      const metadata = isMap<unknown, ParsedNode>(node) ? node.get('metadata', true) : null;
      const names = textsIn(metadata, ['name', 'namespace']);
      const areMaps = ['labels', 'annotations'].every((field) =>
        isMapOrNothing(isMap(metadata) && metadata.get(field, true)),
      );
      const { kind = '', apiVersion = '' } = head ?? {};
      const hasItems = isMap<unknown>(node) && node.has('items');
      const isList = /^(?:Resource)?List$/.test(kind) || (kind.endsWith('List') && hasItems); // else it is an object, as `IPAllowList` is
      const items = isList && isMap(node) ? node.get('items', true) : undefined;
      const isUnfit = isList && (isListed || !isSeq(items));
      const isShort = [kind, apiVersion, ...Object.values(names ?? {})].every(
        ({ length }) => length <= OBJECT_NAME_MAX,
      );
      const isNamed = isShort && (isList || (names?.name && !names.name.includes(',')));
      if (names === undefined || kind === '' || !isNamed || !areMaps || isUnfit)
        throw refuse(start + (node?.range[0] ?? 0), NO_OBJECT);
      if (isSeq<ParsedNode>(items)) return items.items.flatMap((item) => objectsIn(item, true));
      const annotations = isMap(metadata) ? metadata.get('annotations', true) : undefined;
      const value = once(() => {
        const read = attempt(() => [node?.toJS(document) as unknown]);
        if (read === undefined) throw refuse(start + (node?.range[0] ?? 0), NO_ANCHOR);
        return read[0];
      });
      return [
        {
          name: '',
          ...names,
          kind,
          apiVersion,
          isListed,
          isRemembered: keysOf(annotations, document).some((key) => key.startsWith(INTERNAL)),
          value,
          isKept: (areTemplates) =>
            areListsKept(node, apiVersion) && !isFolded(node, { apiVersion, kind }, areTemplates),
          isFolded: () => isFolded(node, { apiVersion, kind }, false),
          isAnchored: () => part.includes('&') && anchors().size > 0,
          data: once(() => dataOf(node)), // very many steps may ask
          isJson: () => isJson(node, anchors()) && keysOf(annotations, document).every(isPlainText),
        },
      ];
    };
    const contents = document.contents as ParsedNode | null; // the library's type forgets that it may be empty
    return contents === null || (isScalar(contents) && contents.value === null) ? [] : objectsIn(contents, false);
  });
}

/** The keys of a map that are texts, with those of merge keys. */
function keysOf(node: unknown, document: Document.Parsed): string[] {
  if (!isMap<unknown, ParsedNode>(node)) return [];
  const keys = node.items.map(({ key }) => key);
  if (keys.every((key) => isText(key))) return keys.map(({ value }) => value);
  return Object.keys(Object(attempt(() => node.toJS(document) as unknown)));
}

/** Lists in which kyaml finds each item by a key of it (kubernetes-sigs/kustomize, kyaml/v0.20.1, openapi, x-kubernetes-patch-merge-key). */
const KEYED: readonly unknown[] = [
  ...['addresses', 'conditions', 'containers', 'drivers', 'env', 'ephemeralContainers', 'hostAliases'],
  ...['imagePullSecrets', 'initContainers', 'ownerReferences', 'podIPs', 'ports', 'secrets'],
  ...['topologySpreadConstraints', 'volumeDevices', 'volumeMounts', 'volumes', 'webhooks'],
];
/** The API groups whose kinds it knows. */
const BUILT_IN = /^(?:[^./]+\/)?[^./]+$|\.k8s\.io\//;

/** Lists of texts that it merges. */
const MERGED: readonly unknown[] = ['finalizers', 'podCIDRs'];
/** True for a list of which kyaml does not keep any texts. */
export const isKeyed = (field: string) => KEYED.includes(field) || MERGED.includes(field);

/** kyaml fails where an item of such a list is no map, or an alias, or no text (kyaml/v0.20.1, yaml/walk/associative_sequence.go). */
function areListsKept(node: ParsedNode | null, apiVersion: string): boolean {
  if (!BUILT_IN.test(apiVersion)) return true;
  let isSound = true;
  visit(node, {
    Seq(_, { items }, path) {
      const pair = path.at(-1);
      const field = isPair(pair) && isScalar(pair.key) ? pair.key.value : undefined;
      isSound =
        (!KEYED.includes(field) || items.every((item) => isMap(item) || (isScalar(item) && item.value === null))) &&
        (!MERGED.includes(field) || items.every(isScalar));
      return isSound ? undefined : visit.BREAK;
    },
  });
  return isSound;
}

/** True where a text that is read is another one once it was written. */
function isFolded(
  node: ParsedNode | null,
  type: Pick<ObjectRef, 'apiVersion' | 'kind'>,
  areTemplates: boolean,
): boolean {
  if (!asksForSecret(type) && !isInput(type) && !(areTemplates && isCoreKind(type.kind))) return false;
  let hasFolded = false;
  visit(node, {
    Scalar(_, scalar) {
      hasFolded = isFoldedAnew(scalar);
      return hasFolded ? visit.BREAK : undefined;
    },
  });
  return hasFolded;
}

function dataOf(node: ParsedNode | null): ReturnType<PlainObject['data']> {
  const data = isMap<unknown, ParsedNode>(node) ? node.get('data', true) : undefined;
  if (!isMap<unknown>(data)) return undefined;
  const pairs = data.items.map(({ key, value }) => {
    const text = isText(value) && !isNumberInGo(value) ? value.value : undefined;
    return isText(key) ? ([key.value, text] as const) : undefined;
  });
  return pairs.every((pair) => pair !== undefined) ? Object.fromEntries(pairs) : undefined;
}

/** The first node of each anchor in a document. */
function anchorsIn(document: Document.Parsed): ReadonlyMap<string, ParsedNode> {
  const anchors = new Map<string, ParsedNode>();
  visit(document, {
    Value(_, node) {
      if (node.anchor !== undefined && !anchors.has(node.anchor)) anchors.set(node.anchor, node as ParsedNode);
    },
  });
  return anchors;
}

function isJson(node: ParsedNode | null, anchors: ReadonlyMap<string, ParsedNode>): boolean {
  let isSound = true;
  const sound = (isSo: boolean) => {
    isSound &&= isSo;
    return isSound ? undefined : visit.BREAK;
  };
  const meant = (value: unknown) => (isAlias(value) ? anchors.get(value.source) : value);
  const isMerged = (value: unknown) =>
    isMap(meant(value)) || (isSeq(value) && value.items.every((each) => isMap(meant(each))));
  visit(node, {
    Alias: (_, { source, range }) => sound((anchors.get(source)?.range[0] ?? Infinity) < (range?.[0] ?? 0)),
    Map: (_, { items }) => sound(items.filter(isMergePair).length < 2),
    Pair: (_, pair) =>
      sound(
        isMergePair(pair)
          ? isMerged(pair.value)
          : isScalar(pair.key) && typeof pair.key.value === 'string' && !isNumberInGo(pair.key),
      ),
    Scalar: (_, { value }) =>
      sound(
        typeof value === 'string' ? !isLostOnceWritten(value) : typeof value !== 'number' || Number.isFinite(value),
      ),
  });
  return isSound;
}

const isMergePair = ({ key }: { readonly key: unknown }) => isScalar(key) && typeof key.value === 'symbol';

/** The value of a text that is one document, if every reader of YAML takes the same; undefined for any other. */
export function readAlike(text: string): unknown {
  return misreadIn(text) ? undefined : attempt(() => parseBounded(text).toJS() as unknown);
}

/** Where a text is not for every reader of YAML what it is for this function, and why. `isWritten`: or once a host has written it. */
export function misreadIn(text: string, isWritten = true): { readonly at: number; readonly cause: string } | undefined {
  const oddAt = oddIn(text)?.index;
  const at = oddAt ?? readOtherwiseAt(text, isWritten);
  return at === undefined ? undefined : { at, cause: oddAt === undefined ? IS_OTHERWISE : IS_ODD };
}

/** The first mark by which one reader of YAML finds other documents, lines or comments than another, or a character that none allows. */
function oddIn(text: string): RegExpExecArray | null {
  return ODD.exec(text.replaceAll('\r\n', ' \n')) ?? FORBIDDEN.exec(text);
}

function isMapOrNothing(node: unknown): boolean {
  return !node || isMap(node) || (isScalar(node) && node.value === null);
}

/** Some fields of a map, each in plain letters; undefined where that or a key of the map is an alias, a merge key or has a tag. */
function textsIn(node: unknown, fields: readonly string[]): Readonly<Record<string, string>> | undefined {
  if (node === null || node === undefined) return {};
  if (!isMap<unknown>(node) || node.tag !== undefined || !node.items.every(({ key }) => isText(key))) return undefined;
  const all = fields.flatMap((field) => {
    const value = node.get(field, true);
    return value === undefined || (isScalar(value) && value.value === null) ? [] : [[field, value] as const];
  });
  if (
    !all.every(
      (entry): entry is [string, (typeof entry)[1] & { value: string }] => isText(entry[1]) && !isNumberInGo(entry[1]),
    )
  )
    return undefined;
  return Object.fromEntries(all.map(([field, value]) => [field, value.value]));
}
