import { hash } from 'node:crypto';
import type { PolicyFile } from '../hosts/policy.ts';
import { type KnownObject, type NeedAnswers, objectIn } from '../model/answers.ts';
import type { Job } from '../model/job.ts';
import { keyOfSecret } from '../model/kinds.ts';
import type { Outcome, SecretManifest } from '../model/outcome.ts';
import { defined } from '../model/plain-data.ts';
import type { TakeTurn } from '../model/run-limits.ts';
import type { RunRequest } from '../model/run-request.ts';
import { SingleFlight } from '../model/single-flight.ts';
import type { World } from '../model/world.ts';
import { type Draft, draft } from '../planner/draft.ts';
import { type EntryComposite, FairStore } from './fair-store.ts';
import { SharedSessionStore } from './shared-sessions.ts';
import { Turns } from './turns.ts';

/** How a flight for a requester's Secrets ended, for all calls that wait for it. */
export interface FlightEnd extends Pick<Outcome, 'secrets' | 'findings'> {
  /** Time until a session can be had, where the limit was reached. */
  readonly waitMilliseconds?: number;
}

/** A line of the log about a session, as docs/crossplane.md describes it: names and numbers alone. */
export interface AuditLine {
  /** The line's message. */
  readonly event: 'issued a session' | 'refused a session';
  readonly [fact: string]: string | readonly object[] | null | undefined;
}

/** When the log last had a line about refusals in this bucket; `reason` is absent if a later call was not refused. */
interface ToldRefusal {
  readonly reason?: string;
  /** Of the composite: one that is made anew is told of again. */
  readonly uid?: string;
  readonly at: number;
}

/**
 * The operator's settings, and the state that all calls of a process share. Three single-flights lie in each other: `secretFlights` (the
 * Secrets of a requester, all calls), the run's (equal hops, one call), `SharedSessionStore` (a hub's session, all composites).
 */
export interface Service {
  readonly world: World;
  /** A clock that nobody sets. */
  readonly clock: Pick<Performance, 'now'>;
  /** Upper bound of every response's time to live. */
  readonly maxTtlSeconds: number;
  /** Reads the operator's Policy from its file. */
  readonly currentPolicy: () => PolicyFile;
  /** Writes a line of the log about a call's session at once, whatever becomes of the call. */
  readonly audit: (line: AuditLine) => void;
  readonly drafts: DraftCache;
  readonly turns: Turns;
  /**
   * Secrets that were issued and are not in the observed state yet, by `issuedKey`. Crossplane calls a function several times in a
   * reconcile, and again after a conflict: none of these calls issues a second session.
   */
  readonly issuedSecrets: FairStore<SecretManifest>;
  readonly secretFlights: SingleFlight<FlightEnd>;
  /** Refusals that stand in the log, by bucket of the limits. */
  readonly toldRefusals: FairStore<ToldRefusal>;
  /** Sessions of `via` behind the operator's own credentials: ten thousand composites behind one hub ask for it once. */
  readonly sharedSessions: SharedSessionStore;
  /** Failures of the last seconds, repeated without a request: each change of a composite is a reconcile, and each has several calls. */
  readonly recentFailures: FairStore<FlightEnd>;
  readonly sessionLimit: RateLimit;
  /** Limits failed requests: a composite whose author keeps changing it has no pause, and each change may issue sessions of `via`. */
  readonly failureLimit: RateLimit;
}

/** How long an issued Secret is kept that is not observed yet: several reconciles with backoff. */
const ISSUED_MILLISECONDS = 5 * 60_000;
/** No longer than the shortest time to live that this function gives by itself: a call after it asks anew. */
const FAILURE_MILLISECONDS = 5000;

/** Room for what is kept, in bytes: ten thousand drafts of a generator, as many Secrets at once. A server of 256 MB keeps working. */
const DRAFTS_BYTES = 32 * 1024 * 1024;
const ISSUED_BYTES = 32 * 1024 * 1024;
const FAILURES_BYTES = 8 * 1024 * 1024;
const TOLD_BYTES = 8 * 1024 * 1024;

/** The service of a process without calls yet. */
export function newService(
  settings: Pick<Service, 'world' | 'maxTtlSeconds' | 'currentPolicy'>,
  audit: Service['audit'] = () => {},
  clock: Service['clock'] = performance,
): Service {
  return {
    ...settings,
    audit,
    clock,
    drafts: new DraftCache(),
    turns: new Turns(clock),
    issuedSecrets: new FairStore(ISSUED_BYTES, ISSUED_MILLISECONDS),
    secretFlights: new SingleFlight(),
    toldRefusals: new FairStore(TOLD_BYTES),
    sharedSessions: new SharedSessionStore(settings.world),
    recentFailures: new FairStore(FAILURES_BYTES, FAILURE_MILLISECONDS),
    sessionLimit: new RateLimit(),
    failureLimit: new RateLimit(MOST_BUCKETS, FAILED_AT_ONCE, FAILED_REFILL_SECONDS * 1000),
  };
}

/** Key of an issued Secret: composite, target, spec hash. */
export function issuedKey(compositeUid: string, { target, specHash }: Pick<Job, 'target' | 'specHash'>): string {
  return JSON.stringify([compositeUid, keyOfSecret(target), specHash()]);
}

