import { type Finding, finding } from '../api/finding.ts';
import type { Job } from '../api/job.ts';
import { describeObject, isExternalSecret, type ObjectRef, objectKey, secretKey, secretObject } from '../api/kinds.ts';
import { placeOfName } from './ownership.ts';

/** A Secret that a generator writes. */
type Claim = Pick<Job, 'generator' | 'target' | 'field'>;

/** Two generators that want one Secret, and a target that any generator reads, are conflicts. */
export function checkConflicts<J extends Claim>(claims: readonly J[], readsOf: (claim: J) => ObjectRef[]): Finding[] {
  const readers = new Map(
    claims.flatMap((claim) => readsOf(claim).map((read) => [objectKey(read), claim.generator] as const)),
  );
  const firstWriters = new Map<string, Claim>();
  return claims.flatMap((claim) => {
    const { generator, target, field } = claim;
    const start = `cannot write ${describeObject(secretObject(target))} for ${describeObject(generator)}`;
    const cure =
      field === undefined
        ? isExternalSecret(generator)
          ? 'Set another `spec.target.name`'
          : 'Rename or remove one generator'
        : `Choose another \`name\` in \`${field}\`, such as one with \${name}`;
    const conflict = (cause: string, otherCure = cure) => [
      finding('TARGET_CONFLICT', `${start}: ${cause}. ${otherCure}.`, placeOfName(generator, field)),
    ];
    const reader = readers.get(secretKey(target));
    if (reader !== undefined) return conflict(`${describeObject(reader)} reads that Secret`);
    const first = firstWriters.get(secretKey(target));
    firstWriters.set(secretKey(target), first ?? claim);
    if (first === undefined) return [];
    const isOneGenerator = objectKey(first.generator) === objectKey(generator);
    if (isOneGenerator && first.field === field)
      return conflict('that generator is there twice', 'Remove one of the two');
    if (!isOneGenerator) return conflict(`${describeWriter(first.generator)} wants that Secret too`);
    return conflict(`\`${first.field}\` and \`${field}\` both want it`);
  });
}

function describeWriter(generator: ObjectRef): string {
  const name = describeObject(generator);
  return isExternalSecret(generator) ? name : `another generator, ${name},`;
}
