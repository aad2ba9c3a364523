import { refusersOfPlaintext } from '../chain/guard.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { type ObjectRef, type Sayable, say, theObject } from '../findings/say.ts';
import { type NamedRef, secretKey, secretObject } from '../model/kinds.ts';
import { defined } from '../model/plain-data.ts';
import type { Draft } from './draft.ts';

/**
 * Where the Secrets of a run go. The command line says `files` or `stream`. Where kpt or kustomize puts the output, only the operator
 * knows: `likelyFiles` are the Secrets with a file path, enough for a warning.
 */
export type WrittenTo = 'files' | 'stream' | { readonly likelyFiles: readonly NamedRef[] };

/** The other cure, beside encryption. */
const OTHERWISE = {
  host: 'or, if the output goes into a pipe (`kpt fn render -o unwrap`, `kustomize build`), let the operator set STS_FUNCTION_OUTPUT=stream',
  files: 'or render to standard output (without `-i`)',
};
const LATER = 'cannot write credentials into files, since such a run will be refused';

/**
 * Findings for Secrets that are not encrypted, unless their output is known to be a stream. A guard may refuse plain text: an error for
 * each generator. Otherwise one warning names the first Secret and counts the others. A plan and placeholders are not refused: one warning
 * says what will be.
 */
export function checkPlaintext({ jobs, settings }: Pick<Draft, 'jobs' | 'settings'>, writtenTo: WrittenTo): Finding[] {
  const { mode } = settings;
  const output = typeof writtenTo === 'string' && mode !== 'plan' ? writtenTo : settings.output;
  if (output === 'stream') return [];
  const plain = jobs.filter(({ form }) => form.recipients === undefined);
  const parts = new Set(plain.flatMap((job) => job.parts)); // all Secrets of a generator have the same
  const where = output === 'files' ? 'its Secret goes into one' : 'the output of this run may go into one';
  const otherwise = OTHERWISE[writtenTo === 'files' ? 'files' : 'host'];
  const refused = [...parts].flatMap(({ generator, granted }) =>
    (granted ? refusersOfPlaintext(granted) : []).map((guard) => refusal(generator, guard, where, otherwise)),
  );
  if (mode !== 'mint')
    return refused
      .slice(0, 1)
      .map(({ said, object }) => finding('PLAINTEXT', say`${LATER}: ${said}`, defined({ object })));
  if (refused.length > 0) return refused;
  const likely = new Set((typeof writtenTo === 'string' ? [] : writtenTo.likelyFiles).map(secretKey));
  const [first, ...others] = plain
    .map(({ target }) => target)
    .filter((target) => output === 'files' || likely.has(secretKey(target)));
  return first === undefined ? [] : [warning(first, others.length, output === 'files')];
}

function refusal(object: ObjectRef, guard: Sayable, where: string, otherwise: string): Finding {
  const cause = say`${guard} refuses plain text in files, and ${where}`;
  const message = say`cannot use ${theObject(object)}: ${cause}. Encrypt it (\`encrypt\` in an Input), ${otherwise}.`;
  return finding('NOT_GRANTED', message, { object });
}

function warning(first: NamedRef, more: number, isCertain: boolean): Finding {
  const object = secretObject(first);
  const which = say`${theObject(object)}${more === 0 ? '' : say` and ${more} more`}`;
  const cause = say`those of ${which} go into files in plain text${isCertain ? '' : ', unless the host writes elsewhere'}`;
  const cure = isCertain
    ? 'or keep the files out of git'
    : 'keep the files out of git, or render to standard output (kpt: `-o unwrap`)';
  const message = say`cannot keep credentials out of the package: ${cause}. Set \`encrypt\` in an Input, ${cure}.`;
  return finding('PLAINTEXT', message, { object });
}
