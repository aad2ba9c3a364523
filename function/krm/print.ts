import { Document, type DocumentOptions, Scalar, type SchemaOptions, type ToStringOptions, visit } from 'yaml';

/** How kyaml prints, so that kpt and kustomize show no difference where nothing changed. */
export const PRINT_OPTIONS: ToStringOptions = { lineWidth: 0, indentSeq: false, flowCollectionPadding: false };

/** No `---` and no `%YAML`: then nobody looks through the whole object for tags that need a directive. */
const PLAIN_DOCUMENT: ToStringOptions = { ...PRINT_OPTIONS, directives: false };

/** Quotes what YAML 1.1 would read as something else: timestamps, yes, 0123. */
const QUOTE_OPTIONS: DocumentOptions & SchemaOptions = { compat: 'yaml-1.1' };

/** An object as block YAML. */
export function printBlock(value: object): string {
  return printDocument(new Document(value, { ...QUOTE_OPTIONS, aliasDuplicateObjects: false }), PLAIN_DOCUMENT);
}

/** What readers of YAML 1.1 take for the end of a line, or refuse, where it stands as itself; the library escapes what JSON does. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;
const EACH_UNSAFE = new RegExp(UNSAFE, 'g');

/** A document, to be printed once, so that every reader finds the same values. What was written without escapes stays so. */
export function printDocument(document: Document, options: ToStringOptions): string {
  const text = document.toString(options);
  return UNSAFE.test(text) ? printEscaped(document, options, text) : text;
}

function printEscaped(document: Document, options: ToStringOptions, text: string): string {
  let sign = 'escaped_';
  while (text.includes(sign)) sign += '_';
  visit(document, {
    Scalar: (_, scalar) => {
      const isNew = scalar.range === undefined || scalar.range === null;
      if (typeof scalar.value !== 'string' || !(isNew || scalar.type === Scalar.QUOTE_DOUBLE)) return;
      if (!UNSAFE.test(scalar.value)) return;
      scalar.type = Scalar.QUOTE_DOUBLE;
      scalar.value = scalar.value.replace(EACH_UNSAFE, (one) => sign + one.charCodeAt(0).toString(16).padStart(4, '0'));
    },
  });
  return document.toString(options).replaceAll(new RegExp(`${sign}([0-9a-f]{4})`, 'g'), String.raw`\u$1`);
}

/** True for a string that YAML, 1.1 or 1.2, would read as something else when it is written as it is, on one line. */
export function needsQuotes(value: string): boolean {
  return new Document(value, QUOTE_OPTIONS).toString() !== `${value}\n`;
}

/** Every line but the first moves right; empty ones stay empty. */
export function indent(lines: string, margin: string): string {
  return lines.replaceAll(/\n(?=[^\n])/g, `\n${margin}`);
}

/** Column of an offset, from 0; a byte order mark takes none. */
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

/** The one writer: a text with edits spliced in, so that whatever is not changed keeps every byte. */
export function splice(text: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    parts.push(text.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  return parts.join('') + text.slice(at);
}
