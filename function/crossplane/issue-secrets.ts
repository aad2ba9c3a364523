import pLimit from 'p-limit';
import { SessionCache } from '../chain/run-chain.ts';
import { CODES, type Severity } from '../findings/codes.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { type ObjectRef, say, theObject } from '../findings/say.ts';
import { carryOut } from '../issuer/issue.ts';
import { DATA_HASH_ANNOTATION } from '../model/annotations.ts';
import { identify, keyOfSecret, objectKey } from '../model/kinds.ts';
import type { SecretManifest } from '../model/outcome.ts';
import { once } from '../model/plain-data.ts';
import type { Draft } from '../planner/draft.ts';
import type { Decision, Plan } from '../planner/plan.ts';
import { isUsable } from '../secret/renewal.ts';
import { auditSessions, type CallContext } from './audit.ts';
import { type Call, refOf } from './read-request.ts';
import type { DesiredManifest } from './read-step.ts';
import { AT_ONCE, FAILED_AT_ONCE, FAILED_REFILL_SECONDS, type FlightEnd, issuedKey } from './shared-state.ts';

/** What is the same for all requests to AWS of one call. */
interface IssueContext extends CallContext {
  readonly plan: Plan;
  /** All requesters of a call share hops. */
  readonly sessionCache: SessionCache;
}

/** The results of all flights of a call. `newSecrets`, `newFindings`: those that no other call has reported. */
interface FlightEnds extends FlightEnd {
  readonly newSecrets: readonly SecretManifest[];
  readonly newFindings: readonly Finding[];
}

/**
 * Flight ends that no call has reported yet. All who wait get the same object; the first of them whose client is still connected takes it
 * out of here, and reports it.
 */
const NEWS = new WeakSet<FlightEnd>();

const NOTHING_ISSUED: FlightEnds = { secrets: [], findings: [], newSecrets: [], newFindings: [] };

/**
 * Issues the Secrets of `writable`, each requester by itself: one that fails leaves the others alone. The limiter here counts requesters,
 * whose Secrets share a session. `carryOut` makes its own, since one that waits inside a limiter for the same limiter never ends.
 */
export async function issueSecrets(
  writable: readonly Decision[],
  context: Omit<IssueContext, 'sessionCache'>,
): Promise<FlightEnds> {
  if (!writable.some(({ mustWrite }) => mustWrite)) return NOTHING_ISSUED; // as nearly always
  const all = Map.groupBy(writable, ({ job }) => objectKey(job.requester)).values();
  const groups = [...all].filter((decisions) => decisions.some(({ mustWrite }) => mustWrite));
  const issuing = { ...context, sessionCache: new SessionCache() };
  const limit = pLimit(context.plan.draft.settings.concurrency);
  const ends = await limit.map(groups, (decisions) => issueFor(decisions, issuing));
  const waits = ends.flatMap(({ waitMilliseconds }) => waitMilliseconds ?? []);
  const news = context.call.signal.aborted ? [] : ends.filter((end) => NEWS.delete(end));
  return {
    secrets: ends.flatMap(({ secrets }) => secrets),
    findings: ends.flatMap(({ findings }) => findings),
    newSecrets: news.flatMap(({ secrets }) => secrets),
    newFindings: news.flatMap(({ findings }) => findings),
    ...(waits.length === 0 ? {} : { waitMilliseconds: Math.min(...waits) }),
  };
}

/**
 * Issues the Secrets of one requester, once for all calls that want the same. `decisions` has its kept Secrets too, which `carryOut` does not
 * write: `flightKey` and the severity are of all its Secrets. A failure is repeated for a while without a request.
 */
async function issueFor(decisions: readonly Decision[], issuing: IssueContext): Promise<FlightEnd> {
  const { call, plan } = issuing;
  const { composite, service, signal } = call;
  const { world, issuedSecrets, secretFlights, recentFailures } = service;
  const { mints } = plan.draft.purpose;
  const issuedKeys = new Map(decisions.map(({ job }) => [keyOfSecret(job.target), issuedKey(composite.uid, job)]));
  const flightKey = [...issuedKeys.values()].join();
  const usable = decisions.map(({ job, existing }) => existing !== null && isUsable(job, existing, plan.now));
  const failureKey = JSON.stringify([flightKey, usable]); // a kept failure has a severity, which depends on `usable`
  const failure = recentFailures.get(failureKey, world.now());
  if (failure !== undefined) return failure;
  const severity = usable.every(Boolean) ? 'warning' : 'error';
  // another call may have issued them while this one waited for its turn: then issuedSecrets has others than those that this one has judged
  const issuedMeanwhile = (): FlightEnd | undefined => {
    const toWrite = decisions.filter(({ mustWrite }) => mustWrite);
    const secrets = toWrite.flatMap(({ job, existing }) => {
      const issuedSecret = issuedSecrets.get(issuedKeys.get(keyOfSecret(job.target)) ?? '', world.now());
      return issuedSecret && hashOf(issuedSecret.metadata) !== hashOf(existing) ? [issuedSecret] : [];
    });
    return mints && secrets.length === toWrite.length ? { secrets, findings: [] } : undefined;
  };
  const outcome = await secretFlights.join(
    { key: flightKey, signal },
    async (abandoned) => issuedMeanwhile() ?? issueWithinLimits(decisions, severity, abandoned, issuing),
  );
  if (isFailedRequest(outcome) && !signal.aborted) recentFailures.put(failureKey, outcome, composite, world.now());
  // placeholders are not kept: each call makes the same
  for (const secret of mints ? outcome.secrets : []) {
    const key = issuedKeys.get(keyOfSecret(secret.metadata));
    if (key !== undefined) issuedSecrets.put(key, secret, composite, world.now());
  }
  return outcome;
}

