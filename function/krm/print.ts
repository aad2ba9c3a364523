import { randomUUID } from 'node:crypto';
import {
  Document,
  type DocumentOptions,
  isScalar,
  Scalar,
  type SchemaOptions,
  type ToStringOptions,
  visit,
  type YAMLMap,
} from 'yaml';
import { escapeOf } from '../findings/quote.ts';
import { isPlainText } from './parse-yaml.ts';

/**
 * Prints as kyaml does, so that kpt and kustomize show no difference where nothing changed. Quoted text stays on its line: of one over several
 * the library loses lines of spaces.
 */
export const PRINT_OPTIONS: ToStringOptions = {
  lineWidth: 0,
  indentSeq: false,
  flowCollectionPadding: false,
  doubleQuotedMinMultiLineLength: Number.POSITIVE_INFINITY,
};

/** Prints neither `---` nor `%YAML`: the library then skips its search for tags that need a directive. */
const PLAIN_DOCUMENT: ToStringOptions = { ...PRINT_OPTIONS, directives: false };

/** Quotes strings that YAML 1.1 would read as another type: timestamps, yes, 0123. */
const QUOTE_OPTIONS: DocumentOptions & SchemaOptions = { compat: 'yaml-1.1' };

/** Characters that readers of YAML 1.1 refuse or take for a line break, and that the library prints without an escape. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** A text that nobody reads as a block, where a space is wanted first (go.yaml.in/yaml/v3, v3.0.4, scannerc.go). */
const TAB_FIRST = /^\n*\t/;

/**
 * An object as block YAML, with quotes around strings that Go reads as another type too: 0O17, 1e0_3. `unsafe`: characters that are
 * written as escapes.
 */
export function printBlock(value: object, unsafe = UNSAFE): string {
  const document = new Document(value, { ...QUOTE_OPTIONS, aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_, scalar) => {
      if (typeof scalar.value !== 'string') return;
      if (!isPlainText(scalar.value) || TAB_FIRST.test(scalar.value)) scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return printDocument(document, PLAIN_DOCUMENT, unsafe);
}

/** How the library prints an empty value between braces. Go's reader takes the colon of `{a:}` for a part of the key. */
const EMPTY = /:[,}]/;

/** Prints a document so that every reader gets the same values. A scalar of the input without escapes stays so. Changes the document. */
export function printDocument(document: Document, options: ToStringOptions, unsafe = UNSAFE): string {
  let text = document.toString(options);
  if (EMPTY.test(text)) {
    visit(document, { Map: (_, map) => writeEmpty(map) });
    text = document.toString(options);
  }
  return text.search(unsafe) < 0 ? text : printEscaped(document, options, unsafe);
}

/** Writes `~` for what is empty between braces. An empty value with a tag may be a text, and is printed behind it. */
function writeEmpty({ flow, items }: YAMLMap): void {
  for (const { value } of flow === true ? items : [])
    if (isScalar(value) && value.value === '' && value.type === Scalar.PLAIN && value.tag === undefined)
      value.value = '~';
}

function printEscaped(document: Document, options: ToStringOptions, unsafe: RegExp): string {
  const mark = unusedIn(document.toString(options));
  visit(document, {
    Scalar: (_, scalar) => {
      const isNew = scalar.range === undefined || scalar.range === null;
      if (typeof scalar.value !== 'string' || !(isNew || scalar.type === Scalar.QUOTE_DOUBLE)) return;
      const escaped = scalar.value.replaceAll(unsafe, (character) => mark + escapeOf(character).slice(1));
      if (escaped === scalar.value) return;
      scalar.type = Scalar.QUOTE_DOUBLE;
      scalar.value = escaped;
    },
  });
  return document.toString(options).replaceAll(new RegExp(`${mark}(U[0-9a-f]{8}|u[0-9a-f]{4})`, 'g'), String.raw`\$1`);
}

/** A text that does not stand in another one: as short as can be, since there may be very many marks. */
function unusedIn(text: string): string {
  const used = new Set(text.match(/[\ue000-\uf8ff]/g));
  for (let code = 0xe000; code <= 0xf8ff; code += 1)
    if (!used.has(String.fromCharCode(code))) return String.fromCharCode(code);
  const long = `escaped${randomUUID()}_`;
  return text.includes(long) ? unusedIn(text) : long;
}

/** True for a string that YAML 1.1 or 1.2 would read as another value if it were written without quotes on one line. */
export function needsQuotes(value: string): boolean {
  return !isPlainText(value) || new Document(value, QUOTE_OPTIONS).toString() !== `${value}\n`;
}

/** Indents every line but the first; empty lines stay empty. */
export function indent(lines: string, margin: string): string {
  return lines.replaceAll(/\n(?=[^\n])/g, `\n${margin}`);
}

/** Column of an offset, from 0; a byte order mark has no width. */
export function columnOf(text: string, offset: number): number {
  const line = text.lastIndexOf('\n', offset - 1) + 1;
  return offset - (line === 0 && text.startsWith('\ufeff') ? 1 : line);
}

/** New text for a range of the input. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A text with edits spliced in. Every change is made here, so that unchanged text keeps every byte. */
export function splice(text: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    parts.push(text.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  return parts.join('') + text.slice(at);
}
