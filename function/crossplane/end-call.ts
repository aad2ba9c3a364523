import {
  type Result,
  type RunFunctionResponse,
  Severity,
  Status,
  Target,
} from '@crossplane-org/function-sdk-typescript';
import { type Finding, hasErrors } from '../findings/finding.ts';
import { describeObject, type ObjectRef } from '../findings/say.ts';
import { EXPIRATION_ANNOTATION, PLACEHOLDER_ANNOTATION, RENEW_AFTER_ANNOTATION } from '../model/annotations.ts';
import { isInput, keyOfSecret, secretObject } from '../model/kinds.ts';
import type { SecretManifest } from '../model/outcome.ts';
import { defined, listAt, textAt, wholeSeconds } from '../model/plain-data.ts';
import { isUsable, timeIn } from '../secret/renewal.ts';
import { type ComposedSecret, type DesiredSecrets, desiredState, isOurSecret, keepObserved } from './compose.ts';
import { forTenant, isLimited, needsAuthor, objectForTenant, reasonOf } from './explain.ts';
import {
  type Call,
  CONDITION_TYPE,
  type Composite,
  refOf,
  requirementName,
  stepHash,
  WAITING_KEY,
} from './read-request.ts';

/** The response to a call, and what log and metrics tell of the call. */
export interface CallResult
  extends Pick<StepResult, 'findings' | 'secrets' | 'newSecrets' | 'newFailures' | 'lateness'> {
  readonly response: RunFunctionResponse;
  readonly composite: Composite;
  readonly facts: Call['facts'];
  /**
   * `good`: this step has no problem, whatever an earlier one waits for; `asking`: the response requires objects that Crossplane has to
   * send; `waiting`: there are problems; `fatal`: the step is refused.
   */
  readonly outcome: 'good' | 'asking' | 'waiting' | 'fatal';
  readonly ttlSeconds: number;
}

/** What a call has decided. */
interface StepResult extends DesiredSecrets {
  readonly findings: readonly Finding[];
  /** The Secrets with new sessions. */
  readonly newSecrets: readonly SecretManifest[];
  /** What kept this call's requests from giving a session; other calls may have waited for the same. */
  readonly newFailures: readonly Finding[];
  /** Each Secret that is wanted, and whether the call leaves it due or without a valid session. */
  readonly lateness: readonly { readonly target: string; readonly isLate: boolean }[];
  /** The objects that Crossplane has to send. */
  readonly requirements: readonly ObjectRef[];
  /** The findings that make the condition False: there are no credentials, or none are renewed. */
  readonly problems: readonly Finding[];
  /** The upper bound of the Input. */
  readonly maxTtlSeconds: number;
  /** Time until a limit on sessions or refusals allows one, where it was reached. */
  readonly waitMilliseconds?: number | undefined;
}

/** The result of a call that issues nothing. */
export const NO_RESULT = { secrets: [], newSecrets: [], newFailures: [], wantedCount: 0, requirements: [] };

/** How a response tells what was decided. */
interface Ending extends Pick<CallResult, 'outcome' | 'ttlSeconds'> {
  readonly readiness?: Readiness | undefined;
  /** Events on the composite, and on its claim. */
  readonly results: readonly Pick<Result, 'severity' | 'reason' | 'message'>[];
  /** Some Secrets are missing. */
  readonly lacksSecrets: boolean;
}

/** What a call reports about the credentials. */
interface Readiness {
  readonly isGood: boolean;
  /** PascalCase. */
  readonly reason: string;
  readonly message: string;
}

const AVAILABLE: Readiness = { isGood: true, reason: 'Available', message: '' };
const PLACEHOLDERS: Readiness = {
  isGood: false,
  reason: 'Placeholders',
  message:
    'Secrets have no credentials: STS_FUNCTION_MODE of the function is `placeholder`. For credentials, start it without.',
};
const IDLE: Readiness = {
  isGood: false,
  reason: 'GeneratorNone',
  message:
    'this step makes no Secret: it has no `generators`, and no step before it composes anything. Add `generators`, or move the step.',
};

/** True for a step without generators, in front of which nothing could have composed one. */
function isIdle({ request: { input, desired } }: Call): boolean {
  const isEmpty = listAt(input, ['generators']).length === 0 && Object.keys(desired?.resources ?? {}).length === 0;
  return isEmpty && (input === undefined || isInput(input));
}

/** What keeps credentials from being ready: the first of the problems, and how many more there are. */
function notReady(problems: readonly Finding[], composite: Composite): Readiness {
  const [first] = problems;
  return { isGood: false, reason: first ? reasonOf(first) : 'Internal', message: forTenant(problems, composite) };
}

