import { GENERATOR_ANNOTATION } from '../api/annotations.ts';
import { type Finding, finding } from '../api/finding.ts';
import type { OwnedSecret } from '../api/flow.ts';
import { describeObject, type NamedRef, type ObjectRef, secretKey, secretObject } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import type { SuppliedObject } from '../api/supplied.ts';

/** KIND/NAMESPACE/NAME: whose Secret it is. */
export function generatorMark({ kind, namespace, name }: ObjectRef): string {
  return `${kind}/${namespace ?? ''}/${name}`;
}

/** A Secret of the wanted name that this generator did not make is never overwritten. */
export function checkOwnership(generator: ObjectRef, target: NamedRef, existing: SuppliedObject | null): Finding[] {
  const mark = generatorMark(generator);
  // a namespace that was set after the Secret was made, as kpt's set-namespace does to both
  const earlier = generatorMark({ ...generator, namespace: '' });
  if (existing === null || [mark, earlier].includes(existing.annotations[GENERATOR_ANNOTATION] ?? '')) return [];
  const cause =
    existing.annotations[GENERATOR_ANNOTATION] === undefined
      ? 'it was not made by this function'
      : 'another generator made it';
  const start = `cannot write ${describeObject(secretObject(target))} for ${describeObject(generator)}: ${cause}`;
  const cure = `Delete or rename it, rename the generator, or hand it over with the annotation ${GENERATOR_ANNOTATION}: ${quote(mark)}`;
  return [finding('TARGET_NOT_OURS', `${start}. ${cure}.`, { object: generator, field: 'metadata.name' })];
}

/** Secrets that this function made for generators that are no longer there: they stay, and somebody has to know. */
export function checkOrphans(owned: readonly OwnedSecret[], generators: readonly ObjectRef[]): Finding[] {
  // without a namespace as well: one may have been set after the Secret was made
  const marks = new Set(generators.flatMap((one) => [generatorMark(one), generatorMark({ ...one, namespace: '' })]));
  return owned.flatMap(({ object, mark }) => {
    if (marks.has(mark)) return [];
    const message = `cannot find the generator ${quote(mark)} of ${describeObject(object)}: it is not there any more. Delete the Secret, or bring the generator back.`;
    return [finding('GENERATOR_GONE', message, { object })];
  });
}

/** What one generator writes and reads. */
export interface Claim {
  readonly generator: ObjectRef;
  readonly target: NamedRef;
  readonly reads: readonly NamedRef[];
}

/** Two generators that want one Secret, and a target that any generator reads, are conflicts. */
export function checkConflicts(claims: readonly Claim[]): Finding[] {
  const readers = new Map(
    claims.flatMap(({ generator, reads }) => reads.map((read) => [secretKey(read), generator] as const)),
  );
  const firstWriters = new Map<string, ObjectRef>();
  return claims.flatMap(({ generator, target }) => {
    const start = `cannot write ${describeObject(secretObject(target))} for ${describeObject(generator)}`;
    const conflict = (cause: string) => [
      finding('TARGET_CONFLICT', `${start}: ${cause}. Rename or remove one generator.`, {
        object: generator,
        field: 'metadata.name',
      }),
    ];
    const reader = readers.get(secretKey(target));
    if (reader !== undefined) return conflict(`${describeObject(reader)} reads that Secret`);
    const first = firstWriters.get(secretKey(target));
    if (first !== undefined) return conflict(`another generator, ${describeObject(first)}, wants that Secret too`);
    firstWriters.set(secretKey(target), generator);
    return [];
  });
}
