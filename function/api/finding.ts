import { CODES, type Code, type Severity } from './codes.ts';
import { describeObject, type ObjectRef } from './kinds.ts';
import { visible } from './quote.ts';

/** One thing to tell the user, positioned where it has to be changed. */
export interface Finding {
  readonly code: Code;
  readonly severity: Severity;
  /** One line that ends with a full stop; never holds a byte of a Secret, token or STS answer but AWS's error code. */
  readonly message: string;
  readonly object?: ObjectRef;
  /** Path in `object`, such as `spec.requestParameters.sessionDuration`. */
  readonly field?: string;
}

/** A finding of `code`: its severity is the code's. Whatever was put into the message, all of it is seen, on one line. */
export function finding(code: Code, message: string, at: { object?: ObjectRef; field?: string } = {}): Finding {
  return { code, severity: CODES[code].severity, message: visible(message), ...at };
}

/** "cannot use OBJECT: FIELD TEXT.": what is wrong with one field of an object, or of the functionConfig. */
export function fieldFinding(code: Code, at: { object?: ObjectRef; field: string }, text: string): Finding {
  const what = at.object === undefined ? 'the functionConfig' : describeObject(at.object);
  return finding(code, `cannot use ${what}: \`${at.field}\` ${text}.`, at);
}

/** What is wrong with one field of a manifest. */
export function specFinding(object: ObjectRef, field: string, text: string): Finding {
  return fieldFinding('SPEC_INVALID', { object, field }, text);
}

/** What is wrong with one field of the functionConfig. */
export function configFinding(field: string, text: string): Finding {
  return fieldFinding('FUNCTION_CONFIG_INVALID', { field }, text);
}

/** True when one of `findings` refuses the run. */
export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === 'error');
}

/** A finding thrown where nothing more can be collected. */
export class FindingError extends Error {
  readonly finding: Finding;

  constructor(cause: Finding) {
    super(cause.message);
    this.finding = cause;
  }
}
