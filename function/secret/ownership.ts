import { type Finding, fieldFinding, finding } from '../findings/finding.ts';
import { type ObjectRef, quoted, type Sayable, say, theField, theLocations, theObject } from '../findings/say.ts';
import { GENERATOR_ANNOTATION, MERGED_ANNOTATION } from '../model/annotations.ts';
import type { KnownObject } from '../model/answers.ts';
import type { Reference } from '../model/identity.ts';
import type { Job } from '../model/job.ts';
import { isExternalSecret, keyOfSecret, objectKey, secretObject } from '../model/kinds.ts';
import { valueAt } from '../model/plain-data.ts';
import type { MarkedSecret } from '../model/run-request.ts';

/** The value of the generator annotation: KIND/NAMESPACE/NAME of the Secret's generator. */
export function generatorMark({ kind, namespace, name }: ObjectRef): string {
  return `${kind}/${namespace ?? ''}/${name}`;
}

/** The operator has it on Secrets that it makes (external-secrets/external-secrets, apis/externalsecrets/v1, LabelManaged). */
const OPERATOR_LABEL = 'reconcile.external-secrets.io/managed';

/** Refuses to overwrite a Secret that this generator did not make. */
export function checkOwnership(
  job: Pick<Job, 'requester' | 'target' | 'field' | 'form'>,
  existing: KnownObject,
): Finding[] {
  const { requester, target, field, form } = job;
  if (existing.isOfSameBuild) return [conflict(job, 'a generator of the same build made it')]; // with the same mark, perhaps for another role
  const mark = existing.annotations[GENERATOR_ANNOTATION];
  const isMerged = existing.annotations[MERGED_ANNOTATION] === 'true';
  const isFree = form.merge !== undefined && (mark === undefined || isMerged); // a generator's own has its annotations
  if (isFree || isMadeBy(requester, existing)) return [];
  const cause =
    mark === undefined
      ? valueAt(existing.manifest, ['metadata', 'labels', OPERATOR_LABEL]) === undefined
        ? 'it was not made by this function'
        : "External Secrets' operator makes it. Remove its ExternalSecret from the cluster first"
      : isMerged
        ? 'others made it, and this function only added to it'
        : 'another generator made it';
  const start = say`cannot write ${theObject(secretObject(target))} for ${theObject(requester)}: ${cause}`;
  const renaming = isExternalSecret(requester)
    ? say`set another ${theField('spec.target.name')}`
    : 'rename the generator';
  const rename = field === undefined ? renaming : say`choose another \`name\` in \`${field}\``;
  const handOver = say`${GENERATOR_ANNOTATION}: ${quoted(generatorMark(requester))}${isMerged ? say` and without ${MERGED_ANNOTATION}` : ''}`;
  const cure = say`Delete or rename it, ${rename}, or hand it over with the annotation ${handOver}`;
  return [finding('TARGET_NOT_OURS', say`${start}. ${cure}.`, placeOfName(requester, field))];
}

/** True for a Secret that this generator made, and not only added keys to. */
export function isMadeBy(requester: ObjectRef, { annotations }: Pick<KnownObject, 'annotations'>): boolean {
  const isMarked = marksOf(requester).includes(annotations[GENERATOR_ANNOTATION] ?? '');
  return isMarked && annotations[MERGED_ANNOTATION] !== 'true';
}

/** Refuses to add to a Secret that is not in the input: its other keys must stay. */
export function nothingToMerge({ requester, target }: Pick<Job, 'requester' | 'target'>): Finding {
  const start = say`cannot add to ${theObject(secretObject(target))} for ${theObject(requester)}: it is not there`;
  const field = 'spec.target.creationPolicy';
  const cure = say`Put it in the package, or set ${theField(field)} to "CreateOrMerge"`;
  return finding('REFERENCE_MISSING', say`${start}. ${cure}.`, { object: requester, field });
}

/** Where the name of a Secret is written: in an entry of the functionConfig, or it is the generator's. */
function placeOfName(requester: ObjectRef, field: string | undefined): { object?: ObjectRef; field: string } {
  if (field !== undefined) return { field: `${field}.name` };
  return { object: requester, field: isExternalSecret(requester) ? 'spec.target.name' : 'metadata.name' };
}

/** Its mark with and without namespace: kpt's set-namespace may have set one on generator and Secret after the Secret was made. */
function marksOf(requester: ObjectRef): string[] {
  return [generatorMark(requester), generatorMark({ ...requester, namespace: '' })];
}

/** A Secret that a generator writes. */
type Claim = Pick<Job, 'requester' | 'target' | 'field' | 'reads' | 'parts'>;

/**
 * Refuses two generators that write one Secret, and one that writes a Secret that a generator reads. The error is the writer's, unless
 * the reader is from the cluster: its author may be a tenant, who must not stop other people's Secrets.
 */
