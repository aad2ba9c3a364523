import { type Finding, finding } from '../api/finding.ts';
import { isSpec } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import { listAt, textAt } from '../api/value-at.ts';
import { GENERATOR_OPTION_ANNOTATIONS } from '../krm/annotations.ts';
import { entryOf, type Start, startsOf } from './starts.ts';
import { type Found, inFile, ofFile, type Survey } from './survey.ts';

const [NEEDS_HASH = ''] = GENERATOR_OPTION_ANNOTATIONS;

/** What kustomize does, or does not do, to the names of Secrets (krm-hosts.md fact 8, section 10). */
export function checkNames(seen: Survey): Finding[] {
  return startsOf(seen).flatMap((start) => {
    if (start.list === 'generators') return checkHash(start);
    const { kustomization } = start;
    const specs = listAt(kustomization.value, ['resources'])
      .flatMap((entry) => entryOf(String(entry), kustomization, seen))
      .filter(({ object }) => isSpec(object));
    return specs.length === 0 ? [] : [...checkRenamed(start), ...specs.flatMap(checkSpec)];
  });
}

/** A new session is a new hash, and there is a new session in each build. */
function checkHash({ found }: Start): Finding[] {
  if (found.annotations[NEEDS_HASH] !== 'true') return [];
  const cause = `\`${NEEDS_HASH}\` gives it another name with each session, so each build rolls out what uses it`;
  const message = `cannot keep the name of the Secret of ${inFile(found)}: ${cause}. Remove the annotation where that is not wanted.`;
  return [finding('SECRET_ROLLS_OUT', message)];
}

function checkRenamed({ kustomization: { value, file } }: Start): Finding[] {
  const set = ['namePrefix', 'nameSuffix'].filter((field) => textAt(value, [field]));
  if (set.length === 0) return [];
  const fields = set.map((field) => `\`${field}\``).join(' and ');
  const cause = `kustomize applies ${fields} of ${quote(file.shown)} before it, to the generators`;
  const message = `cannot rename what refers to the Secrets of a transformer: ${cause}. Start the function under \`generators\`, or put ${fields} into an overlay.`;
  return [finding('SECRET_NOT_RENAMED', message)];
}

function checkSpec(found: Found): Finding[] {
  if (found.annotations[NEEDS_HASH] !== 'true') return [];
  const message = `cannot give the Secret of ${ofFile(found)} a hash: kustomize adds hashes before transformers. Start the function under \`generators\`, or remove \`${NEEDS_HASH}\`.`;
  return [finding('SECRET_NOT_RENAMED', message)];
}
