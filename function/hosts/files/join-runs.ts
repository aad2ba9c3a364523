import { resolve } from 'node:path';
import { type Finding, finding } from '../../findings/finding.ts';
import { quote } from '../../findings/quote.ts';
import { describeObject } from '../../findings/say.ts';
import { secretKey, secretObject } from '../../model/kinds.ts';
import { cached, defined } from '../../model/plain-data.ts';
import type { Decision } from '../../planner/plan.ts';
import { unwritable } from './check-writable.ts';
import type { FilePath } from './find-files.ts';
import { type FunctionRun, isBelow, placeOf } from './function-run.ts';

/** A Secret of a run, whether due or not, and the file that it goes into; absent: all go into one stream. */
export interface SecretOfRun {
  readonly of: FunctionRun;
  readonly decision: Decision;
  readonly file: FilePath | undefined;
}

/**
 * What several runs would have in one file, where one of them is to issue, or in one stream: decided before anything is issued. Of runs
 * of one pipeline the last one counts, and of kpt packages in each other the outermost, as under their hosts: what the others decided is
 * `left` out. Of other runs neither counts, and both are refused: one package must not write over what another one makes, be it still good.
 */
export function joinRuns(secrets: readonly SecretOfRun[]): {
  readonly left: ReadonlySet<Decision>;
  readonly conflicts: ReadonlyMap<FunctionRun, readonly Finding[]>;
} {
  const places = Map.groupBy(secrets, ({ file, decision }) =>
    JSON.stringify([file?.real, secretKey(decision.job.target)]),
  );
  const left = new Set<Decision>();
  const conflicts = new Map<FunctionRun, Finding[]>();
  for (const same of places.values()) {
    const [first, ...others] = same;
    if (first === undefined || others.length === 0) continue;
    if (first.file !== undefined && !same.some(({ decision }) => decision.isDue)) continue;
    const other = others.find(({ of }) => folderOf(of) !== folderOf(first.of) || of.host !== first.of.host);
    const folders = same.map(({ of }) => resolve(of.folder));
    const outermost = folders.reduce((one, next) => (next.length < one.length ? next : one));
    const areNested = folders.every((one) => one === outermost || isBelow(outermost, one));
    if (other === undefined || (areNested && same.every(({ of }) => of.host === 'kpt'))) {
      const last = same.findLast(({ of }) => resolve(of.folder) === outermost);
      for (const { decision } of same) if (decision !== last?.decision) left.add(decision);
      continue;
    }
    for (const one of same) cached(conflicts, one.of, () => []).push(conflictOf(one, first, other));
  }
  return { left, conflicts };
}

/** Why the Secret of `one`, which is among several that are the same, is not made. */
function conflictOf(one: SecretOfRun, first: SecretOfRun, other: SecretOfRun): Finding {
  const secret = describeObject(secretObject(one.decision.job.target));
  if (first.file !== undefined) {
    const both = `those of ${quote(folderOf(first.of))} and ${quote(folderOf(other.of))} both make ${secret}`;
    return unwritable(first.file, `two runs are for it: ${both}`, 'Leave one out; neither was written');
  }
  const another = one === first ? other : first;
  const [place, elsewhere] = [one, another].map(({ of, decision }) =>
    placeOf(of, { object: decision.job.generator, field: 'metadata.name' }),
  );
  const from = `from ${quote(elsewhere?.file ?? '')}, line ${elsewhere?.line}`;
  const cause = `${quote(folderOf(another.of))} makes it too, ${from}, and it cannot be known which one is meant`;
  const cure = 'Give them different names or namespaces, or render them one by one';
  return finding('TARGET_CONFLICT', `cannot print ${secret}: ${cause}. ${cure}.`, defined({ place }));
}

/** The folder of the pipeline that starts a run: of kustomize that of the base, since anybody may include it beside his own. */
function folderOf({ folder, start }: FunctionRun): string {
  return start?.folder ?? folder;
}
