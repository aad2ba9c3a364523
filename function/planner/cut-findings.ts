import { type Finding, finding } from '../findings/finding.ts';
import { say, theObject } from '../findings/say.ts';
import { objectKey } from '../model/kinds.ts';
import { MOST_FAULTS_OF_AN_OBJECT, MOST_FINDINGS } from '../model/run-limits.ts';

/** Cuts findings to so many for each object, and so many in all; further findings count those that were left out. */
export function cutFindings(findings: readonly Finding[]): Finding[] {
  const counts = new Map<string, number>();
  const left = new Map<string, { readonly number: number; readonly worst: Finding }>(); // `worst`: the first of the worst severity
  let number = 0;
  const kept = findings.filter((finding) => {
    const key = finding.object === undefined ? '' : objectKey(finding.object);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    const isKept = count <= MOST_FAULTS_OF_AN_OBJECT && number < MOST_FINDINGS;
    if (isKept) number += 1;
    else {
      const at = number < MOST_FINDINGS ? key : ''; // past that, one count for all objects
      const { number: formerNumber = 0, worst = finding } = left.get(at) ?? {};
      left.set(at, {
        number: formerNumber + 1,
        worst: finding.severity === 'error' && worst.severity !== 'error' ? finding : worst,
      });
    }
    return isKept;
  });
  return [...kept, ...[...left].map(([key, { number: more, worst }]) => leftOut(key, more, worst))];
}

function leftOut(key: string, number: number, { code, object }: Finding): Finding {
  const isOfOne = key !== '' && object !== undefined;
  const left = number === 1 ? '1 more finding was' : `${number} more findings were`;
  const message = say`more is wrong${isOfOne ? say` with ${theObject(object)}` : ''} than is told: ${left} left out. Correct those that come before.`;
  return finding(code, message, isOfOne ? { object } : {});
}