/** Sessions that a full bucket gives at once. */
export const AT_ONCE = 3;
/** Time after which a bucket has one more session. */
const REFILL_MILLISECONDS = 60_000;
/** Failed requests that may follow each other. */
export const FAILED_AT_ONCE = 30;
/** Time after which one more may fail: as long as a failure is paused, so that repeating the same request never reaches the limit. */
export const FAILED_REFILL_SECONDS = 5;
/** Buckets that are kept. To have one dropped early, an attacker would need sessions from so many others within three minutes. */
const MOST_BUCKETS = 20_000;

/**
 * Buckets: each gives three sessions at once, then one a minute, unless the constructor says otherwise. All that is
 * kept of a bucket is the time at which it is full again: a bucket of three sessions that is full in
 * 1 min 10 s lacks two, and gives one. One that is full
 * is dropped. Times are milliseconds of any clock. If the clock is set back, nobody waits longer than one refill, and nobody gets more.
 */
export class RateLimit {
  /** When each bucket is full again; the last used is last. */
  readonly #fullAt = new Map<string, number>();
  readonly #most: number;
  readonly #atOnce: number;
  readonly #refill: number;

  constructor(most = MOST_BUCKETS, atOnce = AT_ONCE, refillMilliseconds = REFILL_MILLISECONDS) {
    this.#most = most;
    this.#atOnce = atOnce;
    this.#refill = refillMilliseconds;
  }

  /** Takes a session and gives 0; or takes none and gives the milliseconds until there is one. */
  take(bucket: string, now: number): number {
    const untilFull = this.#untilFull(bucket, now);
    const wait = untilFull - (this.#atOnce - 1) * this.#refill;
    if (wait > 0) {
      this.#fullAt.set(bucket, now + untilFull); // corrects the time if the clock was set back
      return wait;
    }
    this.#put(bucket, now + untilFull + this.#refill, now);
    return 0;
  }

  /** Gives a session back that was not used: a bucket that was full, and gave it 20 s ago, is full again, and no fuller. */
  giveBack(bucket: string, takenAt: number, now: number): void {
    const part = Math.min(Math.max(this.#refill - (now - takenAt), 0), this.#refill);
    this.#put(bucket, now + this.#untilFull(bucket, now) - part, now);
  }

  /** Milliseconds until the bucket is full, at most those of an empty one, even if the clock was set back. */
  #untilFull(bucket: string, now: number): number {
    const left = (this.#fullAt.get(bucket) ?? now) - now;
    return Math.min(Math.max(left, 0), this.#atOnce * this.#refill);
  }

  #put(bucket: string, fullAt: number, now: number): void {
    this.#fullAt.delete(bucket);
    if (fullAt > now) this.#fullAt.set(bucket, fullAt);
    for (const [oldest, full] of this.#fullAt) {
      if (full > now && this.#fullAt.size <= this.#most) break;
      this.#fullAt.delete(oldest);
    }
  }

  /** Number of buckets that are kept. */
  get size(): number {
    return this.#fullAt.size;
  }
}

/** Who asks for a draft, and when. */
interface DraftCaller {
  readonly composite: EntryComposite;
  readonly now: Date;
  readonly takeTurn: TakeTurn;
}

/** Keeps the drafts of steps: Crossplane calls for the same composite again and again, and the same manifests give the same draft. */
export class DraftCache {
  /** Drafts by the hash of their inputs. */
  readonly #kept = new FairStore<Draft>(DRAFTS_BYTES);

  /**
   * `answers`: answers to the needs of an earlier draft. `digest`: that of the Policy's file. The environment never changes while the
   * process runs.
   */
  async draft(
    request: Omit<RunRequest, 'policy'>,
    { policy, digest }: Pick<PolicyFile, 'policy' | 'digest'>,
    answers: NeedAnswers,
    { composite, now, takeTurn }: DraftCaller,
  ): Promise<Draft> {
    const { items, functionConfig, owner } = request;
    const bareAnswers = answers.size === 0 ? answers : withoutState(answers);
    const { namespace, prefix, forceSync, values = [] } = owner ?? {};
    const inputs = [items, [...bareAnswers], functionConfig, namespace, prefix, forceSync, [...values], digest];
    const key = hash('sha256', JSON.stringify(inputs), 'base64');
    // a call that waited may find what another has drafted meanwhile
    const drafted =
      this.#kept.get(key, now) ??
      (await takeTurn(() => this.#kept.get(key, now) ?? draft({ ...request, policy }, bareAnswers)));
    this.#kept.put(key, drafted, composite, now); // what is used moves to the end, and goes last
    return drafted;
  }
}

/** Generators without status and without metadata that an API server adds: these change, and no draft reads them. */
function withoutState(answers: NeedAnswers): NeedAnswers {
  const stripped = new Map<string, KnownObject | null>();
  for (const key of answers.keys()) {
    const object = objectIn(answers, key);
    const { status: _, metadata, ...others } = Object(object?.manifest);
    const { name, namespace, labels, annotations } = Object(metadata);
    const manifest = { ...others, metadata: defined({ name, namespace, labels, annotations }) };
    stripped.set(key, object === null ? null : { annotations: object.annotations, manifest });
  }
  return stripped;
}
