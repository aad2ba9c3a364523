import { resolve } from 'node:path';
import type { Finding } from '../../findings/finding.ts';
import { quote } from '../../findings/quote.ts';
import { describeObject } from '../../findings/say.ts';
import { secretKey, secretObject } from '../../model/kinds.ts';
import { cached } from '../../model/plain-data.ts';
import type { Decision } from '../../planner/plan.ts';
import { unwritable } from './check-writable.ts';
import type { FilePath } from './find-files.ts';
import type { FunctionRun } from './function-run.ts';

/** A Secret of a run, whether due or not, and the file that it goes into. */
export interface SecretOfRun {
  readonly of: FunctionRun;
  readonly decision: Decision;
  readonly file: FilePath;
}

/**
 * What several runs would have in one file, where one of them is to issue: decided before anything is issued. Of runs of one pipeline the
 * last one counts, and of kpt packages in each other the outermost, as under their hosts: what the others decided is `left` out. Of other
 * runs neither counts, and both are refused: one package must not write over what another one makes, be it still good.
 */
export function joinRuns(secrets: readonly SecretOfRun[]): {
  readonly left: ReadonlySet<Decision>;
  readonly conflicts: ReadonlyMap<FunctionRun, readonly Finding[]>;
} {
  const places = Map.groupBy(secrets, (one) => JSON.stringify([one.file.real, secretKey(one.decision.job.target)]));
  const left = new Set<Decision>();
  const conflicts = new Map<FunctionRun, Finding[]>();
  for (const same of places.values()) {
    const [first, ...others] = same;
    if (first === undefined || others.length === 0 || !same.some(({ decision }) => decision.isDue)) continue;
    const other = others.find(({ of }) => folderOf(of) !== folderOf(first.of) || of.host !== first.of.host);
    if (other === undefined || same.every(({ of }) => of.host === 'kpt')) {
      const outermost = Math.min(...same.map(({ of }) => resolve(of.folder).length));
      const last = same.findLast(({ of }) => resolve(of.folder).length === outermost);
      for (const { decision } of same) if (decision !== last?.decision) left.add(decision);
      continue;
    }
    const secret = describeObject(secretObject(first.decision.job.target));
    const both = `those of ${quote(folderOf(first.of))} and ${quote(folderOf(other.of))} both make ${secret}`;
    const conflict = unwritable(first.file, `two runs are for it: ${both}`, 'Leave one out; neither was written');
    for (const { of } of same) cached(conflicts, of, () => []).push(conflict);
  }
  return { left, conflicts };
}

/** The folder of the pipeline that starts a run: of kustomize that of the base, since anybody may include it beside his own. */
function folderOf({ folder, start }: FunctionRun): string {
  return start?.folder ?? folder;
}
