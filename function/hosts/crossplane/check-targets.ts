import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { configFinding, type Finding, fieldFinding, finding, specFinding } from '../../findings/finding.ts';
import { named, quoted, say, theObject } from '../../findings/say.ts';
import { SPEC_HASH_ANNOTATION } from '../../model/annotations.ts';
import type { Job, SecretPart } from '../../model/job.ts';
import { objectKey, secretKey, secretObject } from '../../model/kinds.ts';
import { textAt } from '../../model/plain-data.ts';
import { OBJECT_NAME_MAX } from '../../model/schema-parts.ts';
import type { Call } from './call.ts';
import { type Composite, type Observed, refOf } from './request-objects.ts';
import { composedKey, isOurSecret } from './response.ts';

/**
 * Refuses jobs that Crossplane or Kubernetes cannot carry out: names that are too long, other namespaces, composed resources of other
 * steps, templates that read the step's credentials, MFA codes. Findings come in the order of the checks.
 */
export function checkTargets(jobs: readonly Job[], consumed: readonly string[], call: Call): Finding[] {
  const { request, composite } = call;
  const { namespace } = composite;
  const parts = new Map(jobs.flatMap((job) => job.parts.map((part) => [objectKey(part.generator), part] as const)));
  const gone = new Set(consumed);
  const passed = desiredResources(request, composite).filter(({ key }) => !gone.has(key));
  const byKey = new Map(passed.map((other) => [other.key, other]));
  const byObject = new Map(passed.toReversed().map((other) => [other.object, other])); // of several the first
  return [
    ...jobs.flatMap((job) => [
      ...checkName(job),
      ...checkForm(job),
      ...(namespace === undefined ? [] : checkNamespace(job, namespace)),
    ]),
    ...jobs.flatMap((job) => checkTemplate(job, request)),
    ...[...parts.values()].flatMap((part) => [...checkMfaCode(part), ...checkAccess(part, request)]),
    ...jobs.flatMap((job) => {
      const matches = [byKey.get(composedKey(job.target, composite)), byObject.get(secretKey(job.target))];
      return [...new Set(matches)].flatMap((other) => (other === undefined ? [] : checkDesired(job, other, call)));
    }),
  ];
}

/** Refuses a template that reads the step's credentials: it would copy them into a Secret of the composite. */
function checkTemplate({ generator, form }: Job, { credentials }: RunFunctionRequest): Finding[] {
  return (form.template?.parts ?? []).flatMap((part) => {
    if (!('from' in part) || part.from.kind !== 'Secret' || !Object.hasOwn(credentials, part.from.name)) return [];
    const text = say`names credentials of this step, ${named(part.from.name)}, which are to sign with; name another Secret`;
    return [specFinding(generator, part.field, text)];
  });
}

/**
 * Refuses the step's credentials to a generator that only the cluster has. Its author may be a tenant, who would sign with them, or send
 * an external ID from them to a role of the tenant's own. Hops of `via` may contain the tenant's account or name too.
 */
function checkAccess({ generator, reads, isFromCluster }: SecretPart, { credentials }: RunFunctionRequest): Finding[] {
  if (!isFromCluster) return [];
  const found = reads.find(({ object: { kind, name } }) => kind === 'Secret' && Object.hasOwn(credentials, name));
  if (found === undefined) return [];
  const text = say`names credentials of the step, ${quoted(found.object.name)}, which are for the step's own generators; name another Secret`;
  return [fieldFinding('NOT_GRANTED', { object: generator, field: found.field }, text)];
}

/** Refuses an MFA code, which AWS takes only once: no session after the first could be issued. */
function checkMfaCode({ generator, chain }: SecretPart): Finding[] {
  const hasCode = chain.hops.some((hop) => hop.operation === 'GetSessionToken' && hop.request.tokenCode !== undefined);
  const text =
    'must be absent here, and `serialNumber` too: AWS takes a code once, and nobody reads the next one to a server';
  return hasCode ? [specFinding(generator, 'spec.requestParameters.tokenCode', text)] : [];
}

/** A resource that an earlier step composes. */
interface Desired {
  readonly key: string;
  /** `objectKey` of the object that Crossplane makes of it. */
  readonly object: string;
  readonly resource: unknown;
}

function desiredResources({ desired }: RunFunctionRequest, composite: Composite): Desired[] {
  return Object.entries(desired?.resources ?? {}).map(([key, { resource }]) => {
    const ref = refOf(resource);
    return { key, object: objectKey({ ...ref, namespace: composite.namespace ?? ref.namespace ?? '' }), resource };
  });
}

/** Refuses a job whose Secret, or key, an earlier step composes already: the last of the two would win. */
function checkDesired(job: Job, { key, object, resource }: Desired, { composite, observed }: Call): Finding[] {
  const { generator, target } = job;
  const isSecret = object === secretKey(target);
  const isKey = key === composedKey(target, composite);
  const isOurs = isKey && isOurSecret(resource);
  if (!(isKey || isSecret) || (isOurs && isSameSecret(job, resource, observed.get(secretKey(target))))) return [];
  const text = isOurs
    ? 'an earlier step of this function composes it for another generator, or another spec. Rename one of the two'
    : say`an earlier step already composes ${isSecret ? 'it' : 'a resource'} under the key ${named(key)}. Rename that resource or this generator`;
  const start = say`cannot write ${theObject(secretObject(target))} for ${theObject(generator)}`;
  return [finding('TARGET_CONFLICT', say`${start}: ${text}.`, { object: generator })];
}

/** True for a Secret that an earlier step of this function issued from the same spec, or kept as it was observed. */
function isSameSecret({ specHash }: Job, other: unknown, observed: Observed | undefined): boolean {
  const hash = textAt(other, ['metadata', 'annotations', SPEC_HASH_ANNOTATION]);
  return hash === specHash() || hash === observed?.annotations[SPEC_HASH_ANNOTATION];
}

/** The Secret's name begins with the composite's. */
function checkName({ generator, target }: Job): Finding[] {
  const { length } = target.name;
  if (length <= OBJECT_NAME_MAX) return [];
  const cause = say`its name would have ${length} characters, and Kubernetes takes ${OBJECT_NAME_MAX}`;
  const message = say`cannot name the Secret of ${theObject(generator)}: ${cause}. Shorten the name of the composite or of the generator.`;
  return [finding('SPEC_INVALID', message, { object: generator, field: 'metadata.name' })];
}

/** Refuses merging and `immutable`: Crossplane owns its Secrets whole and applies each new session. */
function checkForm({ generator, form }: Job): Finding[] {
  const merge = 'must be "Owner", "Orphan" or "None" here: a composite does not add to Secrets of others';
  const immutable = 'must be false here: the API server would refuse the next session';
  return [
    ...(form.merge === undefined ? [] : [specFinding(generator, 'spec.target.creationPolicy', merge)]),
    ...(form.immutable === undefined ? [] : [specFinding(generator, 'spec.target.immutable', immutable)]),
  ];
}

/** A namespaced composite composes in its own namespace only: Crossplane would move the Secret there. */
function checkNamespace({ target, field = '' }: Job, namespace: string): Finding[] {
  if (target.namespace === namespace) return [];
  const text = say`must be absent or the composite's, ${quoted(namespace)}, got ${quoted(target.namespace ?? '')}`;
  return [configFinding(`${field}.namespaces`, text)];
}
