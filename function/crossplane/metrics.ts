import { createServer, type Server } from 'node:http';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { isKnownCode } from '../chain/retry.ts';
import { watchAws } from '../clients/watch-aws.ts';
import { AwsError, type World } from '../model/world.ts';
import type { CallResult } from './end-call.ts';
import { isLimited } from './explain.ts';
import { FairStore } from './fair-store.ts';
import type { AuditLine } from './shared-state.ts';

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Room for late Secrets, in bytes: one takes some 200. */
const LATE_BYTES = 8 * 1024 * 1024;

/**
 * How long a Secret counts as late after a call that asked for objects. Longer than two minutes, after which Crossplane calls again where it may
 * not read them. Shorter than `for` of the alert STSFunctionSecretLate (3m), since another replica may get the next call.
 */
const ASKED_MILLISECONDS = 150_000;

/** A metric, for people. */
export interface MetricDescription {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labelNames: readonly string[];
}

/**
 * The server's metrics. No label has a name, an ARN or an unknown code: there is no bound on these, and readers of metrics may not read
 * Secrets.
 */
export class Metrics {
  readonly #registry = new Registry();
  /** Until when each counts, in milliseconds. */
  readonly #late = new FairStore<number>(LATE_BYTES);
  readonly #now: () => Date;
  readonly #calls = this.#counter('calls_total', 'Calls of the engine.', ['outcome']);
  readonly #requests = {
    sts: this.#counter('sts_calls_total', 'Attempts at STS.', ['operation', 'code']),
    ecr: this.#counter('ecr_calls_total', 'Attempts at ECR.', ['operation', 'code']),
  };
  readonly #issued = this.#counter('sessions_issued_total', 'Secrets that got new sessions.', []);
  readonly #failures = this.#counter('renewal_failures_total', 'Attempts at a session that failed.', ['code']);
  readonly #limited = this.#counter('limited_total', 'Sessions that were not asked for, because of the limit.', []);
  readonly #reused = this.#counter('secrets_reused_total', 'Secrets that a call left as they are.', []);
  readonly tlsRefused = this.#counter('tls_refusals_total', 'Connections that were refused.', ['reason']);
  readonly tlsEnded = this.#counter('tls_ended_total', 'Connections ended for lost trust.', ['reason']);
  readonly #policy = new Gauge({
    name: 'sts_function_policy_info',
    help: "SHA-256 of the operator's Policy, as digest. Absent without a Policy.",
    labelNames: ['digest'],
    registers: [this.#registry],
  });
  readonly #seconds = new Histogram({
    name: 'sts_function_call_seconds',
    help: 'Duration of calls.',
    buckets: BUCKETS,
    registers: [this.#registry],
  });

  readonly #lastCall = new Gauge({
    name: 'sts_function_last_call_timestamp_seconds',
    help: 'When a call was last answered, in seconds since 1970; 0 before.',
    registers: [this.#registry],
  });

  constructor(now: () => Date) {
    this.#now = now;
    const late = this.#late;
    new Gauge({
      name: 'sts_function_late_secrets',
      help: 'Secrets that their last call left past their renewal or without a valid session, until twice its time to live, or 150 s where it asks.',
      registers: [this.#registry],
      collect() {
        this.set(late.values(now()).filter((until) => until > now().getTime()).length);
      },
    });
  }

  /** The metrics in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** What each metric says of itself. */
  describe(): readonly MetricDescription[] {
    return this.#registry.getMetricsAsArray() as unknown as readonly MetricDescription[]; // its type leaves labels out
  }

  /** Sets the digest of the Policy in force; undefined: there is none. */
  policy(digest: string | undefined): void {
    this.#policy.reset();
    if (digest !== undefined) this.#policy.set({ digest }, 1);
  }

  called(result: CallResult, seconds: number): void {
    const { outcome, findings, newFailures, secrets, lateness, composite, ttlSeconds } = result;
    this.#calls.inc({ outcome });
    this.#lastCall.set(this.#now().getTime() / 1000);
    this.#seconds.observe(seconds);
    this.#limited.inc(findings.filter(isLimited).length);
    this.#reused.inc(secrets.filter(({ isKept }) => isKept).length);
    for (const { code, awsCode = '' } of newFailures)
      this.#failures.inc({ code: isKnownCode(awsCode) ? awsCode : code });
    const milliseconds = outcome === 'asking' ? ASKED_MILLISECONDS : 2000 * ttlSeconds;
    const until = this.#now().getTime() + milliseconds;
    for (const { target, isLate } of lateness) {
      const key = JSON.stringify([composite.uid, target]);
      if (isLate) this.#late.put(key, until, composite, this.#now());
      else this.#late.delete(key);
    }
  }

  /** Counts a Secret that has got new sessions; without an expiration none came of them. */
  audited({ event, expiration }: AuditLine): void {
    if (event === 'issued a session' && expiration !== undefined) this.#issued.inc();
  }

  /** Counts a call that got no response: it was too late for its turn, or this function has a fault. */
  unanswered(outcome: 'late' | 'fault'): void {
    this.#calls.inc({ outcome });
  }

  /** The same STS and ECR, with their requests counted. */
  withCounts(aws: Pick<World, 'sts' | 'ecr'>): Pick<World, 'sts' | 'ecr'> {
    return watchAws(aws, async (service, operation, call) => {
      const [result] = await Promise.allSettled([call]);
      const code = result.status === 'fulfilled' ? 'OK' : codeOf(result.reason);
      this.#requests[service].inc({ operation, code });
      return call;
    });
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    const registers = [this.#registry];
    return new Counter({ name: `sts_function_${name}`, help, labelNames: [...labelNames], registers });
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof AwsError)) return 'other';
  const { failure } = error;
  if (failure.kind !== 'refused') return failure.kind;
  return isKnownCode(failure.awsCode) ? failure.awsCode : 'other';
}

/** /healthz, /readyz and /metrics, without TLS: kubelets have no client certificate. `isReady`: false in a drain. */
export function createHealthServer(isReady: () => boolean, metrics: Metrics, currentPolicy: () => unknown): Server {
  return createServer((request, response) => {
    const answer = (status: number, text: string) =>
      response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
    const { pathname } = URL.parse(request.url ?? '/', 'http://localhost') ?? { pathname: '' };
    if (pathname === '/healthz') return answer(200, 'ok\n');
    if (pathname === '/readyz') return isReady() ? answer(200, 'ok\n') : answer(503, 'draining\n');
    if (pathname !== '/metrics') return answer(404, 'not found\n');
    currentPolicy(); // its digest is that of now, not of the last call
    return void metrics.text().then(
      (text) => answer(200, text),
      () => answer(500, 'cannot collect\n'),
    );
  });
}
