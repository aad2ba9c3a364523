import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { SPEC_HASH_ANNOTATION } from '../../api/annotations.ts';
import { configFinding, type Finding, fieldFinding, finding, specFinding } from '../../api/finding.ts';
import type { Job, SecretPart } from '../../api/job.ts';
import { describeObject, objectKey, secretKey, secretObject } from '../../api/kinds.ts';
import { OBJECT_NAME_MAX } from '../../api/names.ts';
import { quote } from '../../api/quote.ts';
import { textAt } from '../../api/value-at.ts';
import { sourcesOf } from '../../planner/needs-of.ts';
import type { Call } from './call.ts';
import { composedKey, isOurSecret } from './response.ts';
import { type Composite, type Observed, refOf } from './shown-objects.ts';

/**
 * Secrets that Kubernetes or the engine would not take: a name that is too long, another namespace than the composite's, a key
 * that is somebody else's; templates of what came to sign with; and what can be asked once only. A fault of one kind stands behind
 * those of the kind before.
 */
export function checkTargets(jobs: readonly Job[], consumed: readonly string[], call: Call): Finding[] {
  const { request, composite } = call;
  const { namespace } = composite;
  const parts = new Map(jobs.flatMap((job) => job.parts.map((part) => [objectKey(part.generator), part] as const)));
  const gone = new Set(consumed);
  const passed = othersOf(request, composite).filter(({ key }) => !gone.has(key));
  const byKey = new Map(passed.map((other) => [other.key, other]));
  const byObject = new Map(passed.toReversed().map((other) => [other.object, other])); // the first of several
  return [
    ...jobs.flatMap((job) => [
      ...checkName(job),
      ...checkForm(job),
      ...(namespace === undefined ? [] : checkNamespace(job, namespace)),
    ]),
    ...jobs.flatMap((job) => checkTemplate(job, request)),
    ...[...parts.values()].flatMap((part) => [...checkCode(part), ...checkSigners(part, request)]),
    ...jobs.flatMap((job) => {
      const inPlace = [byKey.get(composedKey(job.target, composite)), byObject.get(secretKey(job.target))];
      return [...new Set(inPlace)].flatMap((other) => (other === undefined ? [] : checkPlace(job, other, call)));
    }),
  ];
}

/**
 * A template that is looked for in the step's credentials: they came to sign with, and a template would write them into a Secret
 * of the composite as they are.
 */
function checkTemplate({ generator, form }: Job, { credentials }: RunFunctionRequest): Finding[] {
  return (form.template?.parts ?? []).flatMap((part) => {
    if (!('from' in part) || part.from.kind !== 'Secret' || !Object.hasOwn(credentials, part.from.name)) return [];
    const text = `names credentials of this step, ${quote(part.from.name)}, which are to sign with; name another Secret`;
    return [specFinding(generator, part.field, text)];
  });
}

/**
 * Credentials of the step are for the generators of the step: one that only the cluster has was written by somebody else, who would
 * sign with them, or have an external ID of theirs sent to a role of his. `via` may have his account or name in it too.
 */
function checkSigners({ generator, chain, isFromCluster }: SecretPart, { credentials }: RunFunctionRequest): Finding[] {
  if (!isFromCluster) return [];
  const found = sourcesOf(chain).find(
    ({ object: { kind, name } }) => kind === 'Secret' && Object.hasOwn(credentials, name),
  );
  if (found === undefined) return [];
  const text = `names credentials of the step, ${quote(found.object.name)}, which are for the step's own generators; name another Secret`;
  return [fieldFinding('NOT_GRANTED', { object: generator, field: found.field }, text)];
}

/** A code of an MFA device: the first session would be the last one. */
function checkCode({ generator, chain }: SecretPart): Finding[] {
  const hasCode = chain.hops.some((hop) => hop.operation === 'GetSessionToken' && hop.request.tokenCode !== undefined);
  const text =
    'must be absent here, and `serialNumber` too: AWS takes a code once, and nobody reads the next one to a server';
  return hasCode ? [specFinding(generator, 'spec.requestParameters.tokenCode', text)] : [];
}

/** What an earlier step composes. */
interface Other {
  readonly key: string;
  /** `objectKey` of where the engine puts it. */
  readonly object: string;
  readonly resource: unknown;
}

function othersOf({ desired }: RunFunctionRequest, composite: Composite): Other[] {
  return Object.entries(desired?.resources ?? {}).map(([key, { resource }]) => {
    const ref = refOf(resource);
    return { key, object: objectKey({ ...ref, namespace: composite.namespace ?? ref.namespace ?? '' }), resource };
  });
}

/** What another step composes in the place of a Secret: under its key, or the Secret itself. The one that comes last would win. */
function checkPlace(job: Job, { key, object, resource }: Other, { composite, observed }: Call): Finding[] {
  const { generator, target } = job;
  const isSecret = object === secretKey(target);
  const isKey = key === composedKey(target, composite);
  const isOurs = isKey && isOurSecret(resource);
  if (!(isKey || isSecret) || (isOurs && isAgreed(job, resource, observed.get(secretKey(target))))) return [];
  const text = isOurs
    ? 'an earlier step of this function composes it for another generator, or another spec. Rename one of the two'
    : `an earlier step already composes ${isSecret ? 'it' : 'a resource'} under the key ${quote(key)}. Rename that resource or this generator`;
  const start = `cannot write ${describeObject(secretObject(target))} for ${describeObject(generator)}`;
  return [finding('TARGET_CONFLICT', `${start}: ${text}.`, { object: generator })];
}

/** True for a Secret that an earlier step of this function makes of the same spec, or says again as it was observed. */
function isAgreed({ specHash }: Job, other: unknown, observed: Observed | undefined): boolean {
  const hash = textAt(other, ['metadata', 'annotations', SPEC_HASH_ANNOTATION]);
  return hash === specHash || hash === observed?.annotations[SPEC_HASH_ANNOTATION];
}

/** The composite's name is a part of it. */
function checkName({ generator, target }: Job): Finding[] {
  const { length } = target.name;
  if (length <= OBJECT_NAME_MAX) return [];
  const cause = `its name would have ${length} characters, and Kubernetes takes ${OBJECT_NAME_MAX}`;
  const message = `cannot name the Secret of ${describeObject(generator)}: ${cause}. Shorten the name of the composite or of the generator.`;
  return [finding('SPEC_INVALID', message, { object: generator, field: 'metadata.name' })];
}

/** What a composite cannot hold on to: the engine owns its Secrets whole, and applies each new session. */
function checkForm({ generator, form }: Job): Finding[] {
  const merge = 'must be "Owner", "Orphan" or "None" here: a composite does not add to Secrets of others';
  const immutable = 'must be false here: the API server would refuse the next session';
  return [
    ...(form.merge === undefined ? [] : [specFinding(generator, 'spec.target.creationPolicy', merge)]),
    ...(form.immutable === undefined ? [] : [specFinding(generator, 'spec.target.immutable', immutable)]),
  ];
}

/** A namespaced composite composes in its own namespace only: the engine would move the Secret there. */
function checkNamespace({ target, field = '' }: Job, namespace: string): Finding[] {
  if (target.namespace === namespace) return [];
  const text = `must be absent or the composite's, ${quote(namespace)}, got ${quote(target.namespace ?? '')}`;
  return [configFinding(`${field}.namespaces`, text)];
}
