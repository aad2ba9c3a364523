import pMap from 'p-map';
import type { Code } from '../../findings/codes.ts';
import { finding } from '../../findings/finding.ts';
import { type Sayable, say, theObject } from '../../findings/say.ts';
import { issue, type SessionCache } from '../../issuer/issue.ts';
import type { Outcome, SecretManifest } from '../../model/flow.ts';
import type { Job } from '../../model/job.ts';
import { objectKey, secretKey } from '../../model/kinds.ts';
import type { Deadline } from '../../model/run-limits.ts';
import type { World } from '../../model/world.ts';
import { isUsable } from '../../planner/existing-secret.ts';
import type { Decision, Plan } from '../../planner/plan.ts';
import { DraftCache } from './draft-cache.ts';
import { ExpiringMap, ISSUED_MILLISECONDS, issuedKey, SingleFlight } from './issued-secrets.ts';
import { AT_ONCE, type BucketOf, MintingLimit, REFUSED_AT_ONCE, REFUSED_REFILL_SECONDS } from './minting-limit.ts';

/** What was issued, and its findings. */
interface Issued extends Pick<Outcome, 'secrets' | 'findings'> {
  /** Time until a session can be had, where the limit was reached. */
  readonly waitMilliseconds?: number;
}

/** The composite that sessions are counted for. */
interface MintingOwner {
  readonly compositeUid: string;
  readonly bucketOf: BucketOf;
}

/** How long a call may take. */
interface Timing {
  /** Aborts when the client no longer waits. */
  readonly signal: AbortSignal;
  readonly deadline: Deadline;
}

/** State that all calls of a process share. */
export interface SharedState {
  readonly world: World;
  /**
   * Secrets that were issued and are not in the observed state yet, by `issuedKey`. Crossplane calls a function several times in a
   * reconcile, and again after a conflict: none of these calls issues a second session.
   */
  readonly issuedSecrets: ExpiringMap<SecretManifest>;
  readonly singleFlight: SingleFlight<Issued>;
  /** Failures of the last seconds, repeated without a request: each change of a composite is a reconcile, and each has several calls. */
  readonly pauses: ExpiringMap<Issued>;
  readonly limit: MintingLimit;
  /** Limits failed requests: a composite whose author keeps changing it has no pause, and each change may issue sessions of `via`. */
  readonly refusals: MintingLimit;
  /** Milliseconds of a monotonic clock. */
  readonly elapsed: () => number;
  readonly drafts: DraftCache;
}

/** Shorter than the shortest time to live, so that a call after one is never answered from a pause. */
const PAUSE_MILLISECONDS = 5000;

/** Codes of failed requests, which would fail again if repeated at once. */
const PAUSED_CODES: ReadonlySet<Code> = new Set<Code>([
  'HOP_DENIED',
  'HOP_REFUSED',
  'CREDENTIALS_REFUSED',
  'OTHER_ACCOUNT',
  'STS_UNAVAILABLE',
  'STS_MALFORMED',
  'RENEWAL_FAILED',
  'DEADLINE_PASSED',
]);

/** The state of a process without calls yet. */
export function newSharedState(world: World): SharedState {
  return {
    world,
    issuedSecrets: new ExpiringMap(ISSUED_MILLISECONDS),
    singleFlight: new SingleFlight(),
    pauses: new ExpiringMap(PAUSE_MILLISECONDS),
    limit: new MintingLimit(),
    refusals: MintingLimit.ofRefusals(),
    elapsed: () => performance.now(),
    drafts: new DraftCache(),
  };
}

/**
 * Issues the Secrets of all jobs that are due, each generator for itself: one that fails leaves the others alone. The jobs of one
 * generator share its session, and all generators share hops.
 */
