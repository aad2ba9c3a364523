import { type Document, isMap, isSeq, type ParsedNode } from 'yaml';
import { type Finding, FindingError, finding } from '../findings/finding.ts';
import {
  CONFIG_MAP_KIND,
  EXTERNAL_SECRET_KIND,
  isCoreKind,
  isKnownKind,
  POLICY_KIND,
  SEALED_SECRET_KIND,
} from '../model/kinds.ts';
import { isMisspelt, mayLackApiVersion } from '../model/meant-kind.ts';
import { attempt, hasText, once, outcomeOf } from '../model/plain-data.ts';
import { checkSpelling } from './check-spelling.ts';
import { type Item, toItem, withoutDocument } from './item.ts';
import { lineAt } from './line-of.ts';
import { type Origin, parseYaml, unreadable } from './parse-yaml.ts';
import { type Edit, splice } from './print.ts';
import {
  declaresKind,
  isTemplate,
  mayBeOurs,
  namesOurKind,
  type SplitDocument,
  spelledOut,
  splitDocuments,
} from './split-documents.ts';

/** Kinds of lists whose items count as objects, as for kpt and kustomize. */
const LISTS: readonly unknown[] = ['List', 'ResourceList'];

/**
 * The items in a file of YAML documents, or of JSON. Only documents that may concern this function are parsed; others may have any text.
 * `throwIfExpired` is called before each document and throws when the time of the run is up.
 * `leftOut` gets a warning for each that does not parse because it is a template; absent: those are read too.
 * @throws FindingError with file and line, when one of our kinds cannot be parsed, or another that names our groups.
 */
export function parseDocuments(text: string, file: string, throwIfExpired = () => {}, leftOut?: Finding[]): Item[] {
  return splitDocuments(text).flatMap((document, index) => {
    throwIfExpired();
    return readIfRelevant(text, document, { file, number: index + 1 }, leftOut);
  });
}

/** A document's file, and its number in it. */
interface DocumentLocation {
  readonly file: string;
  readonly number: number;
}

function readIfRelevant(text: string, split: SplitDocument, at: DocumentLocation, leftOut?: Finding[]): Item[] {
  const document = text.slice(split.start, split.end);
  const words = spelledOut(document);
  const isKnown = split.kind !== undefined && isKnownKind(split.kind);
  const isSure = (isKnown && !isCommonKind(split.kind)) || LISTS.includes(split.kind);
  const isBeside = split.kind === CONFIG_MAP_KIND || split.kind === SEALED_SECRET_KIND; // it may have templates, or a target's name
  const mayBe =
    split.kind === undefined
      ? mayBeOurs(words) || mayLackApiVersion(words)
      : isKnown ||
        isBeside ||
        namesOurKind(words) ||
        isMisspelt(words, split.kind) ||
        (split.kind === POLICY_KIND && mayLackApiVersion(words)) ||
        (split.kind.endsWith('List') && mayBeOurs(words));
  if (!isSure && !mayBe) return [];
  let read: ReturnType<typeof readItems>;
  try {
    read = readItems(text, split, at);
  } catch (error) {
    if (!(error instanceof FindingError)) throw error;
    if (!isSure && !declaresKind(words)) return [];
    if (leftOut === undefined || !isTemplate(document, !isSure || LISTS.includes(split.kind))) throw error;
    const cause = 'lines that begin with `{{` or `{%` make it a template. Render the template, and name its output';
    const message = `this document is left out: ${cause}.`;
    leftOut.push(finding('TEMPLATE_LEFT_OUT', message, error.finding));
    return [];
  }
  read.check();
  return read.items;
}

/** True for a kind that other tools have too: a document that does not parse may be a template of theirs. */
function isCommonKind(kind = ''): boolean {
  return kind.toLowerCase() === EXTERNAL_SECRET_KIND.toLowerCase() || isCoreKind(kind);
}

/** The items of a document, and what refuses those that others read otherwise. */
function readItems(text: string, split: SplitDocument, at: DocumentLocation) {
  const origin = {
    name: 'this document',
    file: at.file,
    get line() {
      return lineAt(text, split.start); // computed only for an error
    },
  };
  const position = { where: `document ${at.number}`, text, offset: split.start, origin };
  const parse = () => {
    const document = parseYaml(text.slice(split.start, split.end), origin);
    return nodesOf(document, origin).map((node) => ({ document, node, item: toItem(document, node, position) }));
  };
  const reread = once(() => parse().map(({ item }) => outcomeOf(() => item.toJS()))); // one parse for all items of a list
  const read = parse();
  return {
    items: read.map(({ item }, index) => withoutDocument(item, () => reread()[index]?.())),
    check() {
      for (const { document, node, item } of read) checkSpelling(document, node, item, origin);
    },
  };
}

/**
 * The maps of a document: itself, or the items of a list. Of any other kind that ends with "List" kustomize takes the items too, and kpt
 * the list (kubernetes-sigs/kustomize, api/v0.21.1, resource/factory.go, inlineAnyEmbeddedLists; kyaml/v0.21.1, kio/byteio_reader.go).
 */
function nodesOf(document: Document.Parsed, origin: Origin): ParsedNode[] {
  const { contents } = document;
  if (!isMap(contents)) return [];
  const kind = contents.get('kind');
  const items = String(kind).endsWith('List') ? contents.get('items', true) : undefined;
  if (!isSeq(items)) return [contents];
  if (!LISTS.includes(kind)) {
    const objects = attempt(() => items.toJS(document) as unknown[]); // its aliases may have no anchors
    if (objects !== undefined && !hasText(objects, namesOurKind)) return [contents];
    throw unreadable(LIST_OF_OURS, origin);
  }
  return (items.items as ParsedNode[]).filter((node) => isMap(node)); // isSeq forgets that the node was parsed
}

const LIST_OF_OURS =
  'for kustomize its `items` are objects, and for kpt they are not. Write each as a document of its own';

/** A file's text with edits, and with `appended` as its last documents, each as `printBlock` prints it. */
export function writeDocuments(text: string, edits: readonly Edit[], appended: readonly string[]): string {
  const before = splice(text, edits);
  const isOpen = before !== '' && !before.endsWith('\n');
  const documents = appended.join('---\n');
  if (documents === '') return before;
  return `${before}${isOpen ? '\n' : ''}${before === '' ? '' : '---\n'}${documents}`;
}
