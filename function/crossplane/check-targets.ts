import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { configFinding, type Finding, fieldFinding, finding, specFinding } from '../findings/finding.ts';
import { named, type ObjectRef, quoted, say, theObject } from '../findings/say.ts';
import { SPEC_HASH_ANNOTATION } from '../model/annotations.ts';
import { hopsOf } from '../model/hop.ts';
import type { Reference } from '../model/identity.ts';
import type { Job, SecretPart } from '../model/job.ts';
import { identify, inCluster, keyOfSecret, OBJECT_NAME_MAX, objectKey, secretObject } from '../model/kinds.ts';
import { cached, hasText, listAt, textAt } from '../model/plain-data.ts';
import type { Draft } from '../planner/draft.ts';
import { composedKey, desiredObject, isOurSecret } from './compose.ts';
import type { Call, ObservedSecret } from './read-request.ts';
import type { Step } from './read-step.ts';

/** The parts of a call that `checkTargets` uses. */
type TargetCall = Pick<Call, 'composite' | 'observedSecrets' | 'waitingStep'> & {
  readonly request: Pick<Call['request'], 'credentials' | 'desired'>;
};

/**
 * Refuses jobs that Crossplane or Kubernetes cannot carry out: names that are too long, other namespaces, composed resources of other
 * steps, templates that read the step's credentials, MFA codes. Findings come in the order of the checks.
 */
export function checkTargets(
  { jobs, writtenKeys }: Pick<Draft, 'jobs' | 'writtenKeys'>,
  { input }: Pick<Step, 'input'>,
  replacedKeys: readonly string[],
  call: TargetCall,
): Finding[] {
  const { credentials, desired } = call.request;
  const source = { input, writtenKeys };
  const parts = new Map(jobs.flatMap((job) => job.parts.map((part) => [objectKey(part.generator), part] as const)));
  return [
    ...jobs.flatMap((job) => checkForm(job, call.composite.namespace)),
    ...jobs.flatMap((job) => (job.form.template === undefined ? [] : checkTemplate(job, credentials))),
    ...[...parts.values()].flatMap((part) => checkPart(part, credentials, source)),
    ...(Object.keys(desired?.resources ?? {}).length === 0 ? [] : checkDesired(jobs, replacedKeys, call)),
  ];
}

/**
 * Refuses a name that is too long: it begins with the composite's. Refuses merging and `immutable`: Crossplane owns its Secrets whole and
 * applies each new session. Refuses another namespace than a namespaced composite's: Crossplane would move the Secret there.
 */
function checkForm({ requester, target, form, field = '' }: Job, namespace: string | undefined): Finding[] {
  const findings: Finding[] = [];
  const { length } = target.name;
  if (length > OBJECT_NAME_MAX) {
    const cause = say`its name would have ${length} characters, and Kubernetes takes ${OBJECT_NAME_MAX}`;
    const message = say`cannot name the Secret of ${theObject(requester)}: ${cause}. Shorten the name of the composite or of the generator.`;
    findings.push(finding('SPEC_INVALID', message, { object: requester, field: 'metadata.name' }));
  }
  if (form.merge !== undefined) {
    const text = 'must be "Owner", "Orphan" or "None" here: a composite does not add to a Secret that it does not own';
    findings.push(specFinding(requester, 'spec.target.creationPolicy', text));
  }
  if (form.immutable !== undefined) {
    const text = 'must be false here: the API server would refuse the next session';
    findings.push(specFinding(requester, 'spec.target.immutable', text));
  }
  if (namespace !== undefined && target.namespace !== namespace) {
    const text = say`must be absent or the composite's namespace, ${quoted(namespace)}, got ${quoted(target.namespace ?? '')}`;
    findings.push(configFinding(`${field}.namespaces`, text));
  }
  return findings;
}

type Credentials = RunFunctionRequest['credentials'];

/** Refuses a template that reads the step's credentials: it would copy them into a Secret of the composite. */
function checkTemplate({ requester, form }: Job, credentials: Credentials): Finding[] {
  return (form.template?.templates ?? []).flatMap((part) => {
    if (!('from' in part) || part.from.kind !== 'Secret' || !Object.hasOwn(credentials, part.from.name)) return [];
    const text = say`names credentials of this step, ${named(part.from.name)}, which may only sign calls; name another Secret`;
    return [specFinding(requester, part.field, text)];
  });
}

/** What the Composition's author wrote, with variables. */
interface StepSource extends Pick<Step, 'input'>, Pick<Draft, 'writtenKeys'> {}

