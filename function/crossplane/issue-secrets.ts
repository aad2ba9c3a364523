import pLimit from 'p-limit';
import { SessionCache } from '../chain/run-chain.ts';
import { CODES, type Severity } from '../findings/codes.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { say, theObject } from '../findings/say.ts';
import { carryOut } from '../issuer/issue.ts';
import { DATA_HASH_ANNOTATION } from '../model/annotations.ts';
import type { SecretManifest } from '../model/flow.ts';
import { keyOfSecret, objectKey } from '../model/kinds.ts';
import { textAt } from '../model/plain-data.ts';
import type { Draft } from '../planner/draft.ts';
import type { Decision, Plan } from '../planner/plan.ts';
import { isUsable } from '../secret/renewal.ts';
import { type AuditContext, auditSessions } from './audit.ts';
import { type Call, refOf } from './read-request.ts';
import type { DesiredManifest } from './read-step.ts';
import { AT_ONCE, FAILED_AT_ONCE, FAILED_REFILL_SECONDS, type FlightEnd, issuedKey } from './shared-state.ts';

/** What the requests of one call have in common. */
interface CallIssuing extends AuditContext {
  /** Aborts when the client no longer waits. */
  readonly signal: AbortSignal;
  readonly plan: Plan;
  /** All generators of a call share hops. */
  readonly sessionCache: SessionCache;
  /** Collects what came of the requests that the call has made itself: a call that waited for another's has no news. */
  readonly newSecrets: SecretManifest[];
  readonly newFindings: Finding[];
}

type News = Pick<CallIssuing, 'newSecrets' | 'newFindings'>;

/**
 * Issues the Secrets of `writable`, each generator for itself: one that fails leaves the others alone. Decisions that are not
 * to be carried out go along, and `carryOut` leaves them out. Each `carryOut` has one generator, whose jobs share a session, so at most
 * `concurrency` requests run at once. If it shared this limiter, it would wait for itself.
 */
export async function issueSecrets(
  writable: readonly Decision[],
  context: Omit<CallIssuing, 'sessionCache' | keyof News>,
): Promise<FlightEnd & News> {
  const groups = [...Map.groupBy(writable, ({ job }) => objectKey(job.requester))].filter(([, decisions]) =>
    decisions.some(({ mustWrite }) => mustWrite),
  );
  const news: News = { newSecrets: [], newFindings: [] };
  const issuing = { ...context, ...news, sessionCache: new SessionCache() };
  const limit = pLimit(context.plan.draft.settings.concurrency);
  const outcomes = await limit.map(groups, ([generator, decisions]) => issueFor(generator, decisions, issuing));
  const waits = outcomes.flatMap(({ waitMilliseconds }) => waitMilliseconds ?? []);
  return {
    ...news,
    secrets: outcomes.flatMap(({ secrets }) => secrets),
    findings: outcomes.flatMap(({ findings }) => findings),
    ...(waits.length === 0 ? {} : { waitMilliseconds: Math.min(...waits) }),
  };
}

/** Issues the Secrets of one generator, once for all calls that want the same. A failure is repeated for a while without a request. */
async function issueFor(generator: string, decisions: readonly Decision[], issuing: CallIssuing): Promise<FlightEnd> {
  const { call, signal, plan } = issuing;
  const { composite, service } = call;
  const { world, issuedSecrets, singleFlight, pauses } = service;
  const { mints } = plan.draft.purpose;
  const issuedKeys = new Map(decisions.map(({ job }) => [keyOfSecret(job.target), issuedKey(composite.uid, job)]));
  const flightKey = [...issuedKeys.values()].join();
  const usable = decisions.map(({ job, existing }) => existing !== null && isUsable(job, existing, plan.now));
  const pauseKey = JSON.stringify([flightKey, usable]); // a failure is an error only where no usable Secret is kept
  const failure = pauses.get(pauseKey, world.now());
  if (failure !== undefined) return failure;
  const group = { generator, decisions, areUsable: usable.every(Boolean) };
  // another call may have issued them while this one, which was planned before, waited for its turn: not what this one is to renew
  const issuedMeanwhile = (): FlightEnd | undefined => {
    const toWrite = decisions.filter(({ mustWrite }) => mustWrite);
    const secrets = toWrite.flatMap(({ job, existing }) => {
      const issued = issuedSecrets.get(issuedKeys.get(keyOfSecret(job.target)) ?? '', world.now());
      return issued && hashOf(issued.metadata) !== hashOf(existing) ? [issued] : [];
    });
    return mints && secrets.length === toWrite.length ? { secrets, findings: [] } : undefined;
  };
  const outcome = await singleFlight.join(
    { key: flightKey, signal },
    async (abandoned) => issuedMeanwhile() ?? issueWithinLimits(group, abandoned, issuing),
  );
  if (isFailedRequest(outcome) && !signal.aborted) pauses.put(pauseKey, outcome, composite, world.now());
  // placeholders are not kept: each call makes the same
  for (const secret of mints ? outcome.secrets : []) {
    const key = issuedKeys.get(keyOfSecret(secret.metadata));
    if (key !== undefined) issuedSecrets.put(key, secret, composite, world.now());
  }
  return outcome;
}

