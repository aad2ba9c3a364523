import pLimit, { type LimitFunction } from 'p-limit';
import { checkAccount } from '../chain/check-account.ts';
import { diagnose } from '../chain/explain-failure.ts';
import { finalHop } from '../chain/operations/operations.ts';
import { type ChainContext, HopError, runChain, SessionCache } from '../chain/run-chain.ts';
import { type Finding, FindingError, finding, hasErrors, keyOfFinding } from '../findings/finding.ts';
import { type ObjectRef, say, theObject } from '../findings/say.ts';
import type { IdentityToken } from '../model/identity.ts';
import type { Job, SecretPart, Verdict } from '../model/job.ts';
import { objectKey, secretObject } from '../model/kinds.ts';
import type { IssuedSessions, Outcome, SecretManifest } from '../model/outcome.ts';
import { defined, distinct } from '../model/plain-data.ts';
import type { Deadline, TakeTurn } from '../model/run-limits.ts';
import type { Cluster } from '../model/schema-parts.ts';
import type { Sensitive } from '../model/sensitive.ts';
import type { World } from '../model/world.ts';
import type { DecidedRun } from '../planner/decide.ts';
import type { Draft } from '../planner/draft.ts';
import { type Decision, isRenewalRequired, type Plan } from '../planner/plan.ts';
import { describePreview, previewSecrets } from '../planner/preview.ts';
import type { Purpose } from '../planner/purposes.ts';
import type { PartIssuance } from '../secret/format-secret.ts';
import { renderPlaceholder } from '../secret/render-placeholder.ts';
import { renderSecret } from '../secret/render-secret.ts';
import { askCluster } from './resolve-from-cluster.ts';

/** A plan, what was said before it, and where its Secrets go. */
type PlanToIssue = Pick<DecidedRun, 'plan' | 'findings'> & Partial<Pick<DecidedRun, 'destination'>>;

/** What `carryOut` gets beside the plan. */
interface CarryOutContext extends Pick<ChainContext, 'sharedSessions'> {
  readonly world: World;
  readonly deadline: Deadline;
  /** Aborts when nobody waits any more; absent: at the deadline. */
  readonly signal?: AbortSignal;
  /** Absent: the plan is all of its run. */
  readonly sessionCache?: SessionCache;
  /** How many Secrets are issued at a time, where a host issues several plans at once; absent: as many as the plan's settings say. */
  readonly limit?: LimitFunction;
  /** Absent: the run has the process to itself. */
  readonly takeTurn?: TakeTurn;
  /** The decisions of the plan to act on; absent: all. */
  readonly decisions?: readonly Decision[];
  /** Told of the sessions of each Secret as soon as it is rendered or has failed, whatever becomes of others. */
  readonly announce?: (issued: IssuedSessions) => void;
}

/**
 * Carries a plan out: refuses, or issues every session that is due and renders its Secret. The outcome has the Secrets that were made, for a
 * host without `add`: those that are kept are not among them, and after an error there are none. Throws only for a fault of this function, or
 * where a turn is missed.
 */
export async function carryOut(
  { plan, destination, findings: earlier }: PlanToIssue,
  context: CarryOutContext,
): Promise<Outcome> {
  const { decisions = plan.decisions } = context;
  const refusals = [
    ...decisions.flatMap(({ targetFaults }) => targetFaults),
    ...decisions.flatMap(({ faults }) => faults),
  ];
  const all = [...earlier, ...refusals];
  const findings = distinct(all, keyOfFinding); // one cause gives one line
  if (hasErrors(findings)) return { secrets: [], sessionCount: 0, findings };
  const issuerContext = { ...context, decisions, ...defined({ destination }) };
  const outcome = await ISSUERS[plan.draft.purpose.name](plan, issuerContext);
  return { ...outcome, findings: distinct([...findings, ...outcome.findings], keyOfFinding) };
}

/** What a plan that nothing refuses is carried out with. */
interface IssuerContext extends CarryOutContext, Partial<Pick<DecidedRun, 'destination'>> {
  readonly decisions: readonly Decision[];
}

/** How a purpose is carried out, once nothing refuses it: sessions are issued, placeholders rendered, or a preview is made. */
type Issuer = (plan: Plan, context: IssuerContext) => Outcome | Promise<Outcome>;

