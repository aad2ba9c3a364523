import { type Finding, finding } from '../findings/finding.ts';
import { GENERATOR_ANNOTATION, PLACEHOLDER_ANNOTATION } from '../model/annotations.ts';
import { stringsIn, valueAt } from '../model/plain-data.ts';
import { Git } from './git.ts';
import { type FoundObject, objectsOf, ofFile, type Survey } from './survey.ts';

/** Secrets of this function whose credentials stand in plain text in a git repository. */
export function checkPlaintext(survey: Survey): Finding[] {
  const git = new Git();
  const plain = objectsOf(survey, 'v1', 'Secret').filter(isPlain);
  const [first, ...others] = plain.filter(({ file }) => git.wouldTake(file.real));
  if (first === undefined) return [];
  const which = others.length === 0 ? `${ofFile(first)} holds` : `${ofFile(first)} and ${others.length} more hold`;
  const cause = `${which} them in plain text, and .gitignore does not name the file`;
  const cure = 'Set `encrypt` in an Input, or write the file into .gitignore; what was committed stays in the history';
  return [finding('PLAINTEXT', `cannot keep credentials out of git: ${cause}. ${cure}.`)];
}

/** True for a Secret that a run of this function made, with values that SOPS did not encrypt and that are no placeholders. */
function isPlain({ annotations, value }: FoundObject): boolean {
  if (annotations[GENERATOR_ANNOTATION] === undefined || annotations[PLACEHOLDER_ANNOTATION] === 'true') return false;
  if (valueAt(value, ['sops']) !== undefined) return false;
  const values = ['data', 'stringData'].flatMap((field) => Object.values(stringsIn(valueAt(value, [field]))));
  return values.some((one) => !one.startsWith('ENC[')); // in a list that SOPS encrypted
}