/** The response that Crossplane applies: Secrets, condition, events, and the time to live. */
export function finish(call: Call, result: StepResult): CallResult {
  const { problems, maxTtlSeconds } = result;
  const events = result.newSecrets.map(toEvent);
  if (problems.length > 0) {
    const { readiness, isNew, bounds } = weighProblems(call, result);
    const results = isNew ? [{ ...readiness, severity: Severity.SEVERITY_WARNING }, ...events] : events;
    const ttlSeconds = Math.min(...bounds, maxTtlSeconds);
    const lacksSecrets = hasErrors(problems); // a warning is about a Secret that is there
    return respond(call, result, { outcome: 'waiting', readiness, results, ttlSeconds, lacksSecrets });
  }
  const secrets = result.secrets.map(({ secret }) => secret);
  const isPlaceholder = secrets.some(({ metadata }) => metadata.annotations[PLACEHOLDER_ANNOTATION] === 'true');
  const ownReadiness = isPlaceholder ? PLACEHOLDERS : AVAILABLE;
  const readiness = withEarlierSteps(call, secrets.length > 0 ? ownReadiness : isIdle(call) ? IDLE : undefined);
  const ttlSeconds = timeToLive(secrets, call.now, maxTtlSeconds);
  return respond(call, result, { outcome: 'good', readiness, results: events, ttlSeconds, lacksSecrets: false });
}

/** The response that requires objects. Crossplane calls again with them and does not apply this response. */
export function askCrossplane(
  call: Call,
  requirements: readonly ObjectRef[],
  replacedKeys: readonly string[],
): CallResult {
  const ending: Ending = { outcome: 'asking', results: [], ttlSeconds: ASKING_SECONDS, lacksSecrets: true };
  // the next call renews what is only due. What has ended is told now, since perhaps no call follows: Crossplane may not be able to read
  // what it is asked for
  const lateness = [...call.observedSecrets].flatMap(([target, secret]) =>
    isOurSecret(secret.manifest) && !isUsable(undefined, secret, call.now) ? [{ target, isLate: true }] : [],
  );
  return respond(call, { ...NO_RESULT, findings: [], lateness, requirements, replacedKeys }, ending);
}

/** A fatal response: Crossplane stops the pipeline, applies nothing and deletes nothing. */
export function refuse(call: Call, findings: readonly Finding[], replacedKeys: readonly string[]): CallResult {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const inOrder = [...errors.filter(needsAuthor), ...errors.filter((finding) => !needsAuthor(finding))];
  const readiness = notReady(inOrder, call.composite);
  const results = [{ ...readiness, severity: Severity.SEVERITY_FATAL }];
  const lateness = latenessOf(keepObserved(call, [], replacedKeys), call.now);
  const ending = { readiness, results, ttlSeconds: 60, lacksSecrets: true };
  return respond(call, { ...NO_RESULT, findings, lateness, replacedKeys }, { outcome: 'fatal', ...ending });
}

/** The lateness of Secrets without a decision, from their annotations: a refused call leaves them, too. */
export function latenessOf(secrets: readonly ComposedSecret[], now: Date): StepResult['lateness'] {
  return secrets.map(({ secret: { metadata } }) => {
    const renewal = timeIn(metadata, RENEW_AFTER_ANNOTATION);
    return { target: keyOfSecret(metadata), isLate: renewal === undefined || renewal <= now.getTime() };
  });
}

function respond(call: Call, result: Omit<StepResult, 'problems' | 'maxTtlSeconds'>, ending: Ending): CallResult {
  const { request, composite, waitingStep: earlierStep } = call;
  const { readiness, results, lacksSecrets } = ending;
  const ttlSeconds = Math.min(ending.ttlSeconds, call.service.maxTtlSeconds);
  const target = Target.TARGET_COMPOSITE_AND_CLAIM;
  const { isGood = true, reason = '', message = '' } = readiness ?? {};
  const status = isGood ? Status.STATUS_CONDITION_TRUE : Status.STATUS_CONDITION_FALSE;
  const selectors = result.requirements.map((object) => {
    const { apiVersion, kind, name: matchName, namespace } = object;
    return [requirementName(object), { apiVersion, kind, matchName, ...defined({ namespace }) }] as const;
  });
  const resources = Object.fromEntries(selectors);
  const handover = isGood
    ? earlierStep
    : defined({
        reason,
        message: earlierStep ? message : `${stepName(call)}: ${message}`,
        step: stepHash(request),
        before: earlierStep,
      });
  const { [WAITING_KEY]: sent, ...others } = request.context ?? {};
  const response: RunFunctionResponse = {
    meta: { tag: request.meta?.tag ?? '', ttl: { seconds: ttlSeconds, nanos: 0 } },
    desired: desiredState(call, result, lacksSecrets),
    results: results.map(({ severity, reason, message: text }) => ({ severity, reason, message: text, target })),
    // `readWaitingStep` gives the very object that came: then this step has nothing to change
    context: sent === handover ? request.context : { ...others, ...defined({ [WAITING_KEY]: handover }) },
    requirements: selectors.length === 0 ? undefined : { extraResources: {}, resources, schemas: {} },
    conditions: readiness === undefined ? [] : [{ type: CONDITION_TYPE, status, reason, message, target }],
  };
  return { ...result, ...ending, ttlSeconds, response, composite, facts: call.facts };
}

