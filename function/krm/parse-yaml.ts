import { type Document, LineCounter, parseDocument } from 'yaml';
import { FindingError, finding } from '../api/finding.ts';
import { explainYamlError } from './explain-yaml-error.ts';

/** What is read, as messages name it, and the line of it that a text begins with. */
export interface Origin {
  readonly name: string;
  readonly line: number;
}

const STANDARD_INPUT: Origin = { name: 'standard input', line: 1 };

/**
 * Parses one YAML document.
 * @throws FindingError with line and column of the first error.
 */
export function parseYaml(text: string, origin = STANDARD_INPUT): Document.Parsed {
  const lineCounter = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter, prettyErrors: false, merge: true, logLevel: 'error' });
    const [error] = document.errors;
    if (error === undefined) return document;
    if (error.code === 'RESOURCE_EXHAUSTION') throw tooDeep(origin); // where, depends on the runtime's stack
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw unreadable(`line ${line + origin.line - 1}, column ${col}: ${explainYamlError(error.code)}`, origin);
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(origin);
    throw error;
  }
}

function tooDeep(origin: Origin): FindingError {
  return unreadable('it is nested too deeply', origin);
}

/** Standard input is not what a host sends, or a file cannot be understood: nothing may be written then. */
export function unreadable(cause: string, { name }: Pick<Origin, 'name'> = STANDARD_INPUT): FindingError {
  return new FindingError(finding('INPUT_UNREADABLE', `cannot read ${name}: ${cause}.`));
}
