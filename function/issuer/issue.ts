import pMap from 'p-map';
import { type Finding, FindingError, finding, hasErrors } from '../api/finding.ts';
import type { Outcome, SecretManifest } from '../api/flow.ts';
import type { Job } from '../api/job.ts';
import { describeObject, type ObjectRef, objectKey, secretObject } from '../api/kinds.ts';
import { isSession } from '../api/session.ts';
import type { World } from '../api/world.ts';
import { checkAccount } from '../chain/check-account.ts';
import { diagnose } from '../chain/diagnose.ts';
import { type ChainWorld, HopError, runChain } from '../chain/run-chain.ts';
import { describePlan, planSecrets } from '../planner/describe-plan.ts';
import type { Draft } from '../planner/draft.ts';
import { type Decision, isDue, isRequired, type Plan } from '../planner/plan.ts';
import { withDataHash } from '../secret/data-hash.ts';
import { encryptWhereWanted } from '../secret/encryption.ts';
import type { ObtainedPart } from '../secret/format-secret.ts';
import { renderPlaceholder } from '../secret/render-placeholder.ts';
import { renderSecret } from '../secret/render-secret.ts';
import { relocate } from '../spec/relocate.ts';
import { baseOf } from './base-of.ts';

/** What sessions one run has obtained. A host that issues for generators one by one passes the same to all of them, so that hops are shared. */
export type Walk = Pick<ChainWorld, 'walked' | 'clients' | 'accounts'>;

/** Nothing is obtained yet. */
export function newWalk(): Walk {
  return { walked: new Map(), clients: new Map(), accounts: new Map() };
}

/** What a run acts with, beside its plan. */
export interface Acting {
  readonly world: World;
  /** Aborts when the run's time is up. */
  readonly signal: () => AbortSignal;
  /** What the host says of the run, before what the plan says. */
  readonly findings: readonly Finding[];
  /**
   * Gets each Secret as soon as it is rendered, in any order, while requests for others are under way: a host may print it then. Only the
   * outcome says whether any of them may be used.
   */
  readonly take?: (secret: SecretManifest) => void;
  readonly walk?: Walk;
  /** Those of the plan that are acted on; absent: all. */
  readonly decisions?: readonly Decision[];
}

/**
 * Does what a plan has decided: refuses, or obtains every session that is due and renders its Secret. After one error no Secret is
 * emitted. A Secret that is kept is not in the outcome: nothing is asked for it. Throws only for a fault of this function.
 */
export async function issue(plan: Plan, acting: Acting): Promise<Outcome> {
  const { draft } = plan;
  const { decisions = plan.decisions } = acting;
  const findings = [
    ...acting.findings,
    ...decisions.flatMap(({ foreign }) => foreign),
    ...decisions.flatMap(({ faults }) => faults),
  ];
  if (hasErrors(findings)) return { secrets: [], sessions: 0, findings: told(findings, draft) };
  switch (draft.settings.mode) {
    case 'plan':
      return describe(plan, decisions, findings, acting);
    case 'placeholder':
      return fill(draft, decisions, findings, acting);
    case 'mint':
      return mint(draft, decisions, findings, acting);
  }
}

async function mint(
  draft: Draft,
  decisions: readonly Decision[],
  findings: readonly Finding[],
  acting: Acting,
): Promise<Outcome> {
  const { world, signal: start, take = () => {}, walk = newWalk() } = acting;
  const { settings, awaitRolesMilliseconds } = draft;
  const due = decisions.filter((decision) => isDue(decision, draft));
  const signal = start();
  const chainWorld: ChainWorld & World = {
    ...world,
    signal,
    awaitRolesMilliseconds,
    ...walk,
    ...(settings.stsEndpoint === undefined ? {} : { endpoint: settings.stsEndpoint }),
  };
  const obtained = await pMap(due, (one) => obtain(one, draft, chainWorld, take), {
    concurrency: settings.concurrency,
  });
  const failed = obtained.filter((result) => 'error' in result);
  const minted = obtained.filter((result) => 'secret' in result);
  const failures = [
    ...minted.flatMap((result) => result.findings),
    ...explainFailures(failed.filter(({ isKept }) => !isKept)),
    ...explainFailures(failed.filter(({ isKept }) => isKept)).map(keepsValid),
  ];
  return {
    secrets: hasErrors(failures) ? [] : minted.map(({ secret }) => secret),
    sessions: obtained.reduce((sum, { sessions }) => sum + sessions, 0),
    findings: told([...findings, ...failures], draft),
  };
}

