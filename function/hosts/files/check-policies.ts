import { realpathSync } from 'node:fs';
import { type Finding, finding } from '../../api/finding.ts';
import { quote } from '../../api/quote.ts';
import type { FilePath } from './find-files.ts';

/** Whoever puts a Policy among the files may believe that it guards them; only the operator's own does. */
export function checkPolicies(policies: readonly FilePath[], operators: string | undefined): Finding[] {
  const used = operators ? realPath(operators) : undefined;
  return policies.flatMap(({ shown, real }) => {
    if (real === used) return [];
    const message = `cannot use the Policy in ${quote(shown)}: a Policy is taken from the file that STS_FUNCTION_POLICY names. Let it name this one, or leave this one out.`;
    return [finding('POLICY_UNUSED', message)];
  });
}

function realPath(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined; // what it names is refused where it is read
  }
}
