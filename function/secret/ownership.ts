import { GENERATOR_ANNOTATION, MERGED_ANNOTATION } from '../api/annotations.ts';
import { type Finding, finding } from '../api/finding.ts';
import type { Job } from '../api/job.ts';
import { describeObject, isExternalSecret, type NamedRef, type ObjectRef, secretObject } from '../api/kinds.ts';
import type { KnownObject } from '../api/known.ts';
import { quote } from '../api/quote.ts';

/** KIND/NAMESPACE/NAME: whose Secret it is. */
export function generatorMark({ kind, namespace, name }: ObjectRef): string {
  return `${kind}/${namespace ?? ''}/${name}`;
}

/** A Secret of the wanted name that this generator did not make is never overwritten. */
export function checkOwnership(
  { generator, target, field, form }: Pick<Job, 'generator' | 'target' | 'field' | 'form'>,
  existing: KnownObject | null,
): Finding[] {
  if (form.merge !== undefined)
    return existing === null && form.merge === 'required' ? [nothingToMerge(generator, target)] : [];
  if (existing === null || isMadeBy(generator, existing)) return [];
  const mark = existing.annotations[GENERATOR_ANNOTATION];
  const isMerged = existing.annotations[MERGED_ANNOTATION] === 'true';
  const cause =
    mark === undefined
      ? 'it was not made by this function'
      : isMerged
        ? 'others made it, and this function only added to it'
        : 'another generator made it';
  const start = `cannot write ${describeObject(secretObject(target))} for ${describeObject(generator)}: ${cause}`;
  const rename = field === undefined ? renaming(generator) : `choose another \`name\` in \`${field}\``;
  const handOver = `${GENERATOR_ANNOTATION}: ${quote(generatorMark(generator))}${isMerged ? ` and without ${MERGED_ANNOTATION}` : ''}`;
  const cure = `Delete or rename it, ${rename}, or hand it over with the annotation ${handOver}`;
  return [finding('TARGET_NOT_OURS', `${start}. ${cure}.`, placeOfName(generator, field))];
}

/** True for a Secret that is this generator's whole: not where it only added to one of others. */
export function isMadeBy(generator: ObjectRef, { annotations }: Pick<KnownObject, 'annotations'>): boolean {
  const isMarked = marksOf(generator).includes(annotations[GENERATOR_ANNOTATION] ?? '');
  return isMarked && annotations[MERGED_ANNOTATION] !== 'true';
}

/** A Secret that is to be added to has to be seen, for its other keys stay. */
function nothingToMerge(generator: ObjectRef, target: NamedRef): Finding {
  const start = `cannot add to ${describeObject(secretObject(target))} for ${describeObject(generator)}: it is not there`;
  const cure = 'Put it in the package, or set `spec.target.creationPolicy` to "CreateOrMerge"';
  return finding('REFERENCE_MISSING', `${start}. ${cure}.`, { object: generator, field: 'spec.target.creationPolicy' });
}

/** Where the name of a Secret is written: in an entry of the functionConfig, or it is the generator's. */
export function placeOfName(generator: ObjectRef, field: string | undefined): { object?: ObjectRef; field: string } {
  if (field !== undefined) return { field: `${field}.name` };
  return { object: generator, field: isExternalSecret(generator) ? 'spec.target.name' : 'metadata.name' };
}

function renaming(generator: ObjectRef): string {
  return isExternalSecret(generator) ? 'set another `spec.target.name`' : 'rename the generator';
}

/** Without a namespace as well: one may have been set after the Secret was made, as kpt's set-namespace does to both. */
export function marksOf(generator: ObjectRef): string[] {
  return [generatorMark(generator), generatorMark({ ...generator, namespace: '' })];
}
