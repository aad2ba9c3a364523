import { type Finding, finding } from '../api/finding.ts';
import { PROGRAM } from '../api/program.ts';
import { quote } from '../api/quote.ts';
import { startsOf, stepsOf } from './starts.ts';
import { ofFile, type Survey } from './survey.ts';

/** A container gets no credentials from kpt and kustomize (krm-hosts.md fact 9). */
export function checkContainers(seen: Survey): Finding[] {
  const steps = stepsOf(seen).flatMap(({ kptfile, field, how }) =>
    'image' in how ? [contained(`\`${field}\` of ${quote(kptfile.file.shown)}`, `\`exec: ${PROGRAM}\``)] : [],
  );
  const starts = startsOf(seen).flatMap(({ found, how }) =>
    how !== undefined && 'image' in how ? [contained(ofFile(found), `\`exec: {path: ${PROGRAM}}\``)] : [],
  );
  return [...steps, ...starts];
}

function contained(what: string, exec: string): Finding {
  const cause = 'a container gets neither environment nor network from its host, and so no credentials of AWS';
  return finding('FUNCTION_IN_CONTAINER', `cannot be sure of ${what}: ${cause}. Write ${exec} in place of the image.`);
}
