import { Document, type DocumentOptions, type SchemaOptions, type ToStringOptions } from 'yaml';

/** How kyaml prints, so that kpt and kustomize show no difference where nothing changed. */
export const PRINT_OPTIONS: ToStringOptions = { lineWidth: 0, indentSeq: false, flowCollectionPadding: false };

/** No `---` and no `%YAML`: then nobody looks through the whole object for tags that need a directive. */
const PLAIN_DOCUMENT: ToStringOptions = { ...PRINT_OPTIONS, directives: false };

/** Quotes what YAML 1.1 would read as something else: timestamps, yes, 0123. */
const QUOTE_OPTIONS: DocumentOptions & SchemaOptions = { compat: 'yaml-1.1' };

/** An object as block YAML. */
export function printBlock(value: object): string {
  return new Document(value, { ...QUOTE_OPTIONS, aliasDuplicateObjects: false }).toString(PLAIN_DOCUMENT);
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