/**
 * The readiness together with that of earlier steps of this function that wait: a composite has one condition, and the last step writes it.
 * Where several wait, each has its name.
 */
function withEarlierSteps<T extends Readiness | undefined>(call: Call, readiness: T) {
  if (call.waitingStep === undefined) return readiness;
  const { reason, message: earlier } = call.waitingStep;
  const isGood = readiness === undefined || readiness.isGood;
  const message = isGood ? earlier : `${earlier} ${stepName(call)}: ${readiness.message}`;
  return { isGood: false, reason, message };
}

/** The name of a step for a tenant: that of its Input, else of its first generator. */
function stepName({ request: { input }, composite }: Call): string {
  if (input === undefined) return 'a step without input';
  const first = textAt(input, ['metadata', 'name']) === undefined ? listAt(input, ['generators'])[0] : undefined;
  return objectForTenant(refOf(first ?? input), composite);
}

/**
 * What keeps credentials from being ready, and the most seconds until Crossplane calls again: `bounds`. `isNew`: the composite does not
 * have this condition yet; a later step of this function may have added its own message to it.
 */
function weighProblems(call: Call, { problems, waitMilliseconds }: StepResult) {
  const { composite, now } = call;
  const readiness = withEarlierSteps(call, notReady(problems, composite));
  const { status, reason, message = '', lastTransitionTime = '' } = composite.condition;
  const isSame = status !== 'True' && reason === readiness.reason;
  const hasMessage = message.includes(readiness.message);
  const since = status === 'True' ? undefined : new Date(lastTransitionTime);
  return {
    readiness,
    isNew: !isSame || !hasMessage,
    bounds: [
      ...(problems.every(isLimited) ? [] : [waitingTime(since, now)]),
      ...(waitMilliseconds === undefined ? [] : [Math.max(MIN_SECONDS, Math.ceil(waitMilliseconds / 1000))]),
    ],
  };
}

function toEvent({ metadata }: SecretManifest): Ending['results'][number] {
  const until = timeIn(metadata, EXPIRATION_ANNOTATION);
  const time = until === undefined ? '' : ` until ${wholeSeconds(new Date(until))}`;
  const message = `${describeObject(secretObject(metadata))} has a new session${time}.`;
  return { severity: Severity.SEVERITY_NORMAL, reason: 'SessionIssued', message };
}

/** Not 0, after which Crossplane would not call again; calls as frequent as this are cheap. */
const MIN_SECONDS = 5;
const MAX_SECONDS = 300;
/**
 * Crossplane may serve a response from its cache once more, and its timer has jitter: two such calls and a part fit before the latest
 * renewal.
 */
const SAFETY = 2.2;
/** The time to live of a response that asks for objects: Crossplane calls again with them at once, and does not apply it. */
const ASKING_SECONDS = 15;
/** While waiting: soon at first, since the same pipeline may be about to make the missing object. */
const FIRST_CALL_AGAIN_SECONDS = 15;
const LATER_CALL_AGAIN_SECONDS = 30;
const SOON_MILLISECONDS = 120_000;

/** Seconds until Crossplane has to call again, so that each session is renewed well before it ends. */
export function timeToLive(secrets: readonly SecretManifest[], now: Date, maxTtlSeconds: number): number {
  let seconds = MAX_SECONDS;
  for (const { metadata } of secrets) {
    const expiration = timeIn(metadata, EXPIRATION_ANNOTATION);
    const renewAfter = timeIn(metadata, RENEW_AFTER_ANNOTATION);
    if (expiration === undefined || renewAfter === undefined) continue;
    const latestRenewal = (expiration + renewAfter) / 2; // the second half is left for failures
    seconds = Math.min(seconds, (latestRenewal - now.getTime()) / 1000 / SAFETY);
    const untilDue = (renewAfter - now.getTime()) / 1000;
    if (untilDue > 0) seconds = Math.min(seconds, untilDue + 1); // just behind it: by their jitter composites are due apart, and so are called apart
  }
  return Math.min(Math.floor(Math.max(MIN_SECONDS, seconds)), maxTtlSeconds);
}

/**
 * Seconds until Crossplane calls again while anything keeps credentials from being ready: a missing object, AccessDenied, STS unreachable;
 * `since`: when the waiting began, where that is known.
 */
export function waitingTime(since: Date | undefined, now: Date): number {
  const isLong = since !== undefined && now.getTime() - since.getTime() >= SOON_MILLISECONDS;
  return isLong ? LATER_CALL_AGAIN_SECONDS : FIRST_CALL_AGAIN_SECONDS;
}