/**
 * Issues, unless the composite has reached a limit. The limits are asked here and not by the plan: nothing may be awaited between that
 * and the request, so that calls at the same time see what the others took, and a call that joins another's request takes nothing.
 * `abandoned` aborts when nobody waits any more; the deadline is that of the call that came first.
 */
async function issueWithinLimits(
  { generator, decisions, areUsable }: { generator: string; decisions: readonly Decision[]; areUsable: boolean },
  abandoned: AbortSignal,
  issuing: CallIssuing,
): Promise<FlightEnd> {
  const { call, plan, bucketOf, sessionCache } = issuing;
  const { deadline, composite, service } = call;
  const { world, clock, turns, sessionLimit, failureLimit } = service;
  const until = AbortSignal.any([abandoned, deadline.signal()]);
  const takeTurn = turns.of(composite, () => until, { hasSessions: true }); // who joined may still wait when the first call has gone
  const bare = { plan, findings: [] }; // the step's findings are in the response already
  const sharedSessions = service.sharedSessions.of(composite);
  const context = { world, deadline, signal: until, sessionCache, sharedSessions, takeTurn, decisions };
  if (!plan.draft.purpose.mints) return carryOut(bare, context); // a placeholder: no session is counted
  const bucket = bucketOf(generator);
  const severity = areUsable ? 'warning' : 'error';
  const takenAt = clock.now();
  const failureWait = failureLimit.take(bucket, takenAt); // given back unless the request fails
  if (failureWait > 0) return limited(decisions, severity, failureWait, REASON_REFUSED);
  const sessionWait = sessionLimit.take(bucket, takenAt);
  if (sessionWait > 0) {
    failureLimit.giveBack(bucket, takenAt, takenAt);
    return limited(decisions, severity, sessionWait, REASON_HAD);
  }
  const outcome = await carryOut(bare, { ...context, announce: (issued) => auditSessions(issued, issuing) });
  issuing.newSecrets.push(...outcome.secrets);
  issuing.newFindings.push(...outcome.findings);
  const endedAt = clock.now();
  if (outcome.sessions === 0) sessionLimit.giveBack(bucket, takenAt, endedAt);
  if (outcome.sessions > 0 || !isFailedRequest(outcome)) failureLimit.giveBack(bucket, takenAt, endedAt);
  return outcome;
}

/** Of the data of a Secret, which no two sessions share. */
function hashOf(secret: { readonly annotations: Readonly<Record<string, string>> } | null): string | undefined {
  return secret?.annotations[DATA_HASH_ANNOTATION];
}

/** True when a request failed, or a renewal could not begin. */
function isFailedRequest({ findings }: FlightEnd): boolean {
  return findings.some(({ code }) => CODES[code].isPaused);
}

const REASON_HAD = `has had ${AT_ONCE} in a short time, and now gets one a minute`;
const REASON_REFUSED = `was refused ${FAILED_AT_ONCE} times in a short time, and now asks once in ${FAILED_REFILL_SECONDS} seconds`;

/** The finding for a generator that has reached a limit: a warning while its Secrets are usable. */
function limited([first]: readonly Decision[], severity: Severity, waitMilliseconds: number, why: string): FlightEnd {
  if (first === undefined) return { secrets: [], findings: [] };
  const { requester } = first.job;
  const cure = 'Find what changes the composite or its Secret so often; the composite is retried automatically';
  const message = say`${theObject(requester)} gets no session yet: this composite ${why}. ${cure}.`;
  const remark = finding('RATE_LIMITED', message, { object: requester });
  return { secrets: [], findings: [{ ...remark, severity }], waitMilliseconds };
}

/**
 * Names the buckets of a composite. Neither the composite's author nor a tenant whose generator is named can choose a part of a bucket's
 * name, or each session could have a bucket of its own. Steps whose Inputs have names have buckets of their own. An object of the Input is
 * named as the Composition's author wrote it, with its variables. Names of desired resources may come from the composite, so these have a
 * number: their order among all that are ours by what they say alone, whether a tenant broke one or not. Anything else shares the
 * composite's own bucket. A composite that is deleted and created again keeps its buckets
 * (docs/decisions/029-three-sessions-then-one-a-minute.md).
 */
export function bucketsOf(
  writtenKeyByKey: Draft['writtenKeyByKey'],
  handled: readonly DesiredManifest[],
  { composite, request: { input } }: Call,
): AuditContext['bucketOf'] {
  // Crossplane sends them in any order
  const inOrder = handled.toSorted((first, second) => (first.resourceKey < second.resourceKey ? -1 : 1));
  const numbers = new Map(inOrder.map(({ manifest }, index) => [objectKey(refOf(manifest)), index]));
  const owner = [objectKey(composite), textAt(input, ['metadata', 'name'])];
  return (key) => JSON.stringify([...owner, numbers.get(key) ?? writtenKeyByKey.get(key) ?? '']);
}
