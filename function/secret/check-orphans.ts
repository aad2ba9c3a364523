import { type Finding, finding } from '../api/finding.ts';
import type { OwnedSecret } from '../api/flow.ts';
import type { Job } from '../api/job.ts';
import { describeObject, type ObjectRef, objectKey, secretKey } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import { marksOf } from './ownership.ts';

/** Secrets that this function made and that nobody wants any more: they stay, and somebody has to know. */
export function checkOrphans(
  owned: readonly OwnedSecret[],
  generators: readonly ObjectRef[],
  wanted: readonly Pick<Job, 'generator' | 'target'>[],
  consumed: readonly ObjectRef[],
): Finding[] {
  if (owned.length === 0) return []; // the first run of a package, however many generators it has
  const present = new Set(generators.flatMap(marksOf));
  const targets = new Map<string, Set<string>>(consumed.flatMap(marksOf).map((mark) => [mark, new Set()]));
  for (const { generator, target } of wanted)
    for (const mark of marksOf(generator)) targets.set(mark, (targets.get(mark) ?? new Set()).add(secretKey(target)));
  return owned.flatMap(({ object, mark, isMerged }) => {
    const remove = isMerged ? 'Remove what it added to the Secret' : 'Delete the Secret';
    const gone = (text: string) => [finding('GENERATOR_GONE', text, { object })];
    if (!present.has(mark)) {
      const start = `cannot find the generator ${quote(mark)} of ${describeObject(object)}`;
      return gone(`${start}: it is not there any more. ${remove}, or bring the generator back.`);
    }
    if (targets.get(mark)?.has(objectKey(object)) !== false) return [];
    return gone(`cannot renew ${describeObject(object)}: its generator ${quote(mark)} wants it no more. ${remove}.`);
  });
}
