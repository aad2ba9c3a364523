import pMap from 'p-map';
import { type Finding, FindingError, finding, hasErrors } from '../api/finding.ts';
import type { Outcome, Prepared, SecretManifest } from '../api/flow.ts';
import type { Job } from '../api/job.ts';
import { describeObject, type ObjectRef, objectKey, secretObject } from '../api/kinds.ts';
import { isSession } from '../api/session.ts';
import { existingTarget, type Supplied, type SuppliedObject } from '../api/supplied.ts';
import type { World } from '../api/world.ts';
import { checkAccount } from '../chain/check-account.ts';
import { diagnose } from '../chain/diagnose.ts';
import { type ChainWorld, HopError, runChain } from '../chain/run-chain.ts';
import { withDataHash } from '../secret/data-hash.ts';
import { checkOwnership } from '../secret/ownership.ts';
import { renderPlaceholder } from '../secret/render-placeholder.ts';
import { renderSecret } from '../secret/render-secret.ts';
import { sealSecret } from '../secret/seal/seal-secret.ts';
import type { ObtainedPart } from '../secret/values-of.ts';
import { relocate } from '../spec/relocate.ts';
import { describePlan } from './describe-plan.ts';
import { checkSealed, dueJobs, type ReadDueJob, readDueJob } from './due-jobs.ts';
import { openSources } from './open-sources.ts';
import { planSecrets } from './plan-secrets.ts';

/**
 * Third step: refuses, or walks every chain that is due and renders its Secret. Before the first request to AWS everything
 * else has been checked; after one error no Secret is emitted. A Secret that is still good is not in the outcome: nothing is
 * asked for it. Throws only for a fault of this function.
 *
 * `take` gets each Secret as soon as it is rendered, in any order, while requests for others are under way: a host may print
 * it then. Only the outcome says whether any of them may be used.
 */
export async function generate(
  prepared: Prepared,
  supplied: Supplied,
  world: World,
  take: (secret: SecretManifest) => void = () => {},
  walk: Walk = newWalk(),
): Promise<Outcome> {
  if (prepared.settings.mode !== 'mint') return preview(prepared, supplied, world, take);
  const due = dueJobs(prepared, supplied);
  const opened = await openSources(
    due.map(({ job }) => job),
    supplied,
    { ambient: world.ambient, signal: prepared.signal() },
  );
  const ready = await Promise.all(due.map((one) => readDueJob(one, prepared, opened.supplied, world)));
  const findings = [
    ...prepared.findings,
    ...checkTargets(prepared, supplied),
    ...opened.findings,
    ...ready.flatMap((job) => job.findings),
  ];
  if (hasErrors(findings)) return { secrets: [], sessions: 0, findings: told(findings, prepared) };

  const { settings, awaitRolesMilliseconds } = prepared;
  const chainWorld: ChainWorld & World = {
    ...world,
    signal: prepared.signal(),
    awaitRolesMilliseconds,
    ...walk,
    ...(settings.stsEndpoint === undefined ? {} : { endpoint: settings.stsEndpoint }),
  };
  const walked = await pMap(ready, (one) => obtain(one, existingTarget(one.job, supplied), chainWorld, take), {
    concurrency: settings.concurrency,
  });
  const failed = walked.filter((result) => 'error' in result);
  const minted = walked.filter((result) => 'secret' in result);
  const failures = [
    ...minted.flatMap((result) => result.findings),
    ...explainFailures(failed.filter(({ isKept }) => !isKept)),
    ...explainFailures(failed.filter(({ isKept }) => isKept)).map(keepsValid),
  ];
  return {
    secrets: hasErrors(failures) ? [] : minted.map(({ secret }) => secret),
    sessions: walked.reduce((sum, { sessions }) => sum + sessions, 0),
    findings: told([...findings, ...failures], prepared),
  };
}

/** What one run has walked. A host that takes generators one by one passes the same to all of them, so that hops are shared. */
export type Walk = Pick<ChainWorld, 'walked' | 'clients' | 'accounts'>;

/** Nothing is walked yet. */
export function newWalk(): Walk {
  return { walked: new Map(), clients: new Map(), accounts: new Map() };
}

/** Nobody is asked for anything: a Secret without credentials wherever there is none yet, or words about what would be done. */
function preview(
  prepared: Prepared,
  supplied: Supplied,
  { ambient }: World,
  take: (secret: SecretManifest) => void,
): Outcome {
  const sealed = prepared.settings.mode === 'plan' ? checkSealed(prepared, supplied) : []; // a placeholder takes no place
  const findings = told([...prepared.findings, ...checkTargets(prepared, supplied), ...sealed], prepared);
  if (hasErrors(findings)) return { secrets: [], sessions: 0, findings };
  if (prepared.settings.mode === 'plan') {
    const plan = planSecrets(prepared, supplied, ambient.environment);
    return { secrets: [], sessions: 0, plan, findings: [...findings, ...plan.map(describePlan)] };
  }
  const secrets = prepared.jobs.flatMap((job) => renderPlaceholder(job, existingTarget(job, supplied)) ?? []);
  secrets.forEach(take);
  const message =
    'cannot mint: this run makes placeholders, so new Secrets hold no credentials. Run it without STS_FUNCTION_MODE or `--placeholder` to mint.';
  return {
    secrets,
    sessions: 0,
    findings: [...findings, ...(secrets.length > 0 ? [finding('PLACEHOLDERS', message)] : [])],
  };
}

/** About objects as they are written; one cause gives one line, however many fields or generators meet it. */
function told(findings: readonly Finding[], { specPaths }: Prepared): Finding[] {
  const written = findings.toReversed().map((one) => relocate(one, specPaths));
  return [...new Map(written.map((finding) => [finding.message, finding])).values()].toReversed();
}

function checkTargets({ jobs }: Prepared, supplied: Supplied): Finding[] {
  return jobs.flatMap((job) => checkOwnership(job, existingTarget(job, supplied)));
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
  { job, keptUntil = 0, parts, unread }: ReadDueJob,
  existing: SuppliedObject | null,
  world: ChainWorld & World,
  take: (secret: SecretManifest) => void,
): Promise<Minted | Failed> {
  let { generator } = job;
  const obtained: ObtainedPart[] = [];
  try {
    if (unread !== undefined) throw new FindingError(unread);
    for (const { part, base } of parts) {
      generator = part.generator;
      await checkAccount(part, base, world);
      obtained.push({ part, ...(await runChain(part, base, world)) });
    }
    const secret = withDataHash(await seal(await renderSecret(job, obtained, existing), job, world), job);
    take(secret);
    return { secret, sessions: obtained.length, findings: obtained.flatMap(checkClock) };
  } catch (error) {
    const isKept = world.now().getTime() < keptUntil;
    if (error instanceof HopError || error instanceof FindingError)
      return { job, generator, sessions: obtained.length, isKept, error };
    throw error;
  }
}

function seal(
  secret: SecretManifest,
  { form: { recipients } }: Job,
  { now }: World,
): SecretManifest | Promise<SecretManifest> {
  return recipients === undefined ? secret : sealSecret(secret, { recipients, now: now() });
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
