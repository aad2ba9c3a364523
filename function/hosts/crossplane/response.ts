import {
  Ready,
  type Requirements,
  type Resource,
  type Result,
  type RunFunctionRequest,
  type RunFunctionResponse,
  Severity,
  Target,
} from '@crossplane-org/function-sdk-typescript';
import {
  EXPIRATION_ANNOTATION,
  GENERATOR_ANNOTATION,
  othersIn,
  SPEC_HASH_ANNOTATION,
} from '../../model/annotations.ts';
import type { SecretManifest } from '../../model/flow.ts';
import type { Job, SecretForm } from '../../model/job.ts';
import { type NamedRef, secretKey } from '../../model/kinds.ts';
import type { KnownObject } from '../../model/known.ts';
import type { ObjectNeed } from '../../model/need.ts';
import { valueAt } from '../../model/plain-data.ts';
import { isIntact, isUsable, isValid, keepSecret } from '../../planner/existing-secret.ts';
import type { Decision } from '../../planner/plan.ts';
import type { Call } from './call.ts';
import { passToLaterSteps, type Readiness, toCondition } from './condition.ts';
import { type Composite, type RequestObject, refOf, requirementName } from './request-objects.ts';

/** A Secret among the composed resources. */
export interface Composed {
  readonly secret: SecretManifest;
  /** True when the Secret is observed and usable. */
  readonly isReady: boolean;
}

/** The parts of a response that do not come from the request. */
export interface Answer {
  readonly composed: readonly Composed[];
  /** Keys of desired resources that Secrets replace. */
  readonly consumed: readonly string[];
  readonly required: readonly Pick<ObjectNeed, 'object'>[];
  readonly readiness?: Readiness;
  readonly results: readonly Result[];
  readonly ttlSeconds: number;
  /** True when Secrets are missing: without them in `desired`, Crossplane would set the composite Ready. */
  readonly isWaiting: boolean;
}

/** The response: the desired state of earlier steps, and the Secrets. */
export function toResponse({ request, composite }: Call, answer: Answer): RunFunctionResponse {
  const { composed, consumed, required, readiness, results, ttlSeconds, isWaiting } = answer;
  const gone = new Set(consumed);
  const passed = Object.entries(request.desired?.resources ?? {}).filter(([key]) => !gone.has(key));
  const secrets = composed.map((one) => [composedKey(one.secret.metadata, composite), toResource(one)] as const);
  return {
    meta: { tag: request.meta?.tag ?? '', ttl: { seconds: ttlSeconds, nanos: 0 } },
    desired: {
      composite: desiredComposite(request, composite, composed, isWaiting),
      resources: Object.fromEntries([...passed, ...secrets]),
    },
    results: [...results],
    context: passToLaterSteps(request.context, readiness),
    requirements: required.length === 0 ? undefined : toRequirements(required),
    conditions: readiness === undefined ? [] : [toCondition(readiness)],
  };
}

/**
 * The key of a composed Secret, made from its name. Crossplane keeps the first name that a key had: under a fixed key a renamed Secret
 * would be issued again in each reconcile.
 */
export function composedKey(target: NamedRef, { namespace }: Composite): string {
  return namespace === undefined ? `${target.namespace}/${target.name}` : target.name;
}

/** Annotations of our Secrets. One of them is enough, since others may have been removed. */
const MARKS = [GENERATOR_ANNOTATION, SPEC_HASH_ANNOTATION, EXPIRATION_ANNOTATION];

/** True for a Secret that this function issued, in this step or an earlier one. */
export function isOurSecret(resource: unknown): boolean {
  const isMarked = MARKS.some((name) => valueAt(resource, ['metadata', 'annotations', name]) !== undefined);
  return valueAt(resource, ['kind']) === 'Secret' && isMarked;
}

function toResource({ secret, isReady }: Composed): Resource {
  return { resource: { ...secret }, connectionDetails: {}, ready: isReady ? Ready.READY_TRUE : Ready.READY_FALSE };
}

