import { type Finding, fieldFinding } from '../api/finding.ts';
import type { ObjectRef } from '../api/kinds.ts';
import type { FieldFault } from './read-by-schema.ts';

/** What is wrong with one field of a manifest. */
export function specFinding(object: ObjectRef, { field, text }: FieldFault): Finding {
  return fieldFinding('SPEC_INVALID', { object, field }, text);
}

/** What is wrong with one field of the functionConfig. */
export function configFinding(field: string, text: string): Finding {
  return fieldFinding('FUNCTION_CONFIG_INVALID', { field }, text);
}
