import type { RunFunctionResponse } from '@crossplane-org/function-sdk-typescript';
import { type Finding, hasErrors } from '../../findings/finding.ts';
import { describeObject } from '../../findings/say.ts';
import { wholeSeconds } from '../../model/duration.ts';
import type { SecretManifest } from '../../model/flow.ts';
import { secretObject } from '../../model/kinds.ts';
import { expiresAt, renewsAfter } from '../../planner/existing-secret.ts';
import type { Call } from './call.ts';
import { earlierWait, joinReadiness, type Readiness, readCondition, wasReported } from './condition.ts';
import { forOwner, isFatal, isLimited, reasonOf } from './explain.ts';
import type { Composite } from './request-objects.ts';
import { type Answer, type Composed, toResponse, toResult } from './response.ts';

/** How a call ended, for log and metrics. `asking`: the response requires objects that Crossplane has to send. */
export interface CallResult {
  readonly response: RunFunctionResponse;
  readonly composite: Composite;
  readonly outcome: 'good' | 'asking' | 'waiting' | 'fatal';
  readonly findings: readonly Finding[];
  readonly made: readonly SecretManifest[];
  readonly composed: readonly Composed[];
}

/** What a call has decided. */
interface Content extends Pick<CallResult, 'findings' | 'composed' | 'made'>, Pick<Answer, 'consumed' | 'required'> {
  /** The findings that keep credentials from being ready. */
  readonly errors: readonly Finding[];
  /** The upper bound of the Input. */
  readonly ttlSeconds: number;
  /** Time until the limit on sessions allows one, where it was reached. */
  readonly waitMilliseconds?: number | undefined;
}

/** The response that Crossplane applies: Secrets, condition, events, and the time to live. */
export function finish(call: Call, content: Content): CallResult {
  const { request, composite, service, now } = call;
  const { composed, made, errors, findings, consumed, required, ttlSeconds, waitMilliseconds } = content;
  const [first] = errors;
  const former = readCondition(composite.manifest);
  const readiness = joinReadiness(earlierWait(request.context), readinessOf(content, composite));
  const isNew = first !== undefined && readiness !== undefined && !wasReported(readiness, former);
  const bounds = [ttlSeconds, service.ttlSeconds];
  const secrets = composed.map(({ secret }) => secret);
  const waits = [
    ...(errors.every(isLimited) ? [] : [waitingTime(former?.since, now)]),
    ...(waitMilliseconds === undefined ? [] : [limitedTime(waitMilliseconds)]),
  ];
  const response = toResponse(call, {
    composed,
    consumed,
    required,
    results: [...(isNew ? [toResult('warning', readiness)] : []), ...made.map(announce)],
    ttlSeconds: first === undefined ? timeToLive(secrets, now, bounds) : Math.min(...waits, ...bounds),
    isWaiting: hasErrors(errors),
    ...(readiness === undefined ? {} : { readiness }),
  });
  return { response, composite, outcome: first === undefined ? 'good' : 'waiting', findings, made, composed };
}

function readinessOf({ errors, composed }: Content, composite: Composite): Readiness | undefined {
  const [first] = errors;
  if (first !== undefined) return { isGood: false, reason: reasonOf(first), message: forOwner(errors, composite) };
  return composed.length === 0 ? undefined : { isGood: true, reason: 'Available', message: '' };
}

function announce(secret: SecretManifest) {
  const until = expiresAt(secret.metadata);
  const end = until === undefined ? '' : ` until ${wholeSeconds(new Date(until))}`;
  const message = `${describeObject(secretObject(secret.metadata))} has a new session${end}.`;
  return toResult('normal', { reason: 'SessionIssued', message });
}

const NO_SECRETS = { made: [], composed: [] };

/** The response that requires objects. Crossplane calls again with them and does not apply this response. */
export function askCrossplane(call: Call, required: Answer['required'], consumed: Answer['consumed']): CallResult {
  const response = toResponse(call, {
    ...NO_SECRETS,
    consumed,
    required,
    results: [],
    ttlSeconds: WAIT_SECONDS,
    isWaiting: true,
  });
  return { response, composite: call.composite, outcome: 'asking', findings: [], ...NO_SECRETS };
}

/** A fatal response: Crossplane stops the pipeline, applies nothing and deletes nothing. */
export function refuse(call: Call, findings: readonly Finding[], consumed: Answer['consumed']): CallResult {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const fatal = [...errors.filter(isFatal), ...errors.filter((one) => !isFatal(one))];
  const [first] = fatal;
  const readiness = {
    isGood: false,
    reason: first ? reasonOf(first) : 'Internal',
    message: forOwner(fatal, call.composite),
  };
  const results = [toResult('fatal', readiness)];
  const answer = { ...NO_SECRETS, consumed, required: [], results, ttlSeconds: 60, isWaiting: true, readiness };
  return { response: toResponse(call, answer), composite: call.composite, outcome: 'fatal', findings, ...NO_SECRETS };
}

/** Not 0, after which Crossplane would not call again; calls as frequent as this are cheap. */
const MIN_SECONDS = 5;
const MAX_SECONDS = 300;
/** Crossplane may serve a response from its cache once more, and its timer has jitter. */
const SAFETY = 2.2;
/** While waiting: soon at first, since the same pipeline may be about to make the missing object. */
const WAIT_SECONDS = 15;
const LONG_WAIT_SECONDS = 30;
const SOON_MILLISECONDS = 120_000;

/** Seconds until Crossplane has to call again, so that each session is renewed well before it ends. */
export function timeToLive(secrets: readonly SecretManifest[], now: Date, bounds: readonly number[]): number {
  const wanted = secrets.map(({ metadata }) => {
    const [expiration, renewal] = [expiresAt(metadata), renewsAfter(metadata)];
    if (expiration === undefined || renewal === undefined) return MAX_SECONDS;
    return ((expiration + renewal) / 2 - now.getTime()) / 1000 / SAFETY;
  });
  const seconds = Math.max(MIN_SECONDS, Math.min(MAX_SECONDS, ...wanted));
  return Math.min(Math.floor(seconds), ...bounds);
}

/** Seconds until a missing object is looked for again; `since`: when the waiting began. */
export function waitingTime(since: Date | undefined, now: Date): number {
  const isNew = since === undefined || now.getTime() - since.getTime() < SOON_MILLISECONDS;
  return isNew ? WAIT_SECONDS : LONG_WAIT_SECONDS;
}

/** Seconds until the limit on sessions allows one. */
function limitedTime(milliseconds: number): number {
  return Math.max(MIN_SECONDS, Math.ceil(milliseconds / 1000));
}
