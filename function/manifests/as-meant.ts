import { type Finding, fieldFinding } from '../findings/finding.ts';
import { say } from '../findings/say.ts';
import { IGNORE_ANNOTATION } from '../model/annotations.ts';
import { INPUT_KIND } from '../model/kinds.ts';
import { meantKind } from '../model/meant-kind.ts';
import { identify, metadataOf } from './read-manifest.ts';

/**
 * A manifest as its author meant it: with a misspelt kind corrected, which is an error. It is read on, so that nothing else is said to be
 * absent because of it.
 */
export function asMeant(manifest: unknown): { readonly meant: unknown; readonly findings: readonly Finding[] } {
  const object = identify(manifest);
  const kind = meantKind(object);
  if (kind === undefined || metadataOf(manifest).annotations[IGNORE_ANNOTATION] === 'true')
    return { meant: manifest, findings: [] };
  const code = kind === INPUT_KIND ? 'FUNCTION_CONFIG_INVALID' : 'SPEC_INVALID';
  const [group] = object.apiVersion.split('/', 1);
  const text = say`is not a kind of ${group ?? ''}; did you mean \`${kind}\``;
  return { meant: { ...Object(manifest), kind }, findings: [fieldFinding(code, { object, field: 'kind' }, text)] };
}
