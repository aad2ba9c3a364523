import { type Document, isMap, isSeq, type ParsedNode } from 'yaml';
import { type Finding, FindingError, finding } from '../findings/finding.ts';
import { CONFIG_MAP_KIND, EXTERNAL_SECRET_KIND, isCoreKind, isKnownKind, POLICY_KIND } from '../model/kinds.ts';
import { isMisspelt, mayLackApiVersion } from '../model/meant-kind.ts';
import { once } from '../model/plain-data.ts';
import { type Item, toItem, withoutDocument } from './item.ts';
import { lineAt } from './line-of.ts';
import { parseYaml } from './parse-yaml.ts';
import { type Edit, splice } from './print.ts';
import {
  declaresKind,
  isTemplate,
  mayBeOurs,
  namesOurGroup,
  type SplitDocument,
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
  const isKnown = split.kind !== undefined && isKnownKind(split.kind);
  const isSure = (isKnown && !isCommonKind(split.kind)) || LISTS.includes(split.kind);
  const isTemplates = split.kind === CONFIG_MAP_KIND;
  const mayBe =
    split.kind === undefined
      ? mayBeOurs(document) || mayLackApiVersion(document)
      : isKnown ||
        isTemplates ||
        namesOurGroup(document) ||
        isMisspelt(document, split.kind) ||
        (split.kind === POLICY_KIND && mayLackApiVersion(document));
  if (!isSure && !mayBe) return [];
  try {
    return readItems(text, split, at);
  } catch (error) {
    if (!(error instanceof FindingError)) throw error;
    if (!isSure && !declaresKind(document)) return [];
    if (leftOut === undefined || !isTemplate(document, !isSure || LISTS.includes(split.kind))) throw error;
    const cause = 'lines that begin with `{{` or `{%` make it a template. Render the template, and name its output';
    const message = `this document is left out: ${cause}.`;
    leftOut.push(finding('TEMPLATE_LEFT_OUT', message, error.finding));
    return [];
  }
}

/** True for a kind that other tools have too: a document that does not parse may be a template of theirs. */
function isCommonKind(kind = ''): boolean {
  return kind.toLowerCase() === EXTERNAL_SECRET_KIND.toLowerCase() || isCoreKind(kind);
}

function readItems(text: string, split: SplitDocument, at: DocumentLocation): Item[] {
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
    return nodesOf(document).map((node) => toItem(document, node, position));
  };
  const reread = once(() => parse().map(readValue)); // one parse for all items of a list
  return parse().map((item, index) => withoutDocument(item, () => reread()[index]?.()));
}

/** Reads an item's value, so that its document can be freed. An error is thrown only when the value is used. */
function readValue(item: Item): () => unknown {
  try {
    const value = item.toJS();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** The maps of a document: itself, or the items of a list. */
function nodesOf({ contents }: Document.Parsed): ParsedNode[] {
  if (!isMap(contents)) return [];
  const list = LISTS.includes(contents.get('kind')) ? contents.get('items', true) : undefined;
  if (!isSeq(list)) return [contents];
  return (list.items as ParsedNode[]).filter((node) => isMap(node)); // isSeq forgets that the node was parsed
}

/** A file's text with edits, and with `appended` as its last documents, each as `printBlock` prints it. */
export function writeDocuments(text: string, edits: readonly Edit[], appended: readonly string[]): string {
  const before = splice(text, edits);
  const isOpen = before !== '' && !before.endsWith('\n');
  const documents = appended.join('---\n');
  if (documents === '') return before;
  return `${before}${isOpen ? '\n' : ''}${before === '' ? '' : '---\n'}${documents}`;
}