const ISSUERS: { readonly [Name in Purpose['name']]: Issuer } = {
  mint: issueSessions,
  placeholder: issuePlaceholders,
  preview,
};

async function issueSessions({ draft }: Plan, context: IssuerContext): Promise<Outcome> {
  const { settings, awaitRolesMilliseconds } = draft;
  const { world, decisions } = context;
  const toWrite = decisions.filter((decision): decision is DecisionToWrite => decision.mustWrite);
  const chainContext: ChainContext & World = {
    ...world,
    signal: context.signal ?? context.deadline.signal(),
    awaitRolesMilliseconds,
    sessionCache: context.sessionCache ?? new SessionCache(),
    ...defined({ sharedSessions: context.sharedSessions, stsEndpoint: settings.stsEndpoint }),
  };
  const limit = context.limit ?? pLimit(settings.concurrency);
  world.countSecrets?.(toWrite.length, 0);
  const results = await limit.map(toWrite, async (decision) => {
    const result = await issueSecret(decision, draft, chainContext, context);
    world.countSecrets?.(0, 1);
    return result;
  });
  const failures = results.filter((result) => 'error' in result);
  const successes = results.filter((result) => 'secret' in result);
  const warnings = successes.flatMap((result) => result.findings);
  const findings = failures.length === 0 ? warnings : [...warnings, ...explainAll(failures)];
  return {
    secrets: hasErrors(findings) ? [] : successes.map(({ secret }) => secret),
    sessionCount: results.reduce((sum, { sessionCount }) => sum + sessionCount, 0),
    findings,
  };
}

/** Describes what would be done. Calls nobody. */
function preview({ now }: Plan, { world, decisions }: IssuerContext): Outcome {
  const previews = previewSecrets(decisions, now, world.ambient.environment);
  const kept = decisions.flatMap(({ job, renewalFault: fault }): JobFailure[] =>
    fault ? [{ job, generator: job.requester, sessionCount: 0, staysValid: true, error: new FindingError(fault) }] : [],
  );
  return { secrets: [], sessionCount: 0, previews, findings: [...explainAll(kept), ...previews.map(describePreview)] };
}

/** Renders a placeholder for every Secret that is not there yet. Calls nobody. */
function issuePlaceholders({ draft }: Plan, { decisions, destination, deadline }: IssuerContext): Outcome {
  const toWrite = decisions.filter(({ mustWrite }) => mustWrite);
  const secrets = toWrite.map(({ job }) => renderPlaceholder(job, draft.applyTemplate, deadline.renderingLimits));
  for (const secret of secrets) destination?.add?.(secret);
  const message =
    'new Secrets get no credentials: this run makes placeholders. For credentials, run it without `--placeholder` and STS_FUNCTION_MODE.';
  return { secrets, sessionCount: 0, findings: secrets.length > 0 ? [finding('PLACEHOLDERS', message)] : [] };
}

interface JobSuccess extends Pick<Outcome, 'sessionCount' | 'findings'> {
  readonly secret: SecretManifest;
}

interface JobFailure {
  readonly job: Job;
  /** The generator whose session failed, or the job's requester where none was asked for. */
  readonly generator: ObjectRef;
  /** How many sessions were issued before. */
  readonly sessionCount: number;
  /** True while the existing Secret is valid: the failure is then a warning. */
  readonly staysValid: boolean;
  readonly error: HopError | FindingError;
}

type DecisionToWrite = Decision & { readonly verdict: Verdict };

