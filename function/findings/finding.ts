import { CODES, type Code, type Severity } from './codes.ts';
import { cut, visible } from './quote.ts';
import {
  asWritten,
  fieldIn,
  HOST,
  type ObjectRef,
  type Reader,
  render,
  type Sayable,
  say,
  THE_OPTIONS,
  theField,
  theObject,
  type Words,
  wordsAsWritten,
} from './say.ts';

/** One thing to tell the user, positioned where it has to be changed. */
export interface Finding {
  readonly code: Code;
  readonly severity: Severity;
  /** One or more sentences that end with a full stop; never with a byte of a Secret, token or STS answer but AWS's error code. */
  readonly words: Words;
  readonly object?: ObjectRef;
  /** Path in `object`, such as `spec.requestParameters.sessionDuration`. */
  readonly field?: string;
  /** The code of AWS's error that it tells of. */
  readonly awsCode?: string;
  /** Where that is written, if the host knows. */
  readonly location?: SourceLocation;
  /** A command that prints what this finding leaves out. */
  readonly command?: string;
  /** Where a fault of ours was, the innermost frame first. */
  readonly frames?: readonly string[];
}

/** A file as the user knows it, and a line of it, from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line?: number;
}

/** What a finding is about, and more that is known of it. */
type About = Partial<Pick<Finding, 'object' | 'field' | 'awsCode' | 'location' | 'command' | 'frames'>>;

/** A finding of `code`: its severity is the code's. */
export function finding(code: Code, message: Sayable, about: About = {}): Finding {
  const { object, field, awsCode, location, command, frames } = about;
  return {
    code,
    severity: CODES[code].severity,
    words: wordsAsWritten(message, object),
    ...(object && { object: asWritten(object) }),
    ...(field && { field: fieldIn(object, field) }),
    ...(awsCode !== undefined && { awsCode }),
    ...(location !== undefined && { location }),
    ...(command !== undefined && { command }),
    ...(frames !== undefined && { frames }),
  };
}

/** What a reader is told, on one line. Whatever was put into it, all of it is seen. */
export function messageOf({ words }: Pick<Finding, 'words'>, reader: Reader = HOST): string {
  return visible(render(words, reader));
}

/** Longer than any name and any text that is shown. Paths are compared whole. */
const MOST_COMPARED = 1000;

/** Equal for findings with the same words and location, even of different objects: one cause gives one line. */
export function keyOfFinding({ code, location, words }: Finding): string {
  return JSON.stringify([code, location, words.pieces], (name, value: unknown) =>
    typeof value === 'string' && name !== 'file' ? cut(value, MOST_COMPARED) : value,
  );
}

/** The objects that a finding is about. The object of one about an entry is the Input: these are in its words, if it names any. */
export function subjectsOf({ object, field, words }: Finding): ObjectRef[] {
  if (field?.startsWith('sessions[')) return words.pieces.flatMap((piece) => Object(piece).object ?? []);
  return object === undefined ? [] : [object];
}

/** "cannot use OBJECT: FIELD TEXT.": what is wrong with one field of an object, or of the options; without a field, with it as a whole. */
export function fieldFinding(code: Code, at: { object?: ObjectRef; field: string }, text: Sayable): Finding {
  const what = at.object === undefined ? THE_OPTIONS : theObject(at.object);
  return finding(code, say`cannot use ${what}: ${at.field === '' ? 'it' : theField(at.field)} ${text}.`, at);
}

/** What is wrong with one field of a manifest. */
export function specFinding(object: ObjectRef, field: string, text: Sayable): Finding {
  return fieldFinding('SPEC_INVALID', { object, field }, text);
}

/** What is wrong with one field of the options. */
export function configFinding(field: string, text: Sayable): Finding {
  return fieldFinding('FUNCTION_CONFIG_INVALID', { field }, text);
}

/** What is wrong with one field: of a manifest, or without an object of the options. */
export function writtenFinding({ object, field }: { object?: ObjectRef; field: string }, text: Sayable): Finding {
  return object === undefined ? configFinding(field, text) : specFinding(object, field, text);
}

/** True when one of `findings` refuses the run. */
export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === 'error');
}

/** A finding thrown where nothing more can be collected. */
export class FindingError extends Error {
  readonly finding: Finding;

  constructor(cause: Finding) {
    super(messageOf(cause));
    this.finding = cause;
  }
}
