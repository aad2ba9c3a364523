import { type Finding, fieldFinding } from '../api/finding.ts';

/** What is wrong with one field of the functionConfig. */
export function configFinding(field: string, text: string): Finding {
  return fieldFinding('FUNCTION_CONFIG_INVALID', { field }, text);
}
