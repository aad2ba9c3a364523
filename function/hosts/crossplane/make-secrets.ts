import pMap from 'p-map';
import type { Code } from '../../api/codes.ts';
import type { Deadline } from '../../api/deadline.ts';
import { finding } from '../../api/finding.ts';
import type { Outcome, SecretManifest } from '../../api/flow.ts';
import type { Job } from '../../api/job.ts';
import { describeObject, objectKey, secretKey } from '../../api/kinds.ts';
import type { World } from '../../api/world.ts';
import { issue, newSessionCache } from '../../issuer/issue.ts';
import { isUsable } from '../../planner/existing-secret.ts';
import { type Decision, isDue, type Plan } from '../../planner/plan.ts';
import { DraftedSteps } from './drafted-steps.ts';
import { AT_ONCE, type BucketOf, MintingLimit, REFUSED_AT_ONCE, REFUSED_REFILL_SECONDS } from './minting-limit.ts';
import { ExpiringMap, Flights, REMEMBERED_MILLISECONDS, rememberedKey } from './session-memory.ts';

/** What became of one generator: the Secrets that were made, and what is to be said. */
interface Made extends Pick<Outcome, 'secrets' | 'findings'> {
  /** Where the limit was met: the time until a session can be had. */
  readonly waitMilliseconds?: number;
}

/** Whose Secrets a call makes. */
interface Whose {
  readonly compositeUid: string;
  readonly bucketOf: BucketOf;
}

/** How long a call may take. */
interface Timing {
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal;
  readonly deadline: Deadline;
}

/** What all calls of a process share. */
export interface Shared {
  readonly world: World;
  /**
   * Secrets that were made and not yet seen in the observed state, by `rememberedKey`. The engine calls a function several times
   * in a reconcile, and again when applying met a conflict: none of that makes a second session.
   */
  readonly memory: ExpiringMap<SecretManifest>;
  readonly flights: Flights<Made>;
  /**
   * What failed a moment ago fails again without a request: a reconcile has several calls, each change of a composite is a
   * reconcile, and a role that refuses must not be asked at that rate.
   */
  readonly pauses: ExpiringMap<Made>;
  readonly limit: MintingLimit;
  /** Requests that came to nothing: what a composite's author changes in turns has no pause, and each may have a session of `via`. */
  readonly refusals: MintingLimit;
  /** Milliseconds since any moment, by a clock that nobody sets. */
  readonly elapsed: () => number;
  readonly steps: DraftedSteps;
}

/** Shorter than the shortest wait, so that no call that the engine makes for a time to live is in vain. */
const PAUSE_MILLISECONDS = 5000;

/** Somebody was asked, and will say the same when he is asked again at once. */
const ANSWERS: ReadonlySet<Code> = new Set<Code>([
  'HOP_DENIED',
  'HOP_REFUSED',
  'CREDENTIALS_REFUSED',
  'OTHER_ACCOUNT',
  'STS_UNAVAILABLE',
  'STS_MALFORMED',
  'RENEWAL_FAILED',
  'DEADLINE_PASSED',
]);

/** What a process begins with. */
export function newShared(world: World): Shared {
  return {
    world,
    memory: new ExpiringMap(REMEMBERED_MILLISECONDS),
    flights: new Flights(),
    pauses: new ExpiringMap(PAUSE_MILLISECONDS),
    limit: new MintingLimit(),
    refusals: MintingLimit.ofRefusals(),
    elapsed: () => performance.now(),
    steps: new DraftedSteps(),
  };
}

/**
 * Makes the Secrets of all jobs that are due. A generator that fails leaves the others alone, for they are apart in the
 * composite's eyes; the jobs of one generator share its session, and the hops of all are walked once.
 */
export async function makeSecrets(
  plan: Plan,
  wanted: readonly Decision[],
  { compositeUid, bucketOf }: Whose,
  { signal, deadline }: Timing,
  { world, memory, flights, pauses, limit, refusals, elapsed }: Shared,
): Promise<Made> {
  const sessionCache = newSessionCache();
  const { settings } = plan.draft;
  const groups = Map.groupBy(wanted, ({ job }) => objectKey(job.generator));
  const made = await pMap(
    [...groups],
    async ([generator, decisions]): Promise<Made> => {
      const jobs = decisions.map(({ job }) => job);
      // a preview says of Secrets that stay, too, when they are not ours
      if (settings.mode === 'mint' && !decisions.some((one) => isDue(one, plan.draft)))
        return { secrets: [], findings: [] };
      const key = jobs.map((job) => rememberedKey(compositeUid, job)).join();
      const isKept = decisions.map((one) => hasUsable(one, plan)); // a renewal that fails is no news, a Secret that is away is
      const paused = JSON.stringify([key, isKept]);
      const failed = pauses.get(paused, world.now());
      if (failed !== undefined) return failed;
      const result = await flights.join(key, signal, async (abort): Promise<Made> => {
        const make = () => {
          const until = AbortSignal.any([abort, deadline.signal()]);
          return issue(plan, { world, signal: () => until, findings: [], sessionCache, decisions });
        };
        if (settings.mode !== 'mint') return make();
        const bucket = bucketOf(generator);
        const takenAt = elapsed();
        // at once: of calls at the same time each sees what the others took
        const refusedMilliseconds = refusals.take(bucket, takenAt);
        if (refusedMilliseconds > 0) return limited(jobs, isKept.every(Boolean), refusedMilliseconds, REFUSED);
        const waitMilliseconds = limit.take(bucket, takenAt);
        if (waitMilliseconds > 0) {
          refusals.giveBack(bucket, takenAt, takenAt);
          return limited(jobs, isKept.every(Boolean), waitMilliseconds, HAD);
        }
        const outcome = await make();
        if (outcome.sessions === 0) limit.giveBack(bucket, takenAt, elapsed());
        if (outcome.sessions > 0 || !isAnswer(outcome)) refusals.giveBack(bucket, takenAt, elapsed());
        return outcome;
      });
      if (isAnswer(result) && !signal.aborted) pauses.put(paused, result, world.now());
      const byTarget = new Map(jobs.map((job) => [secretKey(job.target), job]));
      // a placeholder is the same whenever it is made
      for (const secret of settings.mode === 'mint' ? result.secrets : []) {
        const job = byTarget.get(secretKey(secret.metadata));
        if (job !== undefined) memory.put(rememberedKey(compositeUid, job), secret, world.now());
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

/** True where somebody was asked, and it came to nothing. */
function isAnswer({ findings }: Pick<Outcome, 'findings'>): boolean {
  return findings.some(({ code }) => ANSWERS.has(code));
}

const HAD = `has had ${AT_ONCE} of it in a short time, and now gets one a minute`;
const REFUSED = `was refused ${REFUSED_AT_ONCE} times in a short time, and now asks once in ${REFUSED_REFILL_SECONDS} seconds`;

/** A generator that has had its sessions, or its refusals: while its Secrets are good nobody lacks anything. */
function limited([job]: readonly Job[], isKept: boolean, waitMilliseconds: number, why: string): Made {
  if (job === undefined) return { secrets: [], findings: [] };
  const { generator } = job;
  const cure = 'Look for what changes the composite or its Secret so often; it goes on by itself';
  const message = `cannot get a session for ${describeObject(generator)}: this composite ${why}. ${cure}.`;
  const one = finding('RATE_LIMITED', message, { object: generator });
  return { secrets: [], findings: [{ ...one, severity: isKept ? 'warning' : 'error' }], waitMilliseconds };
}

function hasUsable({ job, existing }: Decision, { now }: Plan): boolean {
  return existing !== null && isUsable(job, existing, now);
}