/** Words about what would be done: nobody is asked for anything. */
function describe(
  { draft, now }: Plan,
  decisions: readonly Decision[],
  findings: readonly Finding[],
  { world }: Acting,
): Outcome {
  const planned = planSecrets(decisions, now, world.ambient.environment);
  const all = told(findings, draft);
  return { secrets: [], sessions: 0, plan: planned, findings: [...all, ...planned.map(describePlan)] };
}

/** A Secret without credentials wherever there is none yet: nobody is asked for anything. */
function fill(
  draft: Draft,
  decisions: readonly Decision[],
  findings: readonly Finding[],
  { take = () => {} }: Acting,
): Outcome {
  const secrets = decisions.filter((decision) => isDue(decision, draft)).map(({ job }) => renderPlaceholder(job));
  secrets.forEach(take);
  const message =
    'cannot mint: this run makes placeholders, so new Secrets hold no credentials. Run it without STS_FUNCTION_MODE or `--placeholder` to mint.';
  const all = told(findings, draft);
  return {
    secrets,
    sessions: 0,
    findings: [...all, ...(secrets.length > 0 ? [finding('PLACEHOLDERS', message)] : [])],
  };
}

/** About objects as they are written; one cause gives one line, however many fields or generators meet it. */
function told(findings: readonly Finding[], { specPaths }: Draft): Finding[] {
  const written = findings.toReversed().map((one) => relocate(one, specPaths));
  return [...new Map(written.map((finding) => [finding.message, finding])).values()].toReversed();
}

interface Minted extends Pick<Outcome, 'sessions' | 'findings'> {
  readonly secret: SecretManifest;
}

interface Failed {
  readonly job: Job;
  /** Whose session failed. */
  readonly generator: ObjectRef;
  /** Those of its parts that were obtained before. */
  readonly sessions: number;
  readonly isKept: boolean;
  readonly error: HopError | FindingError;
}

async function obtain(
  { job, existing, verdict, parts, despite }: Decision,
  draft: Draft,
  world: ChainWorld & World,
  take: (secret: SecretManifest) => void,
): Promise<Minted | Failed> {
  let { generator } = job;
  const obtained: ObtainedPart[] = [];
  try {
    if (despite !== undefined) throw new FindingError(despite);
    for (const complete of parts) {
      const { part } = complete;
      generator = part.generator;
      const base = baseOf(complete, draft, world);
      await checkAccount(part, base, world);
      obtained.push({ part, ...(await runChain(part, base, world)) });
    }
    const secret = withDataHash(await encryptWhereWanted(await renderSecret(job, obtained, existing), job, world), job);
    take(secret);
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
  const message = `cannot tell how long the ${isSession(obtained) ? 'session' : 'login'} of ${describeObject(generator)} lasts: ${cause}. Set the clock.`;
  return [finding('CLOCK_WRONG', message, { object: generator })];
}

/** One finding for each hop that failed, however many chains go through it. */
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

/** A renewal that failed, while what it would have renewed is still valid. */
function keepsValid({ jobs, message, object, field }: Finding & { readonly jobs: readonly Job[] }): Finding {
  const [name = '', ...others] = jobs.map(({ target }) => describeObject(secretObject(target)));
  const stays = 'which stays as it is while it is valid';
  const stay = `and ${others.length} more, which stay as they are while they are valid`;
  const start = `cannot renew ${name}${others.length === 0 ? `, ${stays}` : ` ${stay}`}`;
  return finding('RENEWAL_FAILED', `${start}: ${message}`, {
    ...(object === undefined ? {} : { object }),
    ...(field === undefined ? {} : { field }),
  });
}
