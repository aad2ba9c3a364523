import type { Finding } from '../../findings/finding.ts';
import { quote } from '../../findings/quote.ts';
import { describeObject } from '../../findings/say.ts';
import { secretKey, secretObject } from '../../model/kinds.ts';
import type { Decision } from '../../planner/plan.ts';
import { unwritable } from './check-writable.ts';
import type { FilePath } from './find-files.ts';
import type { FunctionRun } from './function-run.ts';

/** A Secret that a run is to issue, and the file that it goes into. */
export interface DueSecret {
  readonly of: FunctionRun;
  readonly decision: Decision;
  readonly file: FilePath;
}

/**
 * What several runs are to issue for one file: decided before anything is issued. Of runs of one pipeline the last one counts, and of kpt
 * packages in each other the outermost, as under their hosts: what the others decided is `left` out. Of other runs neither counts, and
 * both are refused: one package must not write over what another one makes.
 */
export function joinRuns(due: readonly DueSecret[]): {
  readonly left: ReadonlySet<Decision>;
  readonly conflicts: ReadonlyMap<FunctionRun, readonly Finding[]>;
} {
  const places = Map.groupBy(due, ({ file, decision }) => JSON.stringify([file.real, secretKey(decision.job.target)]));
  const left = new Set<Decision>();
  const conflicts = new Map<FunctionRun, Finding[]>();
  for (const [first, ...others] of places.values()) {
    const other = others.find(({ of }) => of.folder !== first?.of.folder || of.host !== first.of.host);
    if (first === undefined || others.length === 0) continue;
    const same = [first, ...others];
    if (other === undefined || same.every(({ of }) => of.host === 'kpt')) {
      const last = same.findLast(({ of }) => of.folder === first.of.folder);
      for (const { decision } of same) if (decision !== last?.decision) left.add(decision);
      continue;
    }
    const secret = describeObject(secretObject(first.decision.job.target));
    const both = `those of ${quote(first.of.folder)} and ${quote(other.of.folder)} both make ${secret}`;
    const conflict = unwritable(first.file, `two runs are for it: ${both}`, 'Leave one out; neither was written');
    for (const { of } of same) {
      const known = conflicts.get(of) ?? [];
      conflicts.set(of, known);
      known.push(conflict);
    }
  }
  return { left, conflicts };
}
