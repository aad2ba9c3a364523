import pMap from 'p-map';
import { type Finding, FindingError, fieldFinding, hasErrors } from './api/finding.ts';
import type { Emitted, Outcome, Prepared, Reference, Request, Supplied } from './api/flow.ts';
import { type SecretRef, secretKey } from './api/kinds.ts';
import type { Job, Plan } from './api/plan.ts';
import { Sensitive } from './api/sensitive.ts';
import type { Settings } from './api/settings.ts';
import type { Ambient, World } from './api/world.ts';
import { checkAccount } from './chain/check-account.ts';
import { diagnose } from './chain/diagnose.ts';
import { checkGuards } from './chain/guard.ts';
import { planChain } from './chain/plan-chain.ts';
import { type Base, type ChainWorld, HopError, runChain } from './chain/run-chain.ts';
import { warnOfChaining } from './chain/warn-of-chaining.ts';
import { externalIDsOf, withExternalIDs } from './chain/with-external-ids.ts';
import { chooseIdentity } from './identity/choose-identity.ts';
import { explainRefusal, explainValueFault } from './identity/explain-value-fault.ts';
import { readSecretValue } from './identity/read-secret-value.ts';
import { readStaticKeys } from './identity/read-static-keys.ts';
import { checkToken, takeToken } from './identity/take-token.ts';
import { checkConflicts, checkOwnership } from './secret/ownership.ts';
import { renderSecret } from './secret/render-secret.ts';
import { specHash } from './secret/spec-hash.ts';
import { type ReadRequest, readRequest } from './spec/read-request.ts';
import { readSettings } from './spec/read-settings.ts';

/**
 * First step: reads and plans every generator of a request. All that can be refused by looking at the manifests alone is
 * in `findings`, for all generators at once.
 */
export async function prepare({ ambient, ...manifests }: Request): Promise<Prepared> {
  const { settings, findings: settingFindings } = readSettings(ambient.environment);
  const { generators, guards, config, findings: requestFindings } = readRequest(manifests);
  const planned = await Promise.all(generators.map((generator) => planJob(generator, { settings, ambient, guards })));
  const jobs = planned.flatMap(({ job }) => job ?? []);
  const conflicts = checkConflicts(jobs.map((job) => ({ ...job, reads: secretsOf(job.plan) })));
  const findings = [...settingFindings, ...requestFindings, ...planned.flatMap((plan) => plan.findings), ...conflicts];
  return { jobs, settings, findings: findings.map((finding) => locate(finding, config)) };
}

/** A finding of a field without an object is about the functionConfig. */
function locate(finding: Finding, config: ReadRequest['config']): Finding {
  const isConfig = finding.field !== undefined && finding.object === undefined && config !== undefined;
  return isConfig ? { ...finding, object: config } : finding;
}

/** Second step: the Secrets that have to be seen and are not yet in `supplied`. Empty: go on to {@link generate}. */
export function references({ jobs }: Pick<Prepared, 'jobs'>, supplied: Supplied): Reference[] {
  const wanted = jobs.flatMap(({ target, plan }) => [target, ...secretsOf(plan)]);
  const missing = new Map(wanted.map((secret) => [secretKey(secret), { secret }]));
  for (const key of supplied.keys()) missing.delete(key);
  return [...missing.values()];
}

/**
 * Third step: refuses, or walks every chain and renders every Secret. Before the first request to AWS everything else has
 * been checked; after one error no Secret is emitted. Throws only for a fault of this function.
 */
export async function generate(prepared: Prepared, supplied: Supplied, world: World): Promise<Outcome> {
  const ready = await Promise.all(prepared.jobs.map((job) => makeReady(job, supplied, world.ambient)));
  const findings = [...prepared.findings, ...ready.flatMap((job) => job.findings)];
  if (hasErrors(findings)) return { secrets: [], findings: distinct(findings) };

  const { concurrency, timeoutMilliseconds, stsEndpoint } = prepared.settings;
  const chainWorld: ChainWorld & World = {
    ...world,
    signal: AbortSignal.timeout(timeoutMilliseconds),
    walked: new Map(),
    accounts: new Map(),
    ...(stsEndpoint === undefined ? {} : { endpoint: stsEndpoint }),
  };
  const obtained = await pMap(ready, (job) => obtain(job, chainWorld), { concurrency });
  const failures = [
    ...obtained.filter((result) => 'severity' in result),
    ...diagnoseHops(obtained.filter((result) => 'error' in result)),
  ];
  return {
    secrets: failures.length > 0 ? [] : obtained.filter((result) => 'secret' in result),
    findings: distinct([...findings, ...failures]),
  };
}

