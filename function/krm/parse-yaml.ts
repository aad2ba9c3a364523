import { type Document, LineCounter, parseDocument } from 'yaml';
import { FindingError, finding } from '../api/finding.ts';
import { explainYamlError } from './explain-yaml-error.ts';

/**
 * Parses one YAML document of standard input.
 * @throws FindingError with line and column of the first error.
 */
export function parseYaml(text: string): Document.Parsed {
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

/** Standard input is not what a host sends: nothing may be written then. */
export function unreadable(cause: string): FindingError {
  return new FindingError(finding('INPUT_UNREADABLE', `cannot read standard input: ${cause}.`));
}
