import { type Document, isMap, isPair, isScalar, type Pair, type ParsedNode, type Scalar, visit } from 'yaml';
import { manifestTypeOf } from '../model/kinds.ts';
import { meantType } from '../model/meant-kind.ts';
import { attempt, valueAt } from '../model/plain-data.ts';
import type { Item } from './item.ts';
import { lineAt, parseItem } from './line-of.ts';
import { isFoldedAnew, isNumberInGo, isWrittenOtherwise, type Origin, unreadable } from './parse-yaml.ts';
import { namesOurGroup } from './split-documents.ts';

/** More merge keys of one object are not compared. */
const MOST_MERGES = 100;

/**
 * Refuses an object in which programs that are written in Go read another value than this function. Where a merge key gives a key that is
 * there already they let the merged value win (kubernetes-sigs/kustomize, kyaml/v0.21.1, yaml/rnode.go, DeAnchor). In one of ours `010` is
 * 8 for them, and `0b10` is 2 (go-yaml, resolve.go). kpt compares the head of any object as it is written (kyaml, yaml/rnode.go, GetLabels).
 * @throws FindingError with file and line.
 */
export function checkSpelling(document: Document.Parsed, node: ParsedNode, item: Item, { file }: Origin): void {
  const isOurs = manifestTypeOf(meantType(item) ?? item) !== undefined || namesOurGroup(item.apiVersion ?? '');
  const refuse = (at: number, cause: string) => {
    const line = lineAt(item.text, item.range[0] - node.range[0] + at);
    throw unreadable(cause, { name: 'this document', line, ...(file !== undefined && { file }) });
  };
  let merges = 0;
  visit(node, {
    Alias(_, { range }, path) {
      if (isInHead(path)) refuse(range?.[0] ?? 0, ALIAS);
    },
    Map(_, { items, range, anchor }, path) {
      if (isOurs && items.some(({ key }) => !['string', 'symbol'].includes(typeof Object(key).value)))
        refuse(range?.[0] ?? 0, KEY);
      const merged = items.filter(isMerge);
      if ((merged.length > 0 || anchor !== undefined) && isInHead(path)) refuse(range?.[0] ?? 0, ALIAS);
      merges += merged.length;
      if (merged.length > 0 && (merges > MOST_MERGES || hasTwice(items, merged, document)))
        refuse(range?.[0] ?? 0, MERGED);
    },
    Pair(_, { key, value }, path) {
      if (path.length !== 5) return;
      const [, around, , field, labels] = path.map((node) => (isPair(node) ? String(node.key) : node));
      const isLabel = around === 'metadata' && field === 'labels';
      if (isLabel && ![key, value].every((node) => typeof Object(node).value === 'string'))
        refuse(Object(labels).range[0], LABEL);
    },
    Scalar(_, scalar, path) {
      const { value, range, tag, anchor, type } = scalar;
      if (anchor !== undefined && isInHead(path)) refuse(range?.[0] ?? 0, ALIAS);
      if (isOurs && tag !== undefined) refuse(range?.[0] ?? 0, TAG);
      if (isOurs && isOtherNumber(scalar)) refuse(range?.[0] ?? 0, NUMBER);
      const isMergeSign = value === '<<' && type === 'PLAIN'; // which kyaml gives a tag
      if (isMergeSign || (isOurs && isOtherText(scalar))) refuse(range?.[0] ?? 0, TEXT);
    },
  });
}

const isOtherNumber = (scalar: Scalar) =>
  (typeof scalar.value === 'number' && scalar.source !== String(scalar.value)) || isNumberInGo(scalar);
const isOtherText = ({ value }: Scalar) => typeof value === 'string' && isWrittenOtherwise(value);

/**
 * True for an object of others that may be another one during a build: {@link checkSpelling} is for ours. `isWhole`: all of it, and not only
 * its data, is read or written again.
 */
export function isHandedOnOtherwise(item: Item, isWhole: boolean): boolean {
  const node = parseItem(item);
  if (!isMap(node)) return true;
  const annotations = valueAt(item.toJS(), ['metadata', 'annotations']);
  const areTexts = Object.values(Object(annotations)).every((value) => typeof value === 'string'); // they become texts
  let isOtherwise = node.items.some(isMerge) || (isWhole && !areTexts);
  visit(node, {
    Pair(_, { key }, path) {
      return path.length === 1 && !isWhole && !/^(?:data|stringData)$/.test(String(key)) ? visit.SKIP : undefined;
    },
    Scalar(_, scalar) {
      isOtherwise ||= isOtherNumber(scalar) || isOtherText(scalar) || isFoldedAnew(scalar);
      return isOtherwise ? visit.BREAK : undefined;
    },
  });
  return isOtherwise;
}

/** True for an object itself, and in the fields by which selectors of kpt compare what is written, and in which functions set values. */
function isInHead([, pair]: readonly unknown[]): boolean {
  return !isPair(pair) || /^(?:apiVersion|kind|metadata)$/.test(String(pair.key));
}

const isMerge = ({ key }: Pair) => isScalar(key) && typeof key.value === 'symbol';

/** True where a merge key gives a key that the map has itself, or another merge key gives. */
function hasTwice(items: readonly Pair[], merged: readonly Pair[], document: Document.Parsed): boolean {
  const names = items.flatMap(({ key }) => (isScalar(key) && typeof key.value !== 'symbol' ? String(key.value) : []));
  const maps = attempt(() => merged.flatMap(({ value }) => (value as ParsedNode).toJS(document) as object)); // aliases may have no anchors
  const keys = maps?.flatMap((map) => Object.keys(map));
  return keys === undefined || new Set([...names, ...keys]).size < names.length + keys.length;
}

const MERGED =
  'a merge key (`<<`) gives a key that is there already, and kustomize takes the other value. Write the keys out';
const ALIAS = 'an alias, anchor or merge key stands in its head, where kpt writes and compares. Write it out';
const LABEL = 'a label in it is no text, and kpt compares it as it is written. Put it in quotes';
const TAG = 'a value in it has a tag (`!`), which kpt leaves out. Leave the tag out';
const KEY = 'a key in it is no text. Write it out, in quotes';
const TEXT =
  'kustomize hands a text in it on otherwise: a line break of YAML 1.1, a tab in front of several lines, `<<` or a number that is too large. Write another one';
const NUMBER =
  'kustomize and kpt may read a number, date or tag in it otherwise. Put it in quotes, or write it in decimal digits';