/** One Secret with its sessions, or why there is none. */
async function issueSecret(
  { job, existing, verdict, completeParts: parts, renewalFault }: DecisionToWrite,
  { cluster }: Draft,
  chainContext: ChainContext & World,
  { destination, deadline, takeTurn, announce }: IssuerContext,
): Promise<JobSuccess | JobFailure> {
  let generator = job.requester;
  const issuances: PartIssuance[] = [];
  let secret: SecretManifest | undefined;
  try {
    if (renewalFault !== undefined) throw new FindingError(renewalFault);
    for (const { part, signingKeys } of parts) {
      generator = part.generator;
      const { token } = part.chain.identity;
      const firstSigner =
        token === undefined ? defined({ keys: signingKeys }) : { token: tokenOf(token, part, cluster, chainContext) };
      if (part.expectAccount !== undefined) await checkAccount(part, part.expectAccount, firstSigner, chainContext);
      issuances.push({ part, ...(await runChain(part, firstSigner, chainContext)) });
    }
    const rendering = { now: chainContext.now, limits: deadline.renderingLimits };
    secret = takeTurn
      ? await takeTurn(() => renderSecret(job, issuances, existing, rendering))
      : await renderSecret(job, issuances, existing, rendering);
    destination?.add?.(secret);
    const ended = issuances.filter(({ credentials: { expiration }, issuedAt }) => expiration && expiration <= issuedAt);
    return { secret, sessionCount: issuances.length, findings: ended.map(wrongClock) };
  } catch (error) {
    const staysValid =
      verdict.do === 'renew' && !isRenewalRequired(job) && chainContext.now().getTime() < verdict.validUntil;
    if (error instanceof HopError || error instanceof FindingError)
      return { job, generator, sessionCount: issuances.length, staysValid, error };
    throw error;
  } finally {
    const withoutKeys = issuances.map(({ part, requestIDs }) => ({ part, requestIDs }));
    const facts = { target: job.target, reason: verdict.because, ...defined({ secret }) };
    if (issuances.length > 0) announce?.({ ...facts, parts: withoutKeys });
  }
}

/** The token of a part's first hop, fetched just before it is sent. */
function tokenOf(token: IdentityToken, { generator }: SecretPart, cluster: Cluster | undefined, world: World) {
  return (signal: AbortSignal): Promise<Sensitive> =>
    token.take(generator, {
      ambient: world.ambient,
      signal,
      async serviceAccountToken(object, audiences) {
        if (cluster === undefined) throw new Error('a token of a ServiceAccount was planned without a cluster');
        const answer = await askCluster(
          { cluster, generator, object, verb: 'create', resource: 'serviceaccounts/token' },
          () => world.kubernetes.requestToken(cluster, object, audiences, signal),
          { ...world, signal },
        );
        if ('finding' in answer) throw new FindingError(answer.finding);
        return answer.value;
      },
    });
}

/** The warning for a session that had ended by our clock when it came. */
function wrongClock({ part }: PartIssuance): Finding {
  const cause = "it had ended by this machine's clock when it came";
  const message = say`how long the ${finalHop(part)?.row.gives ?? ''} of ${theObject(part.generator)} lasts is not known: ${cause}. Set the clock.`;
  return finding('CLOCK_WRONG', message, { object: part.generator });
}

/** Errors first, then the warnings for Secrets that are kept. */
function explainAll(failures: readonly JobFailure[]): Finding[] {
  const kept = explainFailures(failures.filter(({ staysValid }) => staysValid));
  return [...explainFailures(failures.filter(({ staysValid }) => !staysValid)), ...kept.map(keptDespite)];
}

/** One finding for each hop that failed, however many chains share it. */
function explainFailures(failures: readonly JobFailure[]): (Finding & { readonly jobs: readonly Job[] })[] {
  const groups = Map.groupBy(failures, ({ error }) =>
    error instanceof HopError ? error.failedHop.key : keyOfFinding(error.finding),
  );
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const { job, generator, error } = first;
    const jobs = [job, ...others.map((other) => other.job)];
    if (!(error instanceof HopError)) return [{ ...error.finding, jobs }];
    const otherGenerators = new Map(others.map((other) => [objectKey(other.generator), other.generator]));
    otherGenerators.delete(objectKey(generator));
    const generators = [generator, ...otherGenerators.values()] as const;
    return [{ ...diagnose({ ...error.failedHop, generators }), jobs }];
  });
}

/** The warning for a failed renewal while the existing Secrets are valid. */
function keptDespite({ jobs, words, object, field, awsCode }: Finding & { readonly jobs: readonly Job[] }): Finding {
  const [name = '', ...others] = jobs.map(({ target }) => theObject(secretObject(target)));
  const stays = 'is not renewed, and stays as it is while it is valid';
  const stay = say`and ${others.length} more are not renewed, and stay as they are while they are valid`;
  const start = say`${name} ${others.length === 0 ? stays : stay}`;
  return finding('RENEWAL_FAILED', say`${start}: ${words}`, defined({ object, field, awsCode }));
}
