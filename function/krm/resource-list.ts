import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  type ParsedNode,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { FindingError, finding } from '../api/finding.ts';
import { isGenerator, type ObjectRef, objectKey } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import { explainYamlError } from './explain-yaml-error.ts';

/** Aliases one item may expand to, as a bound on YAML bombs. */
const MAX_ALIASES = 100;

/** The versions of the KRM functions specification. */
const API_VERSIONS: readonly unknown[] = ['config.kubernetes.io/v1', 'config.kubernetes.io/v1beta1'];

/** One object of a ResourceList, still as text: values are made only when asked for. */
export interface Item {
  readonly node: ParsedNode;
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

/** A parsed ResourceList and the text it came from: whatever is not changed is written back from `text`. */
export interface ResourceList {
  readonly text: string;
  readonly document: Document.Parsed;
  readonly root: YAMLMap.Parsed;
  /** Absent when `items` is null. */
  readonly sequence?: YAMLSeq.Parsed<ParsedNode>;
  readonly items: readonly Item[];
  /** Items that have a name, by `objectKey`. */
  readonly byKey: ReadonlyMap<string, readonly Item[]>;
  readonly functionConfig?: Item;
}

/**
 * Parses a ResourceList.
 * @throws FindingError of code INPUT_UNREADABLE for everything else: nothing may be written then.
 */
export function parseResourceList(text: string): ResourceList {
  if (text.trim() === '')
    throw unreadable('it is empty. Run this function through kpt or kustomize, or pipe a ResourceList into it');
  const document = parseYaml(text);
  const root = document.contents;
  if (!isMap(root)) throw unreadable('it is not a ResourceList');
  checkType(root);
  const isBlock = root.flow !== true;
  if (isBlock && !/\n$/.test(text)) throw unreadable('its last line has no end, so the list may be cut. Send it whole');
  // Never guessed: to kpt an empty list means that every file of the package is to be deleted.
  if (!pairOf(root, 'items')?.value) throw unreadable('it has no `items`. Add `items: []` if there are none');
  const list = valueIn(root, 'items');
  if (list !== undefined && !isSeq(list)) throw unreadable('`items` is not a list');
  const sequence = list as YAMLSeq.Parsed<ParsedNode> | undefined; // isSeq forgets that the node was parsed
  const items = (sequence?.items ?? []).map((node, index) => toItem(document, node, `items[${index}]`));
  if (isBlock) checkEnd(items.at(-1));
  const config = valueIn(root, 'functionConfig');
  const functionConfig = config === undefined ? undefined : toItem(document, config, 'functionConfig');
  return {
    text,
    document,
    root,
    items,
    byKey: Map.groupBy(items, ({ object }) => (object === undefined ? '' : objectKey(object))),
    ...(sequence === undefined ? {} : { sequence }),
    ...(functionConfig === undefined ? {} : { functionConfig }),
  };
}

/** The items that are the object of `key`: more than one when somebody wrote it twice. */
export function findItems({ byKey }: Pick<ResourceList, 'byKey'>, key: string): readonly Item[] {
  return byKey.get(key) ?? [];
}

/** The pair of a key of the ResourceList itself. */
export function pairOf(root: YAMLMap.Parsed, name: string): Pair<ParsedNode, ParsedNode | null> | undefined {
  return root.items.find(({ key }) => isScalar(key) && key.value === name);
}

/** The value of a key; undefined when it is missing or null. */
function valueIn(root: YAMLMap.Parsed, name: string): ParsedNode | undefined {
  const value = pairOf(root, name)?.value ?? undefined;
  return isScalar(value) && value.value === null && value.tag === undefined ? undefined : value;
}

function parseYaml(text: string): Document.Parsed {
  const lineCounter = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter, prettyErrors: false, merge: true, logLevel: 'error' });
    const [error] = document.errors;
    if (error === undefined) return document;
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw unreadable(`line ${line}, column ${col}: ${explainYamlError(error.code)}`);
  } catch (error) {
    if (error instanceof RangeError) throw unreadable('it is nested too deeply');
    throw error;
  }
}

function checkType(root: YAMLMap.Parsed): void {
  const [apiVersion, kind]: unknown[] = [root.get('apiVersion'), root.get('kind')];
  if (kind !== 'ResourceList')
    throw unreadable(`its kind must be "ResourceList", got ${typeof kind === 'string' ? quote(kind) : 'none'}`);
  if (!API_VERSIONS.includes(apiVersion)) {
    throw unreadable(
      `its apiVersion must be ${API_VERSIONS.map(String).map(quote).join(' or ')}, got ${quote(String(apiVersion))}`,
    );
  }
}

function toItem(document: Document.Parsed, node: ParsedNode, where: string): Item {
  if (!isMap(node))
    throw unreadable(`\`${where}\` is ${isAlias(node) ? 'an alias. Write the object out' : 'not an object'}`);
  const { apiVersion, kind, metadata } = readHead(document, node, where);
  const { name, namespace, annotations } = (metadata ?? {}) as Record<string, unknown>; // checked value by value
  const object =
    isString(apiVersion) && isString(kind) && isString(name)
      ? { apiVersion, kind, name, ...(isString(namespace) ? { namespace } : {}) }
      : undefined;
  return {
    node,
    ...(isString(apiVersion) ? { apiVersion } : {}),
    ...(isString(kind) ? { kind } : {}),
    annotations: readAnnotations(annotations),
    toJS: () => toJS(document, node, where),
    ...(object === undefined ? {} : { object }),
  };
}

const HEAD = ['apiVersion', 'kind', 'metadata'];

/** What an object is, aliases and merge keys resolved as its readers will: the rest of it is not even looked at. */
function readHead(document: Document.Parsed, node: YAMLMap.Parsed, where: string): Record<string, unknown> {
  const keyOf = ({ key }: { key: unknown }) => (isScalar(key) ? key.value : undefined);
  if (node.items.some((pair) => !isString(keyOf(pair)) || keyOf(pair) === '<<')) {
    return toJS(document, node, where) as Record<string, unknown>; // a map gives an object
  }
  const head = node.items.filter((pair) => HEAD.includes(String(keyOf(pair))));
  return Object.fromEntries(
    head.map((pair) => [keyOf(pair), pair.value === null ? null : toJS(document, pair.value, where)]),
  );
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

/**
 * A list that was cut between two lines is still YAML. Orchestrators send only whole objects, so a last one without its
 * name tells; kpt sends a Kustomization as its file has it, often without apiVersion, kind and name.
 */
function checkEnd(last: Item | undefined): void {
  const isNamed = last?.object !== undefined;
  const isWithoutType = last?.apiVersion === undefined && last?.kind === undefined;
  if (isNamed || isWithoutType || last?.apiVersion?.startsWith('kustomize.config.k8s.io/') || isGenerator(last)) return;
  throw unreadable('its last item has no apiVersion, kind or metadata.name, so the list may be cut. Send it whole');
}

function readAnnotations(annotations: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(annotations ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => isString(entry[1])));
}

function toJS(document: Document.Parsed, node: ParsedNode, where: string): unknown {
  try {
    return node.toJS(document, { maxAliasCount: MAX_ALIASES });
  } catch {
    throw unreadable(`the aliases of \`${where}\` have no anchor, or are too many`);
  }
}

function unreadable(cause: string): FindingError {
  return new FindingError(finding('INPUT_UNREADABLE', `cannot read standard input: ${cause}.`));
}
