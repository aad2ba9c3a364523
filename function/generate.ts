import pMap from 'p-map';
import { type Finding, FindingError, hasErrors } from './api/finding.ts';
import type { Emitted, Outcome, Prepared, SecretManifest } from './api/flow.ts';
import { secretKey, serviceAccountObject } from './api/kinds.ts';
import type { Job, Plan, ServiceAccountIdentity } from './api/plan.ts';
import { Sensitive } from './api/sensitive.ts';
import type { Supplied } from './api/supplied.ts';
import type { World } from './api/world.ts';
import { behindServiceAccount } from './chain/behind-service-account.ts';
import { checkAccount } from './chain/check-account.ts';
import { diagnose } from './chain/diagnose.ts';
import { checkGuards } from './chain/guard.ts';
import { type Base, type ChainWorld, HopError, runChain } from './chain/run-chain.ts';
import { withExternalIDs } from './chain/with-external-ids.ts';
import { isForItsIssuer } from './identity/audience.ts';
import { explainValueFault } from './identity/explain-value-fault.ts';
import { readSecretValue } from './identity/read-secret-value.ts';
import { apiServerAudience, ROLE_ANNOTATION, readServiceAccount } from './identity/read-service-account.ts';
import { readStaticKeys } from './identity/read-static-keys.ts';
import { checkToken, takeToken } from './identity/take-token.ts';
import { ask } from './look-up.ts';
import { references } from './prepare.ts';
import { checkOwnership } from './secret/ownership.ts';
import { renderSecret } from './secret/render-secret.ts';

/**
 * Third step: refuses, or walks every chain and renders every Secret. Before the first request to AWS everything else has
 * been checked; after one error no Secret is emitted. Throws only for a fault of this function.
 *
 * `take` gets each Secret as soon as it is rendered, in any order, while requests for others are under way: a host may print
 * it then. Only the outcome says whether any of them may be used.
 */
export async function generate(
  prepared: Prepared,
  supplied: Supplied,
  world: World,
  take: (secret: SecretManifest) => void = () => {},
): Promise<Outcome> {
  const ready = await Promise.all(prepared.jobs.map((job) => makeReady(job, prepared, supplied, world)));
  const findings = [...prepared.findings, ...ready.flatMap((job) => job.findings)];
  if (hasErrors(findings)) return { secrets: [], findings: distinct(findings) };

  const { settings, signal, awaitRolesMilliseconds } = prepared;
  const chainWorld: ChainWorld & World = {
    ...world,
    signal,
    awaitRolesMilliseconds,
    walked: new Map(),
    clients: new Map(),
    accounts: new Map(),
    ...(settings.stsEndpoint === undefined ? {} : { endpoint: settings.stsEndpoint }),
  };
  const obtained = await pMap(ready, (job) => obtain(job, chainWorld, take), { concurrency: settings.concurrency });
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

interface ReadyJob {
  readonly job: Job;
  readonly base: Base;
  readonly findings: readonly Finding[];
}

/** A job with what was read for it. What nobody looked up, because the run is refused anyway, is not judged. */
async function makeReady(job: Job, prepared: Prepared, supplied: Supplied, world: World): Promise<ReadyJob> {
  const existing = supplied.get(secretKey(job.target)) ?? null;
  const owned = checkOwnership(job.generator, job.target, existing);
  const isUnseen = references({ jobs: [job] }, supplied).length > 0;
  if (isUnseen && hasErrors(prepared.findings)) return { job, base: {}, findings: owned };
  const { plan, findings } = completePlan(job, prepared, supplied);
  const base = await makeBase({ ...job, plan }, prepared, supplied, world);
  const faults = 'faults' in base ? base.faults : [];
  return {
    job: { ...job, plan },
    base: 'faults' in base ? {} : base,
    findings: [...owned, ...findings, ...faults],
  };
}

/** The plan with everything in it that is given by reference: a ServiceAccount's role, external IDs. */
function completePlan(
  job: Job,
  { cluster, guards, settings }: Prepared,
  supplied: Supplied,
): { plan: Plan; findings: readonly Finding[] } {
  const { generator } = job;
  const known = withExternalIDs(job.plan, generator, (reference) => {
    const value = readSecretValue(reference, supplied);
    return value instanceof Sensitive ? value : explainValueFault(generator, value, cluster);
  });
  const { identity } = known.plan;
  const isUnread = identity.source !== 'serviceAccount' || identity.namespace === undefined || cluster === undefined;
  if (isUnread) return known; // refused already, if it is a ServiceAccount
  const read = readServiceAccount(identity, generator, supplied);
  if ('severity' in read) return { plan: known.plan, findings: [...known.findings, read] };
  const customEndpoint = settings.stsEndpoint !== undefined;
  const whole = behindServiceAccount(known.plan, { ...read, annotation: ROLE_ANNOTATION }, { customEndpoint });
  const refused = whole.findings.length > 0 ? [] : checkGuards({ ...job, plan: whole.plan }, guards);
  return { plan: whole.plan, findings: [...known.findings, ...whole.findings, ...refused] };
}

/** What the first hop is made with, or why there is nothing. */
async function makeBase(
  { generator, plan: { identity } }: Job,
  prepared: Prepared,
  supplied: Supplied,
  world: World,
): Promise<Base | { faults: readonly Finding[] }> {
  switch (identity.source) {
    case 'default':
      return {};
    case 'secretRef': {
      const keys = readStaticKeys(identity, supplied);
      if ('accessKeyId' in keys) return { keys };
      return { faults: keys.map((fault) => explainValueFault(generator, fault, prepared.cluster)) };
    }
    case 'serviceAccount':
      return { token: () => serviceAccountToken(generator, identity, prepared, world) };
    default: {
      const faults = await checkToken(generator, identity, world.ambient);
      return faults.length > 0 ? { faults } : { token: () => takeToken(generator, identity, world.ambient) };
    }
  }
}

/** @throws FindingError when there is none, or it would open the cluster. */
async function serviceAccountToken(
  generator: Job['generator'],
  identity: ServiceAccountIdentity,
  { cluster, signal }: Prepared,
  world: World,
): Promise<Sensitive> {
  if (cluster === undefined) throw new Error('a token of a ServiceAccount was planned without a cluster');
  const object = serviceAccountObject(identity);
  const answer = await ask(
    { cluster, generator, object, verb: 'create', resource: 'serviceaccounts/token' },
    () => world.kubernetes.requestToken(cluster, identity, identity.audiences, signal),
    { ...world, signal },
  );
  if ('finding' in answer) throw new FindingError(answer.finding);
  if (!isForItsIssuer(answer.value.reveal())) return answer.value;
  throw new FindingError(apiServerAudience(generator, identity, "of the token's issuer"));
}

interface Failed {
  readonly job: Job;
  readonly error: HopError;
}

async function obtain(
  { job, base }: ReadyJob,
  world: ChainWorld & World,
  take: (secret: SecretManifest) => void,
): Promise<Emitted | Finding | Failed> {
  try {
    const issuedAt = world.now();
    await checkAccount(job, base, world);
    const session = await runChain(job, base, world);
    const secret = renderSecret(job, session, issuedAt);
    take(secret);
    return { generator: job.generator, secret };
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
