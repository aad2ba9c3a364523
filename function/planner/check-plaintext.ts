import { refusersOfPlaintext } from '../chain/guard.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { say, theObject } from '../findings/say.ts';
import { keyOfSecret, type NamedRef, secretObject } from '../model/kinds.ts';
import type { Draft } from './draft.ts';

/** Where the Secrets of a run go. */
export interface WrittenTo {
  /** As the command line says. Absent: where kpt or kustomize puts the output, only the operator knows. */
  readonly writtenTo?: 'files' | 'stream';
  /** The Secrets with a file path, enough for a warning. */
  readonly likelyFiles?: readonly NamedRef[];
}

/** The other cure, beside encryption. */
const OTHERWISE = {
  host: 'or, if the output goes into a pipe (`kpt fn render -o unwrap`, `kustomize build`), let the operator set STS_FUNCTION_OUTPUT=stream',
  files: 'or render to standard output (without `-i`)',
};
const LATER = 'cannot write credentials into files, since kpt, kustomize or `render -i` will be refused';

/**
 * Findings for Secrets that are not encrypted, unless their output is known to be a stream. A guard may refuse plain text: an error for
 * each generator, or one warning where this run has no credentials. Otherwise one warning names the first Secret and counts the others.
 */
export function checkPlaintext(
  { jobs, settings, purpose }: Pick<Draft, 'jobs' | 'settings' | 'purpose'>,
  { writtenTo, likelyFiles = [] }: WrittenTo,
): Finding[] {
  const output = purpose.acts ? (writtenTo ?? settings.output) : settings.output;
  if (output === 'stream') return [];
  const plain = jobs.filter(({ form }) => form.recipients === undefined);
  const parts = new Set(plain.flatMap((job) => job.parts)); // all Secrets of a generator have the same
  const where = output === 'files' ? 'its Secret goes into one' : 'the output of this run may go into one';
  const otherwise = OTHERWISE[writtenTo === 'files' ? 'files' : 'host'];
  const end = `refuses plain text in files, and ${where}. Encrypt it (\`encrypt\` in an Input), ${otherwise}.`;
  const refused = [...parts].flatMap(({ generator: object, granted }) =>
    (granted ? refusersOfPlaintext(granted) : []).map((guard) => ({
      object,
      said: say`cannot use ${theObject(object)}: ${guard} ${end}`,
    })),
  );
  if (!purpose.mints)
    return refused.slice(0, 1).map(({ object, said }) => finding('PLAINTEXT', say`${LATER}: ${said}`, { object }));
  if (refused.length > 0) return refused.map(({ object, said }) => finding('NOT_GRANTED', said, { object }));
  const likely = new Set(likelyFiles.map(keyOfSecret));
  const [first, ...others] = plain
    .map(({ target }) => target)
    .filter((target) => output === 'files' || likely.has(keyOfSecret(target)));
  return first === undefined ? [] : [warning(first, others.length, output === 'files')];
}

function warning(first: NamedRef, more: number, isCertain: boolean): Finding {
  const object = secretObject(first);
  const which = say`${theObject(object)}${more === 0 ? '' : say` and ${more} more`}`;
  const cause = say`those of ${which} go into files in plain text${isCertain ? '' : ', unless the host writes elsewhere'}`;
  const cure = `${isCertain ? 'or ' : ''}keep the files out of git${isCertain ? '' : ', or render to standard output (kpt: `-o unwrap`)'}`;
  const message = say`cannot keep credentials out of the package: ${cause}. Set \`encrypt\` in an Input, ${cure}.`;
  return finding('PLAINTEXT', message, { object });
}