/**
 * Issues, unless a limit of the requester's bucket is reached. The limits are asked here and not by the plan, in the tick in which a flight
 * begins, so that calls at the same time see what the others took, and a call that joins another's request takes nothing. `severity` is that
 * of a limit; `abandoned` aborts when nobody waits; the deadline is that of the call that came first.
 */
async function issueWithinLimits(
  decisions: readonly Decision[],
  severity: Severity,
  abandoned: AbortSignal,
  issuing: IssueContext,
): Promise<FlightEnd> {
  const { call, plan, bucketOf, sessionCache } = issuing;
  const { deadline, composite, service } = call;
  const { world, clock, turns, sessionLimit, failureLimit } = service;
  const endSignal = AbortSignal.any([abandoned, deadline.signal()]);
  // not `call.takeTurn`, which ends with its client: others may still wait for this flight
  const takeTurn = turns.of(composite, () => endSignal, { hasSessions: true });
  const planAlone = { plan, findings: [] }; // the step's findings are in the response already
  const sharedSessions = service.sharedSessions.of(composite);
  const context = { world, deadline, signal: endSignal, sessionCache, sharedSessions, takeTurn, decisions };
  const requester = decisions[0]?.job.requester; // the same of all
  if (!plan.draft.purpose.mints || requester === undefined) return carryOut(planAlone, context); // a placeholder: no session is counted
  const bucket = bucketOf(objectKey(requester));
  const takenAt = clock.now();
  // beforehand, so that calls at the same time see it: it is given back unless the request fails
  const failureWait = failureLimit.take(bucket, takenAt);
  if (failureWait > 0) return limited(requester, severity, failureWait, REASON_REFUSED);
  let hasFailed = false;
  try {
    const sessionWait = sessionLimit.take(bucket, takenAt);
    if (sessionWait > 0) return limited(requester, severity, sessionWait, REASON_HAD);
    const outcome = await carryOut(planAlone, { ...context, announce: (sessions) => auditSessions(sessions, issuing) });
    NEWS.add(outcome);
    if (outcome.sessionCount === 0) sessionLimit.giveBack(bucket, takenAt, clock.now());
    hasFailed = outcome.sessionCount === 0 && isFailedRequest(outcome);
    return outcome;
  } finally {
    if (!hasFailed) failureLimit.giveBack(bucket, takenAt, clock.now()); // also where a turn is missed
  }
}

/** Of the data of a Secret, which no two sessions share. */
function hashOf(secret: { readonly annotations: Readonly<Record<string, string>> } | null): string | undefined {
  return secret?.annotations[DATA_HASH_ANNOTATION];
}

/** True when a request failed, or a renewal could not begin. */
function isFailedRequest({ findings }: FlightEnd): boolean {
  return findings.some(({ code }) => CODES[code].pausesRequests);
}

const REASON_HAD = `its limit of ${AT_ONCE} in a short time was reached, and now it gets one a minute`;
const REASON_REFUSED = `its limit of ${FAILED_AT_ONCE} refusals in a short time was reached, and now it asks once in ${FAILED_REFILL_SECONDS} seconds`;

/** The finding for a requester that has reached a limit: a warning while its Secrets are usable. */
function limited(requester: ObjectRef, severity: Severity, waitMilliseconds: number, why: string): FlightEnd {
  const cure = 'Find what changes the composite or its Secret so often; the composite is retried automatically';
  const message = say`${theObject(requester)} gets no session yet: ${why}. ${cure}.`;
  const remark = finding('RATE_LIMITED', message, { object: requester });
  return { secrets: [], findings: [{ ...remark, severity }], waitMilliseconds };
}

/**
 * Names the buckets of a composite. Neither the composite's author nor a tenant whose generator is named can choose a part of a bucket's
 * name, or each session could have a bucket of its own. Steps whose Inputs have names have buckets of their own. An object of the Input is
 * named as the Composition's author wrote it, with its variables. Names of desired resources may come from the composite, so these have a
 * number: their place among `ownResources`, which no fault of a tenant changes. Anything else shares the composite's own bucket. A composite
 * that is deleted and created again keeps its buckets (docs/decisions/029-three-sessions-then-one-a-minute.md).
 */
export function bucketsOf(
  writtenKeys: Draft['writtenKeys'],
  ownResources: readonly DesiredManifest[],
  { composite, request: { input } }: Call,
): CallContext['bucketOf'] {
  const placesByKey = once(() => {
    // Crossplane sends them in any order
    const inOrder = ownResources.toSorted((first, second) => (first.resourceKey < second.resourceKey ? -1 : 1));
    return new Map(inOrder.map(({ manifest }, index) => [objectKey(refOf(manifest)), index]));
  });
  return (key) => {
    const place = placesByKey().get(key) ?? writtenKeys.get(key) ?? '';
    return JSON.stringify([objectKey(composite), identify(input).name, place]);
  };
}