/** True for a name that he wrote into a generator of the step's input as it is. */
function isNameOf(generator: ObjectRef, name: string, { input, writtenKeys }: StepSource): boolean {
  const byKey = cached(GENERATORS, Object(input), () => {
    const all = [input, ...listAt(input, ['generators'])];
    return new Map(all.toReversed().map((manifest) => [objectKey(identify(manifest)), manifest]));
  });
  const key = objectKey(inCluster(generator));
  return hasText(byKey.get(writtenKeys.get(key) ?? key), (text) => text === name);
}
/** Very many may name the step's credentials. */
const GENERATORS = new WeakMap<object, ReadonlyMap<string, unknown>>();

/**
 * Refuses an MFA code, which AWS takes only once: no session after the first could be issued. Refuses the step's credentials to a
 * generator that only the cluster has: its author may be a tenant, who would sign with them. Nor may such a generator have an external ID from
 * them, in its entry's `via` either: the role there may be in the tenant's account. Refuses them also where their name is not written in the
 * step's input: a variable, or an earlier step, may have it from the composite.
 */
function checkPart(part: SecretPart, credentials: Credentials, source: StepSource): Finding[] {
  const { generator, reads, isFromCluster } = part;
  const findings: Finding[] = [];
  if (hopsOf(part).some(({ request }) => 'tokenCode' in request)) {
    const text =
      'must be absent under Crossplane, with `serialNumber`: AWS accepts each code once, and a server cannot ask for another';
    findings.push(specFinding(generator, 'spec.requestParameters.tokenCode', text));
  }
  // what is no field of the spec is the entry's, whose schema takes no variable in a Secret's name
  const isOfAuthor = ({ field, object: { name } }: Reference) =>
    !isFromCluster && (!field.startsWith('spec.') || isNameOf(generator, name, source));
  const all = reads.filter(({ object: { kind, name } }) => kind === 'Secret' && Object.hasOwn(credentials, name));
  const reference = all.find((each) => !isOfAuthor(each));
  if (reference === undefined) return findings;
  const text = say`names credentials of the step, ${quoted(reference.object.name)}, which are for generators of its input that have the name as it is; name another Secret`;
  return [...findings, fieldFinding('NOT_GRANTED', { object: generator, field: reference.field }, text)];
}

/** A resource that an earlier step composes. */
interface DesiredResource {
  readonly key: string;
  /** `objectKey` of the object that Crossplane makes of it. */
  readonly keyOfObject: string;
  readonly resource: unknown;
}

/** Refuses jobs whose Secret, or key, an earlier step composes already. */
function checkDesired(jobs: readonly Job[], replacedKeys: readonly string[], call: TargetCall): Finding[] {
  const { request, composite } = call;
  const gone = new Set(replacedKeys);
  const resources = Object.entries(request.desired?.resources ?? {}).filter(([key]) => !gone.has(key));
  const passed = resources.map(
    ([key, { resource }]): DesiredResource => ({ key, keyOfObject: desiredObject(resource, composite), resource }),
  );
  const byKey = new Map(passed.map((other) => [other.key, other]));
  const byObject = new Map(passed.toReversed().map((other) => [other.keyOfObject, other])); // of several the first
  return jobs.flatMap((job) => {
    const matches = new Set([byKey.get(composedKey(job.target, composite)), byObject.get(keyOfSecret(job.target))]);
    return [...matches].flatMap((other) => (other === undefined ? [] : conflictWith(job, other, call)));
  });
}

/** Refuses a job whose Secret, or key, an earlier step has already: the last of the two would win. */
function conflictWith(
  job: Job,
  { key, keyOfObject, resource }: DesiredResource,
  { waitingStep, composite, observedSecrets }: TargetCall,
): Finding[] {
  const { requester, target } = job;
  const isSecret = keyOfObject === keyOfSecret(target);
  const isOurs = key === composedKey(target, composite) && isOurSecret(resource);
  // an earlier step that waits may have kept a Secret of another spec
  const kept = waitingStep === undefined ? undefined : observedSecrets.get(keyOfSecret(target));
  if (isOurs && isSameSecret(job, resource, kept)) return [];
  const text = isOurs
    ? 'an earlier step of this function already composes it for another generator, or from another spec. Rename one of the generators'
    : say`an earlier step already composes ${isSecret ? 'it' : 'a resource'} under the key ${named(key)}. Rename that resource or this generator`;
  const start = say`cannot write ${theObject(secretObject(target))} for ${theObject(requester)}`;
  return [finding('TARGET_CONFLICT', say`${start}: ${text}.`, { object: requester })];
}

/** True for a Secret that an earlier step of this function issued from the same spec, or kept as it was observed, where one waits. */
function isSameSecret({ specHash }: Job, other: unknown, observed: ObservedSecret | undefined): boolean {
  const hash = textAt(other, ['metadata', 'annotations', SPEC_HASH_ANNOTATION]);
  return hash === specHash() || (observed !== undefined && hash === observed.annotations[SPEC_HASH_ANNOTATION]);
}
