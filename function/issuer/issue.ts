import pMap from 'p-map';
import { checkAccount } from '../chain/check-account.ts';
import { diagnose } from '../chain/explain-failure.ts';
import { type Base, type ChainWorld, HopError, runChain } from '../chain/run-chain.ts';
import { type Finding, FindingError, finding, hasErrors } from '../findings/finding.ts';
import { type ObjectRef, say, theObject } from '../findings/say.ts';
import type { Outcome, SecretManifest } from '../model/flow.ts';
import type { Job } from '../model/job.ts';
import { objectKey, secretObject } from '../model/kinds.ts';
import { isSession } from '../model/session.ts';
import type { World } from '../model/world.ts';
import type { CompletePart } from '../planner/complete.ts';
import { describePlan, planSecrets } from '../planner/describe-plan.ts';
import type { Draft } from '../planner/draft.ts';
import { type Decision, isDue, isRequired, type Plan } from '../planner/plan.ts';
import type { ObtainedPart } from '../secret/format-secret.ts';
import { renderPlaceholder } from '../secret/render-placeholder.ts';
import { renderSecret } from '../secret/render-secret.ts';
import { askCluster } from './resolve-from-cluster.ts';

/** The sessions that one run has obtained. A host that calls `issue` several times in a run passes the same cache, so that hops are shared. */
type SessionCache = Pick<ChainWorld, 'obtained' | 'clients' | 'accounts'>;

/** An empty cache. */
export function newSessionCache(): SessionCache {
  return { obtained: new Map(), clients: new Map(), accounts: new Map() };
}

/** What `issue` gets beside the plan. */
interface IssueContext {
  readonly world: World;
  /** Aborts when the run's time is up. */
  readonly signal: () => AbortSignal;
  /** The host's own findings, which come before the plan's. */
  readonly findings: readonly Finding[];
  /**
   * Called with each Secret as soon as it is rendered, in any order, so that a host can print it while other requests are under way.
   * The host must not use it before the outcome says so.
   */
  readonly onSecret?: (secret: SecretManifest) => void;
  readonly sessionCache?: SessionCache;
  /** The decisions of the plan to act on; absent: all. */
  readonly decisions?: readonly Decision[];
}

/**
 * Carries a plan out: refuses, or obtains every session that is due and renders its Secret. After one error the outcome has no Secret.
 * A Secret that is kept is not in the outcome. Throws only for a fault of this function.
 */
export async function issue(plan: Plan, context: IssueContext): Promise<Outcome> {
  const { draft } = plan;
  const { decisions = plan.decisions } = context;
  const findings = [
    ...context.findings,
    ...decisions.flatMap(({ ownership }) => ownership),
    ...decisions.flatMap(({ faults }) => faults),
  ];
  if (hasErrors(findings)) return { secrets: [], sessions: 0, findings: distinctFindings(findings) };
  switch (draft.settings.mode) {
    case 'plan':
      return previewPlan(plan, decisions, findings, context);
    case 'placeholder':
      return issuePlaceholders(draft, decisions, findings, context);
    case 'mint':
      return issueSecrets(draft, decisions, findings, context);
  }
}

async function issueSecrets(
  draft: Draft,
  decisions: readonly Decision[],
  findings: readonly Finding[],
  context: IssueContext,
): Promise<Outcome> {
  const { world, signal: start, onSecret = () => {}, sessionCache = newSessionCache() } = context;
  const { settings, awaitRolesMilliseconds } = draft;
  const due = decisions.filter((decision) => isDue(decision, draft));
  const signal = start();
  const chainWorld: ChainWorld & World = {
    ...world,
    signal,
    awaitRolesMilliseconds,
    ...sessionCache,
    ...(settings.stsEndpoint === undefined ? {} : { endpoint: settings.stsEndpoint }),
  };
  const obtained = await pMap(due, (one) => obtain(one, draft, chainWorld, onSecret), {
    concurrency: settings.concurrency,
  });
  const failed = obtained.filter((result) => 'error' in result);
  const issued = obtained.filter((result) => 'secret' in result);
  const failures = [...issued.flatMap((result) => result.findings), ...(failed.length === 0 ? [] : explainAll(failed))];
  return {
    secrets: hasErrors(failures) ? [] : issued.map(({ secret }) => secret),
    sessions: obtained.reduce((sum, { sessions }) => sum + sessions, 0),
    findings: distinctFindings([...findings, ...failures]),
  };
}

/** Describes what would be done. Calls nobody. */
function previewPlan(
  { now }: Plan,
  decisions: readonly Decision[],
  findings: readonly Finding[],
  { world }: IssueContext,
): Outcome {
  const planned = planSecrets(decisions, now, world.ambient.environment);
  const all = distinctFindings(findings);
  return { secrets: [], sessions: 0, plan: planned, findings: [...all, ...planned.map(describePlan)] };
}

