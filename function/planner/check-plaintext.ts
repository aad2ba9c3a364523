import { refusersOfPlaintext } from '../chain/guard.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { type ObjectRef, type Sayable, say, theObject } from '../findings/say.ts';
import { type NamedRef, secretKey, secretObject } from '../model/kinds.ts';
import type { Draft } from './draft.ts';

/**
 * Where the Secrets of a run go. The command line says `files` or `stream`. Where kpt or kustomize puts the output, only the operator
 * knows: `likelyFiles` are the Secrets with a file path, enough for a warning.
 */
export type WrittenTo = 'files' | 'stream' | { readonly likelyFiles: readonly NamedRef[] };

const PIPES = '`kpt fn render -o unwrap`, `kustomize build`';
/** The other cure, beside encryption. */
const OTHERWISE = {
  host: say`or let the operator set STS_FUNCTION_OUTPUT=stream where the output goes into a pipe (${PIPES})`,
  files: 'or render to standard output (without `-i`)',
};

/**
 * Findings for Secrets that are not encrypted, unless their output is known to be a stream. A guard may refuse plain text: an error for
 * each generator. Otherwise one warning names the first Secret and counts the others.
 */
export function checkPlaintext({ jobs, settings }: Pick<Draft, 'jobs' | 'settings'>, writtenTo: WrittenTo): Finding[] {
  const output = typeof writtenTo === 'string' ? writtenTo : settings.output;
  if (output === 'stream' || settings.mode !== 'mint') return [];
  const plain = jobs.filter(({ form }) => form.recipients === undefined);
  const parts = new Set(plain.flatMap((job) => job.parts)); // all Secrets of a generator have the same
  const where = output === 'files' ? 'its Secret goes into one' : 'nobody has said that its Secret goes into none';
  const otherwise = OTHERWISE[writtenTo === 'files' ? 'files' : 'host'];
  const refused = [...parts].flatMap(({ generator, granted }) =>
    (granted ? refusersOfPlaintext(granted) : []).map((guard) => refusal(generator, guard, where, otherwise)),
  );
  if (refused.length > 0) return refused;
  const likely = new Set((typeof writtenTo === 'string' ? [] : writtenTo.likelyFiles).map(secretKey));
  const [first, ...others] = plain
    .map(({ target }) => target)
    .filter((target) => output === 'files' || likely.has(secretKey(target)));
  return first === undefined ? [] : [warning(first, others.length, output === 'files')];
}

function refusal(generator: ObjectRef, guard: Sayable, where: string, otherwise: Sayable): Finding {
  const cause = say`${guard} refuses plain text in files, and ${where}`;
  const message = say`cannot use ${theObject(generator)}: ${cause}. Encrypt it (\`encrypt\` in an Input), ${otherwise}.`;
  return finding('NOT_GRANTED', message, { object: generator });
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
