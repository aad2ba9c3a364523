import { type Finding, finding } from '../api/finding.ts';
import { describeObject, objectKey } from '../api/kinds.ts';
import { MOST_FAULTS_OF_AN_OBJECT, MOST_FINDINGS } from '../api/run-limits.ts';

/** What was left out: how many findings, and one of the worst of them. */
interface LeftOut {
  readonly number: number;
  readonly worst: Finding;
}

/** Findings, of each object so many and of all so many, and how many were left out. Whoever corrects the first sees the others. */
export function firstOfEach(findings: readonly Finding[]): Finding[] {
  const counts = new Map<string, number>();
  const left = new Map<string, LeftOut>();
  let number = 0;
  const told = findings.filter((one) => {
    const key = one.object === undefined ? '' : objectKey(one.object);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    const isTold = count <= MOST_FAULTS_OF_AN_OBJECT && number < MOST_FINDINGS;
    if (isTold) number += 1;
    else {
      const at = number < MOST_FINDINGS ? key : ''; // from there on of whatever object
      const { number: before = 0, worst = one } = left.get(at) ?? {};
      left.set(at, { number: before + 1, worst: one.severity === 'error' && worst.severity !== 'error' ? one : worst });
    }
    return isTold;
  });
  return [...told, ...[...left].map(([key, leftOut]) => describe(key, leftOut))];
}

function describe(key: string, { number, worst: { code, object } }: LeftOut): Finding {
  const isOfOne = key !== '' && object !== undefined;
  const message = `cannot tell all that is wrong${isOfOne ? ` with ${describeObject(object)}` : ''}: ${number} more findings were left out. Correct those that come before.`;
  return finding(code, message, isOfOne ? { object } : {});
}