/** Renders a placeholder for every Secret that is not there yet. Calls nobody. */
function issuePlaceholders(
  draft: Draft,
  decisions: readonly Decision[],
  findings: readonly Finding[],
  { onSecret = () => {} }: IssueContext,
): Outcome {
  const secrets = decisions.filter((decision) => isDue(decision, draft)).map(({ job }) => renderPlaceholder(job));
  secrets.forEach(onSecret);
  const message =
    'cannot mint: this run makes placeholders, so new Secrets hold no credentials. Run it without STS_FUNCTION_MODE or `--placeholder` to mint.';
  const all = distinctFindings(findings);
  return {
    secrets,
    sessions: 0,
    findings: [...all, ...(secrets.length > 0 ? [finding('PLACEHOLDERS', message)] : [])],
  };
}

/** The findings without repeated messages: one cause gives one line. */
function distinctFindings(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.toReversed().map((one) => [one.message, one])).values()].toReversed();
}

interface Issued extends Pick<Outcome, 'sessions' | 'findings'> {
  readonly secret: SecretManifest;
}

interface Failed {
  readonly job: Job;
  /** The generator whose session failed. */
  readonly generator: ObjectRef;
  /** How many parts were obtained before. */
  readonly sessions: number;
  readonly isKept: boolean;
  readonly error: HopError | FindingError;
}

async function obtain(
  { job, existing, verdict, parts, renewalFault }: Decision,
  draft: Draft,
  world: ChainWorld & World,
  onSecret: (secret: SecretManifest) => void,
): Promise<Issued | Failed> {
  let { generator } = job;
  const obtained: ObtainedPart[] = [];
  try {
    if (renewalFault !== undefined) throw new FindingError(renewalFault);
    for (const complete of parts) {
      const { part } = complete;
      generator = part.generator;
      const base = baseOf(complete, draft, world);
      if (part.expectAccount !== undefined) await checkAccount(part, part.expectAccount, base, world);
      obtained.push({ part, ...(await runChain(part, base, world)) });
    }
    const secret = await renderSecret(job, obtained, existing, world);
    onSecret(secret);
    return { secret, sessions: obtained.length, findings: obtained.flatMap(checkClock) };
  } catch (error) {
    const isKept = verdict?.do === 'renew' && !isRequired(job) && world.now().getTime() < verdict.validUntil;
    if (error instanceof HopError || error instanceof FindingError)
      return { job, generator, sessions: obtained.length, isKept, error };
    throw error;
  }
}

function checkClock({ part: { generator }, obtained, issuedAt }: ObtainedPart): Finding[] {
  const { expiration } = obtained;
  if (expiration === undefined || expiration > issuedAt) return [];
  const cause = "it had ended by this machine's clock when it came";
  const message = say`cannot tell how long the ${isSession(obtained) ? 'session' : 'login'} of ${theObject(generator)} lasts: ${cause}. Set the clock.`;
  return [finding('CLOCK_WRONG', message, { object: generator })];
}

/** Errors first, then the warnings for Secrets that are kept. */
function explainAll(failed: readonly Failed[]): Finding[] {
  const kept = explainFailures(failed.filter(({ isKept }) => isKept));
  return [...explainFailures(failed.filter(({ isKept }) => !isKept)), ...kept.map(keptDespite)];
}

/** One finding for each hop that failed, however many chains share it. */
function explainFailures(failed: readonly Failed[]): (Finding & { readonly jobs: readonly Job[] })[] {
  const groups = Map.groupBy(failed, ({ error }) => (error instanceof HopError ? error.at.key : error.finding.message));
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const { job, generator, error } = first;
    const jobs = [job, ...others.map((other) => other.job)];
    if (!(error instanceof HopError)) return [{ ...error.finding, jobs }];
    const asking = new Map(others.map((other) => [objectKey(other.generator), other.generator]));
    asking.delete(objectKey(generator));
    const generators = [generator, ...asking.values()] as const;
    return [{ ...diagnose({ ...error.at, generators }), jobs }];
  });
}

/** The warning for a failed renewal while the existing Secrets are valid. */
function keptDespite({ jobs, said, object, field }: Finding & { readonly jobs: readonly Job[] }): Finding {
  const [name = '', ...others] = jobs.map(({ target }) => theObject(secretObject(target)));
  const stays = 'which stays as it is while it is valid';
  const stay = say`and ${others.length} more, which stay as they are while they are valid`;
  const start = say`cannot renew ${name}${others.length === 0 ? say`, ${stays}` : say` ${stay}`}`;
  return finding('RENEWAL_FAILED', say`${start}: ${said}`, {
    ...(object === undefined ? {} : { object }),
    ...(field === undefined ? {} : { field }),
  });
}

/** What authenticates a part's first hop: keys from a Secret, or a token that is fetched just before it is sent. */
function baseOf(
  { part: { generator, chain }, keys }: CompletePart,
  { cluster }: Pick<Draft, 'cluster'>,
  world: World & { readonly signal: AbortSignal },
): Base {
  const { token } = chain.identity;
  if (token === undefined) return keys === undefined ? {} : { keys };
  return {
    token: () =>
      token.take(generator, {
        ...world,
        async ofServiceAccount(object, audiences) {
          if (cluster === undefined) throw new Error('a token of a ServiceAccount was planned without a cluster');
          const answer = await askCluster(
            { cluster, generator, object, verb: 'create', resource: 'serviceaccounts/token' },
            () => world.kubernetes.requestToken(cluster, object, audiences, world.signal),
            world,
          );
          if ('finding' in answer) throw new FindingError(answer.finding);
          return answer.value;
        },
      }),
  };
}
