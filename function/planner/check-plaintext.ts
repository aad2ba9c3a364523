import { type Finding, finding } from '../api/finding.ts';
import { describeObject, type NamedRef, type ObjectRef, secretKey, secretObject } from '../api/kinds.ts';
import { refusersOfPlaintext } from '../chain/guard.ts';
import type { Draft } from './draft.ts';

/**
 * Where the Secrets of a run go. `files` and `stream` are known by how the process was started. Where a host puts its output
 * only the operator knows; `seem` are the Secrets that look as if they went into files, which is enough for a warning.
 */
export type WrittenTo = 'files' | 'stream' | { readonly seem: readonly NamedRef[] };

const PIPES = '`kpt fn render -o unwrap`, `kustomize build`';
/** The second half of a cure, after the encryption. */
const OTHERWISE = {
  host: `or let the operator set STS_FUNCTION_OUTPUT=stream where the output goes into a pipe (${PIPES})`,
  files: 'or render to standard output (without `-i`)',
};

/**
 * What is to be said of plain credentials, unless it is known that they go into no file: a guard may refuse them, whatever the
 * manifests look like; else they are warned of, in one line that is the same in every run.
 */
export function checkPlaintext(
  { jobs, guards, settings }: Pick<Draft, 'jobs' | 'guards' | 'settings'>,
  to: WrittenTo,
): Finding[] {
  const known = typeof to === 'string' ? to : settings.output;
  if (known === 'stream' || settings.mode !== 'mint') return [];
  const plain = jobs.filter(({ form }) => form.recipients === undefined);
  const where = known === 'files' ? 'its Secret goes into one' : 'nobody has said that its Secret goes into none';
  const otherwise = OTHERWISE[to === 'files' ? 'files' : 'host'];
  const refused = plain.flatMap(({ parts, target, form }) =>
    parts.flatMap((part) =>
      refusersOfPlaintext({ ...part, target, form }, guards).map((guard) =>
        refusal(part.generator, `${guard} refuses plain text in files, and ${where}`, otherwise),
      ),
    ),
  );
  if (refused.length > 0) return refused;
  const targets = plain.map(({ target }) => target);
  if (known === 'files') return warning(targets, '', '');
  const seem = new Set((typeof to === 'string' ? [] : to.seem).map(secretKey));
  return warning(
    targets.filter((target) => seem.has(secretKey(target))),
    ', unless the host writes elsewhere',
    ', or render to standard output (kpt: `-o unwrap`)',
  );
}

function refusal(generator: ObjectRef, cause: string, otherwise: string): Finding {
  const message = `cannot use ${describeObject(generator)}: ${cause}. Encrypt it (\`encrypt\` in an Input), ${otherwise}.`;
  return finding('NOT_GRANTED', message, { object: generator });
}

function warning([first, ...others]: readonly NamedRef[], unless: string, otherwise: string): Finding[] {
  if (first === undefined) return [];
  const object = secretObject(first);
  const which = `${describeObject(object)}${others.length === 0 ? '' : ` and ${others.length} more`}`;
  const cause = `those of ${which} go into files in plain text${unless}`;
  const cure = `Set \`encrypt\` in an Input, ${otherwise === '' ? 'or ' : ''}keep the files out of git${otherwise}`;
  return [finding('PLAINTEXT', `cannot keep credentials out of the package: ${cause}. ${cure}.`, { object })];
}
