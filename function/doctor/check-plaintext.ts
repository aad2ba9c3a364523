import { type Finding, finding } from '../findings/finding.ts';
import type { Item } from '../krm/item.ts';
import { GENERATOR_ANNOTATION, PLACEHOLDER_ANNOTATION } from '../model/annotations.ts';
import { stringsIn, valueAt } from '../model/plain-data.ts';
import { locationIn } from '../repository/function-run.ts';
import { asGitTakes } from './git-takes.ts';
import { describeWithFile, type Survey } from './survey.ts';

/** Secrets of this function whose credentials stand in plain text in a git repository, and keys that do. */
export function checkPlaintext({ repository, keys }: Survey): Finding[] {
  const isTaken = asGitTakes();
  const [first, ...others] = repository.all.filter(({ item, file }) => isPlain(item) && isTaken(file.real) === true);
  const [key, ...more] = keys.filter(({ file }) => isTaken(file.real) === true);
  const lost = repository.all.find(({ item, file }) => isSealed(item) && isTaken(file.real) === false);
  const findings: Finding[] = [];
  if (first !== undefined) {
    const which =
      others.length === 0
        ? `${describeWithFile(first)} holds`
        : `${describeWithFile(first)} and ${others.length} more hold`;
    const cause = `${which} them in plain text, and .gitignore does not name the file`;
    const cure =
      'Set `encrypt` in an Input, or write the file into .gitignore; what was committed stays in the history';
    findings.push(finding('PLAINTEXT', `credentials go into git: ${cause}. ${cure}.`));
  }
  if (key !== undefined) {
    const what = key.isOfAge ? 'a private key of age' : 'a secret access key of AWS';
    const cause = `${what} stands here${more.length === 0 ? '' : `, and ${more.length} more elsewhere`}, and .gitignore does not name the file`;
    const cure = 'Keep it elsewhere, and make a new one if it was committed';
    findings.push(finding('PLAINTEXT', `a key goes into git: ${cause}. ${cure}.`, { location: key.location }));
  }
  if (lost !== undefined) {
    const message = `${describeWithFile(lost)} does not get into git: it is encrypted, and .gitignore names the file. Take it out of .gitignore, or leave out \`encrypt\`.`;
    const location = locationIn(lost.file, lost.item);
    findings.push({ ...finding('SECRET_SEALED', message, { location }), severity: 'warning' });
  }
  return findings;
}

/** True for a Secret of this function that SOPS encrypted. */
function isSealed({ apiVersion, kind, annotations, toJS }: Item): boolean {
  const isMade = apiVersion === 'v1' && kind === 'Secret' && annotations[GENERATOR_ANNOTATION] !== undefined;
  return isMade && valueAt(toJS(), ['sops']) !== undefined;
}

/** True for a Secret that a run of this function made, with values that SOPS did not encrypt and that are no placeholders. */
function isPlain({ apiVersion, kind, annotations, toJS }: Item): boolean {
  if (apiVersion !== 'v1' || kind !== 'Secret') return false;
  if (annotations[GENERATOR_ANNOTATION] === undefined || annotations[PLACEHOLDER_ANNOTATION] === 'true') return false;
  const value = toJS();
  if (valueAt(value, ['sops']) !== undefined) return false;
  const values = ['data', 'stringData'].flatMap((field) => Object.values(stringsIn(valueAt(value, [field]))));
  return values.some((text) => !text.startsWith('ENC[')); // in a list that SOPS encrypted
}