/** One cause gives one line, however many fields or generators meet it. */
function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.toReversed().map((finding) => [finding.message, finding])).values()].toReversed();
}

async function planJob(
  { object, annotations, spec, readable, entry, findings }: ReadRequest['generators'][number],
  { settings, ambient, guards }: { settings: Settings; ambient: Ambient; guards: ReadRequest['guards'] },
): Promise<{ job?: Job; findings: readonly Finding[] }> {
  const { region: written, ...others } = readable;
  const region = written === '' ? await ambient.region() : written;
  const chain = planChain(
    {
      generator: object,
      spec: { ...others, ...(region === undefined ? {} : { region }) },
      ...(entry === undefined ? {} : { entry }),
    },
    { customEndpoint: settings.stsEndpoint !== undefined },
  );
  const faults = [
    ...findings,
    ...(written === '' && region === undefined ? [noRegion(object)] : []),
    ...chain.findings,
  ];
  if (spec === undefined || region === undefined) return { findings: faults };
  const identity = chooseIdentity(spec.auth, object, entry?.identity);
  if ('reason' in identity) return { findings: [...faults, explainRefusal(object, identity)] };
  const plan = { identity, hops: chain.hops };
  const { apiVersion: _, kind: __, ...target } = object;
  const expected = entry?.expectAccount === undefined ? {} : { expectAccount: entry.expectAccount };
  const job = { generator: object, annotations, plan, target, specHash: specHash(plan, target), ...expected };
  if (faults.length > 0) return { job, findings: faults };
  return { job, findings: [...checkGuards(job, guards), ...warnOfChaining(object, plan, ambient.environment)] };
}

function noRegion(object: Job['generator']): Finding {
  const text = 'is empty, and neither AWS_REGION nor the profile names one. Set one of them';
  return fieldFinding('SPEC_INVALID', { object, field: 'spec.region' }, text);
}

interface ReadyJob {
  readonly job: Job;
  readonly base: Base;
  readonly findings: readonly Finding[];
}

async function makeReady(job: Job, supplied: Supplied, ambient: Ambient): Promise<ReadyJob> {
  const { generator, target } = job;
  const existing = supplied.get(secretKey(target)) ?? null;
  const { plan, findings } = withExternalIDs(job.plan, generator, (reference) => {
    const value = readSecretValue(reference, supplied);
    return value instanceof Sensitive ? value : explainValueFault(generator, value);
  });
  const base = await makeBase(job, supplied, ambient);
  return {
    job: { ...job, plan },
    base: 'faults' in base ? {} : base,
    findings: [...checkOwnership(generator, target, existing), ...findings, ...('faults' in base ? base.faults : [])],
  };
}

/** What the first hop is made with, or why there is nothing. */
async function makeBase(
  { generator, plan: { identity } }: Job,
  supplied: Supplied,
  ambient: Ambient,
): Promise<Base | { faults: readonly Finding[] }> {
  if (identity.source === 'default') return {};
  if (identity.source !== 'secretRef') {
    const faults = await checkToken(generator, identity, ambient);
    return faults.length > 0 ? { faults } : { token: () => takeToken(generator, identity, ambient) };
  }
  const keys = readStaticKeys(identity, supplied);
  return 'accessKeyId' in keys ? { keys } : { faults: keys.map((fault) => explainValueFault(generator, fault)) };
}

interface Failed {
  readonly job: Job;
  readonly error: HopError;
}

async function obtain({ job, base }: ReadyJob, world: ChainWorld & World): Promise<Emitted | Finding | Failed> {
  try {
    const issuedAt = world.now();
    await checkAccount(job, base, world);
    const session = await runChain(job, base, world);
    return { generator: job.generator, annotations: job.annotations, secret: renderSecret(job, session, issuedAt) };
  } catch (error) {
    if (error instanceof HopError) return { job, error };
    if (error instanceof FindingError) return error.finding;
    throw error;
  }
}

/** One finding for each hop that failed, however many chains go through it. */
function diagnoseHops(failed: readonly Failed[]): Finding[] {
  const byHop = Map.groupBy(failed, ({ error }) => error.at.key);
  return [...byHop.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const generators = [first.job.generator, ...others.map(({ job }) => job.generator)] as const;
    return diagnose({ ...first.error.at, generators });
  });
}

/** Every Secret that a plan reads. */
function secretsOf(plan: Plan): SecretRef[] {
  const { identity } = plan;
  if (identity.source !== 'secretRef') return externalIDsOf(plan);
  const { accessKeyId, secretAccessKey, sessionToken } = identity;
  return [accessKeyId, secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken]), ...externalIDsOf(plan)];
}