function desiredComposite(
  { desired }: RunFunctionRequest,
  { isLegacy }: Composite,
  composed: readonly Composed[],
  isWaiting: boolean,
): Resource | undefined {
  const before = desired?.composite;
  const details = isLegacy ? connectionDetails(composed) : {};
  if (!isWaiting && Object.keys(details).length === 0) return before;
  return {
    resource: before?.resource,
    connectionDetails: { ...before?.connectionDetails, ...details },
    ready: isWaiting ? Ready.READY_FALSE : (before?.ready ?? Ready.READY_UNSPECIFIED),
  };
}

/** Connection details: the keys of all intact Secrets, prefixed with the Secret's name if there are several. */
function connectionDetails(composed: readonly Composed[]): Record<string, Buffer> {
  const entries = composed.flatMap(({ secret: { metadata, data } }) => {
    if (!isIntact({ annotations: metadata.annotations, data })) return [];
    const prefix = composed.length === 1 ? '' : `${metadata.name}.`;
    return Object.entries(data).map(([key, value]) => [`${prefix}${key}`, Buffer.from(value, 'base64')] as const);
  });
  return Object.fromEntries(entries);
}

function toRequirements(required: readonly Pick<ObjectNeed, 'object'>[]): Requirements {
  const resources = required.map(({ object }) => {
    const { apiVersion, kind, name, namespace } = object;
    const selector = { apiVersion, kind, matchName: name, ...(namespace === undefined ? {} : { namespace }) };
    return [requirementName(object), selector] as const;
  });
  return { extraResources: {}, resources: Object.fromEntries(resources), schemas: {} };
}

const SEVERITIES = {
  fatal: Severity.SEVERITY_FATAL,
  warning: Severity.SEVERITY_WARNING,
  normal: Severity.SEVERITY_NORMAL,
};

/** An event on the composite, and on its claim. */
export function toResult(severity: keyof typeof SEVERITIES, { reason, message }: Omit<Readiness, 'isGood'>): Result {
  return { severity: SEVERITIES[severity], message, reason, target: Target.TARGET_COMPOSITE_AND_CLAIM };
}

/** Each job's Secret: the newly issued one, or the existing one. */
export function compose(
  { observed, now }: Call,
  decisions: readonly Decision[],
  made: readonly SecretManifest[],
): Composed[] {
  const fresh = new Map(made.map((secret) => [secretKey(secret.metadata), secret]));
  return decisions.flatMap(({ job, existing }) => {
    const key = secretKey(job.target);
    const secret = fresh.get(key) ?? (existing === null ? undefined : keepSecret(keepType(job, existing), existing));
    if (secret === undefined || !isOurSecret(secret)) return [];
    const shown = observed.get(key);
    return [{ secret, isReady: shown !== undefined && isUsable(job, shown, now) }];
  });
}

/** A Secret that is kept keeps its type: Kubernetes cannot change it. */
function keepType({ target, form }: Job, { type }: KnownObject): Pick<Job, 'target' | 'form'> {
  return { target, form: type === undefined ? form : { ...form, type } };
}

/**
 * All observed Secrets of ours that are not `composed`, for a call that does not know all wanted Secrets yet: Crossplane deletes what a
 * response leaves out. A Secret that an earlier step of this function desires is skipped, since that one is newer.
 */
export function keepObserved({ request, composite, observed, now }: Call, composed: readonly Composed[]): Composed[] {
  const taken = new Set(composed.map(({ secret }) => secretKey(secret.metadata)));
  return [...observed].flatMap(([key, shown]) => {
    const { name, namespace } = refOf(shown.manifest);
    const target = { name, ...(namespace === undefined ? {} : { namespace }) };
    const isTaken = taken.has(key) || Object.hasOwn(request.desired?.resources ?? {}, composedKey(target, composite));
    if (isTaken || !isOurSecret(shown.manifest)) return [];
    const secret = keepSecret({ target, form: formOf(shown) }, shown);
    return [{ secret, isReady: isValid(shown, now) }];
  });
}

/** Labels, annotations and type of an observed Secret, without Crossplane's own: a response that left them out would remove them. */
function formOf({ labels, annotations, type }: RequestObject): SecretForm {
  const kept = othersIn(labels);
  return {
    ...(Object.keys(kept).length === 0 ? {} : { labels: kept }),
    annotations: othersIn(annotations),
    ...(type === undefined ? {} : { type }),
  };
}
