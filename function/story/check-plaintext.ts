import { type Finding, finding } from '../api/finding.ts';
import type { Prepared } from '../api/flow.ts';
import { describeObject, type NamedRef, secretKey, secretObject } from '../api/kinds.ts';
import { refusePlaintext } from '../chain/guard.ts';

/**
 * What is to be said of credentials that a host writes into files of the package: a guard may refuse them, else they are
 * warned of, in one line that is the same in every run. `files`: the targets that go into a file.
 */
export function checkPlaintext({ jobs, guards, settings }: Prepared, files: readonly NamedRef[]): Finding[] {
  const keys = new Set(files.map(secretKey));
  const written = jobs.filter(({ target, form }) => form.recipients === undefined && keys.has(secretKey(target)));
  const [first, ...others] = written;
  if (first === undefined || settings.mode !== 'mint') return [];
  const refused = written.flatMap(({ parts, target, form }) =>
    parts.flatMap((part) => refusePlaintext({ ...part, target, form }, guards)),
  );
  if (refused.length > 0) return refused;
  const which = `${describeObject(secretObject(first.target))}${others.length === 0 ? '' : ` and ${others.length} more`}`;
  const message = `cannot keep credentials out of the package: those of ${which} go into files in plain text, unless the host writes elsewhere. Set \`encrypt\` in an Input, keep the files out of git, or render to standard output (kpt: \`-o unwrap\`).`;
  return [finding('PLAINTEXT', message, { object: secretObject(first.target) })];
}