export async function issueSecrets(
  plan: Plan,
  wanted: readonly Decision[],
  { compositeUid, bucketOf }: MintingOwner,
  { signal, deadline }: Timing,
  { world, issuedSecrets, singleFlight, pauses, limit, refusals, elapsed }: SharedState,
): Promise<Issued> {
  const sessionCache: SessionCache = { walked: new Map(), clients: new Map(), accounts: new Map() };
  const { settings } = plan.draft;
  const groups = Map.groupBy(wanted, ({ job }) => objectKey(job.generator));
  const made = await pMap(
    [...groups],
    async ([generator, decisions]): Promise<Issued> => {
      const jobs = decisions.map(({ job }) => job);
      // previews report Secrets of other owners even where nothing is due
      if (settings.mode === 'mint' && !decisions.some(({ isDue }) => isDue)) return { secrets: [], findings: [] };
      const key = jobs.map((job) => issuedKey(compositeUid, job)).join();
      const isKept = decisions.map((one) => hasUsable(one, plan)); // in the key: without a usable Secret a failure is an error
      const paused = JSON.stringify([key, isKept]);
      const failed = pauses.get(paused, world.now());
      if (failed !== undefined) return failed;
      const result = await singleFlight.join(key, signal, async (abort): Promise<Issued> => {
        const make = () => {
          const until = AbortSignal.any([abort, deadline.signal()]);
          return issue(plan, { world, signal: () => until, findings: [], sessionCache, decisions });
        };
        if (settings.mode !== 'mint') return make();
        const bucket = bucketOf(generator);
        const takenAt = elapsed();
        // without awaiting before: calls at the same time see what the others took
        const refusedMilliseconds = refusals.take(bucket, takenAt);
        if (refusedMilliseconds > 0) return limited(jobs, isKept.every(Boolean), refusedMilliseconds, REASON_REFUSED);
        const waitMilliseconds = limit.take(bucket, takenAt);
        if (waitMilliseconds > 0) {
          refusals.giveBack(bucket, takenAt, takenAt);
          return limited(jobs, isKept.every(Boolean), waitMilliseconds, REASON_HAD);
        }
        const outcome = await make();
        if (outcome.sessions === 0) limit.giveBack(bucket, takenAt, elapsed());
        if (outcome.sessions > 0 || !isFailedRequest(outcome)) refusals.giveBack(bucket, takenAt, elapsed());
        return outcome;
      });
      if (isFailedRequest(result) && !signal.aborted) pauses.put(paused, result, world.now());
      const byTarget = new Map(jobs.map((job) => [secretKey(job.target), job]));
      // placeholders are not kept: each call makes the same
      for (const secret of settings.mode === 'mint' ? result.secrets : []) {
        const job = byTarget.get(secretKey(secret.metadata));
        if (job !== undefined) issuedSecrets.put(issuedKey(compositeUid, job), secret, world.now());
      }
      return result;
    },
    { concurrency: settings.concurrency },
  );
  const waits = made.flatMap(({ waitMilliseconds }) => waitMilliseconds ?? []);
  return {
    secrets: made.flatMap(({ secrets }) => secrets),
    findings: made.flatMap(({ findings }) => findings),
    ...(waits.length === 0 ? {} : { waitMilliseconds: Math.min(...waits) }),
  };
}

/** True when a request failed. */
function isFailedRequest({ findings }: Pick<Outcome, 'findings'>): boolean {
  return findings.some(({ code }) => PAUSED_CODES.has(code));
}

const REASON_HAD = `has had ${AT_ONCE} of it in a short time, and now gets one a minute`;
const REASON_REFUSED = `was refused ${REFUSED_AT_ONCE} times in a short time, and now asks once in ${REFUSED_REFILL_SECONDS} seconds`;

/** The finding for a generator that has reached a limit: a warning while its Secrets are usable. */
function limited([job]: readonly Job[], isKept: boolean, waitMilliseconds: number, why: Sayable): Issued {
  if (job === undefined) return { secrets: [], findings: [] };
  const { generator } = job;
  const cure = 'Look for what changes the composite or its Secret so often; it goes on by itself';
  const message = say`cannot get a session for ${theObject(generator)}: this composite ${why}. ${cure}.`;
  const one = finding('RATE_LIMITED', message, { object: generator });
  return { secrets: [], findings: [{ ...one, severity: isKept ? 'warning' : 'error' }], waitMilliseconds };
}

function hasUsable({ job, existing }: Decision, { now }: Plan): boolean {
  return existing !== null && isUsable(job, existing, now);
}
