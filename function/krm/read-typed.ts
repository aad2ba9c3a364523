import { isAlias, isMap, isScalar, isSeq, type ParsedNode } from 'yaml';
import { quote } from '../findings/quote.ts';
import { nearestTo } from '../model/meant-kind.ts';
import { textAt, typedKeys } from '../model/plain-data.ts';
import { toItem } from './item.ts';
import { lineAt } from './line-of.ts';
import { isText, type Origin, parseYaml, unreadable } from './parse-yaml.ts';
import { misreadIn } from './plain-objects.ts';

/**
 * Fields of structs as a program in Go reads them, with their types: `string`, `text` (a string where any scalar is taken as it is written),
 * `bool`, `int`, `any`, the name of a struct, or `list` or `map` and the type of what is in it.
 */
export type Structs = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * The value of a text that is a struct, exactly: each field is spelled as there, and its value has the type. Such a program may find fields
 * in any case, and not every reader of YAML takes merge keys, tags and plain scalars alike. `areTexts`: each scalar is a text. `isOther`: what
 * is read without that.
 * @throws FindingError
 */
export function readTyped(
  text: string,
  type: string,
  { origin, structs, areTexts = false, isOther = () => false }: Typing,
): unknown {
  const document = parseYaml(text, origin, undefined, areTexts ? 'failsafe' : undefined);
  const contents = document.contents as ParsedNode | null; // the library's type forgets that it may be empty
  const value = isMap(contents) ? toItem(document, contents, { where: 'document 1', text, origin }).toJS() : undefined;
  if (isOther(value)) return value;
  const refuse = (node: ParsedNode | null, cause: string) =>
    unreadable(cause, { ...origin, line: origin.line - 1 + lineAt(text, node?.range[0] ?? 0) });
  checkValue(contents, type, '', { structs, areTexts, refuse, anchors: new Map(), checked: new Map() });
  const misread = misreadIn(text, false);
  if (misread) throw unreadable(misread.cause, { ...origin, line: origin.line - 1 + lineAt(text, misread.at) });
  return value;
}

interface Typing {
  readonly origin: Origin;
  readonly structs: Structs;
  readonly areTexts?: boolean;
  readonly isOther?: (value: unknown) => boolean;
}

/** What refuses a part of a text, and what is known of its anchors. */
interface Reading {
  readonly structs: Structs;
  readonly areTexts: boolean;
  readonly refuse: (node: ParsedNode | null, cause: string) => Error;
  readonly anchors: Map<string, ParsedNode>;
  /** The type as which an anchored value has been checked. */
  readonly checked: Map<ParsedNode, string>;
}

function checkValue(valueNode: ParsedNode | null, type: string, at: string, reading: Reading): void {
  const { structs, areTexts, refuse, anchors, checked } = reading;
  const node = isAlias(valueNode) ? (anchors.get(valueNode.source) ?? null) : valueNode;
  if (type === 'any' || (node !== null && checked.get(node) === type)) return;
  if (node?.tag !== undefined) throw refuse(valueNode, 'it has a tag. Remove it');
  if (node?.anchor !== undefined) {
    anchors.set(node.anchor, node);
    checked.set(node, type);
  }
  const [outer = '', inner = ''] = type.split(/ (.*)/);
  const isStruct = outer in structs;
  const [what, isFit] = SHAPES[isStruct ? 'map' : outer] ?? SHAPES.map;
  if (!isFit(node)) throw refuse(valueNode, wrongType(node, what, at === '' ? 'it' : `\`${at}\``));
  if (isSeq<ParsedNode>(node))
    for (const [index, entry] of node.items.entries()) checkValue(entry, inner, `${at}[${index}]`, reading);
  if (!isMap<ParsedNode, ParsedNode | null>(node)) return;
  for (const { key, value } of node.items) {
    if (isMerge(key)) throw refuse(key, MERGED);
    if (!isText(key, areTexts)) throw refuse(key, wrongType(key, 'a string', 'a key'));
    const field = isStruct ? textAt(structs, [outer, key.value]) : inner;
    if (field === undefined) throw refuse(key, unknownField(key.value, typedKeys(structs[outer] ?? {}), at));
    if (isStruct && isEmpty(value)) continue; // as if it were not there
    checkValue(value, field, isStruct ? [...(at ? [at] : []), key.value].join('.') : at, reading);
  }
}

const MERGED = 'a merge key (`<<`) stands in it. Write out what it merges';
const isMerge = (key: ParsedNode) => isScalar(key) && (typeof key.value === 'symbol' || key.value === '<<');
const isEmpty = (node: unknown) =>
  isScalar(node) && (node.value === null || (node.type === 'PLAIN' && node.value === ''));

type Shape = readonly [what: string, isFit: (node: unknown) => boolean];

const SHAPES: Readonly<Record<string, Shape>> & { readonly map: Shape } = {
  string: ['a string', (node) => isText(node)],
  text: ['a text', (node) => isText(node, true)],
  bool: ['`true` or `false`', (node) => isScalar(node) && typeof node.value === 'boolean'],
  int: ['a whole number', (node) => isScalar(node) && Number.isSafeInteger(node.value)],
  list: ['a list', isSeq],
  map: ['a map', isMap],
};

function wrongType(node: ParsedNode | null, what: string, name: string): string {
  const isPlain = what === 'a string' && isScalar(node) && node.value !== null;
  return `${name} must be ${what}. ${isPlain ? 'Put it in quotes' : 'Correct it'}`;
}

function unknownField(name: string, fields: readonly string[], at: string): string {
  const meant = nearestTo(name, fields, (length) => Math.ceil(length / 3));
  const cure = meant === undefined ? '. Remove it' : `; did you mean \`${meant}\`? Correct it`;
  return `there is no field ${quote(name)}${at === '' ? '' : ` in \`${at}\``}${cure}`;
}
