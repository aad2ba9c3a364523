import { type Document, isMap, isSeq, type ParsedNode } from 'yaml';
import { FindingError } from '../api/finding.ts';
import { CONFIG_MAP_KIND, EXTERNAL_SECRET_KIND, isKnownKind } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import { type Item, type Position, toItem, withoutDocument } from './item.ts';
import { parseYaml } from './parse-yaml.ts';
import { type Edit, splice } from './print.ts';
import { hasOurWords, namesOurGroup, type SplitDocument, saysKind, splitDocuments } from './split-documents.ts';

/** A file's text, and the objects in it that this function may look at. */
export interface DocumentStream {
  readonly text: string;
  readonly items: readonly Item[];
}

/** Lists of objects, which kpt and kustomize take apart as well. */
const LISTS: readonly unknown[] = ['List', 'ResourceList'];

/**
 * Reads a file of YAML documents, or of JSON. Only what may be looked at is parsed: a file of other things costs a search,
 * and may be anything.
 * `check` is called before each, and throws when the time is up.
 * @throws FindingError, with the file and the document's number, when a document of such a kind cannot be read.
 */
export function parseDocuments(text: string, file: string, check: () => void = () => {}): DocumentStream {
  const documents = splitDocuments(text);
  const lineOf = linesOf(text);
  const items = documents.flatMap((document, index) => {
    check();
    return readIfAskedFor(text, document, { file, number: index + 1, lineOf });
  });
  return { text, items };
}

/** Which document of which file. */
interface Place {
  readonly file: string;
  readonly number: number;
  readonly lineOf: (offset: number) => number;
}

/** The line of an offset, from 1. Each is counted from the one before, since every document of a file may be wrong. */
function linesOf(text: string): (offset: number) => number {
  const last = { offset: 0, line: 1 };
  return (offset) => {
    if (offset < last.offset) Object.assign(last, { offset: 0, line: 1 });
    for (let at = text.indexOf('\n', last.offset); at >= 0 && at < offset; at = text.indexOf('\n', at + 1))
      last.line += 1;
    last.offset = offset;
    return last.line;
  };
}

function readIfAskedFor(text: string, split: SplitDocument, at: Place): Item[] {
  const document = text.slice(split.start, split.end);
  const isKnown = split.kind !== undefined && isKnownKind(split.kind);
  const isSure = (isKnown && !isExternalSecretKind(split.kind)) || LISTS.includes(split.kind);
  const isTemplates = split.kind === CONFIG_MAP_KIND;
  const mayBe = split.kind === undefined ? hasOurWords(document) : isKnown || isTemplates || namesOurGroup(document);
  if (!isSure && !mayBe) return [];
  try {
    return readItems(text, split, at);
  } catch (error) {
    if (isSure || saysKind(document) || !(error instanceof FindingError)) throw error;
    return [];
  }
}

/** Whether one of these is of interest, what is in it says: one that does not parse may be a template. */
function isExternalSecretKind(kind: string | undefined): boolean {
  return kind?.toLowerCase() === EXTERNAL_SECRET_KIND.toLowerCase();
}

function readItems(text: string, split: SplitDocument, at: Place): Item[] {
  const parse = () => {
    const { document, position } = parseAt(text, split, at);
    return nodesOf(document).map((node) => toItem(document, node, position));
  };
  let again: readonly (() => unknown)[] | undefined; // of a list, each item may be asked for: once for all
  return parse().map((item, index) =>
    withoutDocument(item, () => {
      again ??= parse().map(readNow);
      return again[index]?.();
    }),
  );
}

/** Reads an item, so that its document can go; what is wrong with it is said to who asks. */
function readNow(item: Item): () => unknown {
  try {
    const value = item.toJS();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function parseAt(
  text: string,
  { start, end }: SplitDocument,
  { file, number, lineOf }: Place,
): { document: Document.Parsed; position: Position } {
  const origin = {
    name: `${quote(file)}, document ${number}`,
    get line() {
      return lineOf(start); // only where something is wrong
    },
  };
  const document = parseYaml(text.slice(start, end), origin);
  return { document, position: { where: `document ${number}`, text, offset: start, origin } };
}

/** The objects of a document: itself, or those of a list. What is no object is of no interest. */
function nodesOf({ contents }: Document.Parsed): ParsedNode[] {
  if (!isMap(contents)) return [];
  const list = LISTS.includes(contents.get('kind')) ? contents.get('items', true) : undefined;
  if (!isSeq(list)) return [contents];
  return (list.items as ParsedNode[]).filter((node) => isMap(node)); // isSeq forgets that the node was parsed
}

/** A file with edits, and with objects, as `printBlock` prints them, behind its last document. */
export function writeDocuments(text: string, edits: readonly Edit[], appended: readonly string[]): string {
  const before = splice(text, edits);
  const isOpen = before !== '' && !before.endsWith('\n');
  const documents = appended.join('---\n');
  if (documents === '') return before;
  return `${before}${isOpen ? '\n' : ''}${before === '' ? '' : '---\n'}${documents}`;
}