export function checkConflicts(claims: readonly Claim[]): Finding[] {
  const readers = new Map(
    claims.flatMap(({ reads, requester }) => reads.map(({ object }) => [objectKey(object), requester] as const)),
  );
  const clusterParts = claims.flatMap(({ parts }) => parts.filter(({ isFromCluster }) => isFromCluster));
  const references = clusterParts.flatMap(({ generator, reads }) => reads.map((read) => ({ ...read, generator })));
  const fromCluster = Map.groupBy(references, ({ object }) => objectKey(object));
  const firstWriters = new Map<string, Claim>();
  const findings: Finding[] = [];
  for (const claim of claims) {
    const key = keyOfSecret(claim.target);
    const reader = readers.get(key);
    const theirs = fromCluster.get(key);
    const first = firstWriters.get(key);
    if (theirs !== undefined) {
      for (const reference of theirs) findings.push(readsWritten(reference, claim));
      fromCluster.set(key, []); // told of the first writer: others of the same Secret may be as many as its readers
    } else if (reader !== undefined) findings.push(conflict(claim, say`${theObject(reader)} reads that Secret`));
    else if (first === undefined) firstWriters.set(key, claim);
    else findings.push(conflictOfWriters(first, claim));
  }
  return findings;
}

/** A generator that only the cluster has reads a Secret that is written here. */
function readsWritten({ generator, field }: Reference & { readonly generator: ObjectRef }, claim: Claim): Finding {
  const what = say`names ${theObject(secretObject(claim.target))}, which ${theObject(claim.requester)} writes`;
  return fieldFinding('TARGET_CONFLICT', { object: generator, field }, say`${what}; name another Secret`);
}

function conflictOfWriters(first: Claim, claim: Claim): Finding {
  const { field, ...rest } = claim;
  if (objectKey(first.requester) !== objectKey(claim.requester))
    return conflict(claim, say`${theObject(first.requester)} wants that Secret too`);
  return first.field === field
    ? conflict(rest, say`that generator is there twice${theLocations(claim.requester)}`, 'Remove one of the two')
    : conflict(claim, say`\`${first.field ?? ''}\` and \`${field ?? ''}\` both want it`);
}

function conflict(
  { requester, target, field }: Pick<Claim, 'requester' | 'target' | 'field'>,
  cause: Sayable,
  cure = cureOf(requester, field),
): Finding {
  const start = say`cannot write ${theObject(secretObject(target))} for ${theObject(requester)}`;
  return finding('TARGET_CONFLICT', say`${start}: ${cause}. ${cure}.`, placeOfName(requester, field));
}

function cureOf(requester: ObjectRef, field: string | undefined): Sayable {
  if (field !== undefined) return say`Choose another \`name\` in \`${field}\`, such as one with \${name}`;
  return isExternalSecret(requester)
    ? say`Set another ${theField('spec.target.name')}`
    : 'Rename or remove one generator';
}

/** Reports Secrets that this function made and no generator wants any more. They are not deleted. */
export function checkOrphans(
  marked: readonly MarkedSecret[],
  generators: readonly ObjectRef[],
  jobs: readonly Pick<Job, 'requester' | 'target'>[],
  withoutSecret: readonly ObjectRef[],
): Finding[] {
  const present = new Set(generators.flatMap(marksOf));
  const targets = new Map<string, Set<string>>(withoutSecret.flatMap(marksOf).map((mark) => [mark, new Set()]));
  for (const { requester, target } of jobs)
    for (const mark of marksOf(requester)) targets.set(mark, (targets.get(mark) ?? new Set()).add(keyOfSecret(target)));
  return marked.flatMap(({ object, annotations }) => {
    const { name, namespace } = object;
    const mark = annotations[GENERATOR_ANNOTATION] ?? '';
    const targetKeys = targets.get(mark);
    if (targetKeys?.has(objectKey(object)) || (targetKeys === undefined && present.has(mark))) return [];
    const start = say`${theObject(object)} is not renewed: its generator ${quoted(mark)}`;
    const gone = (end: Sayable) => [finding('GENERATOR_GONE', say`${start} ${end}.`, { object })];
    const markWithoutNamespace = mark.replace(/\/[^/]*\//, '//');
    if (namespace !== undefined && targets.get(markWithoutNamespace)?.has(keyOfSecret({ name }))) {
      const cure = say`Give its manifest the namespace ${quoted(namespace)}, or take this Secret out of the folder`;
      return gone(say`has no namespace here, and writes ${theObject(secretObject({ name }))}. ${cure}`);
    }
    const remove =
      annotations[MERGED_ANNOTATION] === 'true' ? 'Remove what it added to the Secret' : 'Delete the Secret';
    if (targetKeys === undefined) return gone(`is not there any more. ${remove}, or bring the generator back`);
    return gone(`no longer asks for it. ${remove}`);
  });
}
