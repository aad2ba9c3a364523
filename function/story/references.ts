import type { Prepared, Reference } from '../api/flow.ts';
import { objectKey, secretKey, secretObject } from '../api/kinds.ts';
import { existingTarget, type Supplied } from '../api/supplied.ts';
import { judgeTarget } from '../secret/judge-target.ts';
import { sourcesOfJob } from './sources-of.ts';

/**
 * Second step: the objects that have to be seen and are not yet in `supplied`. Targets first: for a Secret that is still good
 * nothing else is looked up. Empty: go on to the third.
 */
export function references(
  { jobs, now, settings }: Pick<Prepared, 'jobs' | 'now' | 'settings'>,
  supplied: Supplied,
): Reference[] {
  const wanted = jobs.flatMap((job): Reference[] => {
    const { generator, target } = job;
    if (!supplied.has(secretKey(target))) return [{ object: secretObject(target), generator, role: 'target' }];
    if (settings.mode !== 'mint') return [];
    if (judgeTarget(job, existingTarget(job, supplied), now).action === 'reuse') return [];
    return sourcesOfJob(job).map((object): Reference => ({ object, generator, role: 'source' }));
  });
  const byObject = Map.groupBy(wanted, ({ object }) => objectKey(object));
  return [...byObject].flatMap(([key, [first]]) => (first === undefined || supplied.has(key) ? [] : [first]));
}
