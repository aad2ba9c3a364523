import { type Finding, FindingError, hasErrors } from '../api/finding.ts';
import type { Prepared } from '../api/flow.ts';
import type { Chain, Job, SecretPart, ServiceAccountIdentity } from '../api/job.ts';
import { serviceAccountObject } from '../api/kinds.ts';
import { Sensitive } from '../api/sensitive.ts';
import type { Keys } from '../api/session.ts';
import type { Supplied } from '../api/supplied.ts';
import type { World } from '../api/world.ts';
import { behindServiceAccount } from '../chain/behind-service-account.ts';
import { checkTokenAccount } from '../chain/check-account.ts';
import { checkGuards } from '../chain/guard.ts';
import type { Base } from '../chain/run-chain.ts';
import { withExternalIDs } from '../chain/with-external-ids.ts';
import { isForItsIssuer } from '../identity/audience.ts';
import { checkKeys } from '../identity/check-long-term.ts';
import { checkEnvironmentKeys, checkSessionToken } from '../identity/check-session-token.ts';
import { explainValueFault } from '../identity/explain-value-fault.ts';
import { readSecretValue } from '../identity/read-secret-value.ts';
import { apiServerAudience, ROLE_ANNOTATION, readServiceAccount } from '../identity/read-service-account.ts';
import { readStaticKeys } from '../identity/read-static-keys.ts';
import { checkToken, takeToken } from '../identity/take-token.ts';
import { askCluster } from './look-up.ts';

/** A job with what was read for it, or what is wrong with that. */
export interface ReadyJob {
  readonly job: Job;
  /** Its parts, whose plans are whole; empty when something is wrong. */
  readonly parts: readonly ReadyPart[];
  readonly findings: readonly Finding[];
}

/** A part, and what its first hop is made with. */
interface ReadyPart {
  readonly part: SecretPart;
  readonly base: Base;
}

/** Reads everything that a job's plans name: keys, external IDs, a ServiceAccount's role; all of it is in `supplied`. */
export async function makeReady(job: Job, prepared: Prepared, supplied: Supplied, world: World): Promise<ReadyJob> {
  const read = await Promise.all(job.parts.map((part) => readPart(part, job, prepared, supplied, world)));
  const findings = read.flatMap((one) => one.findings);
  return { job, parts: findings.length > 0 ? [] : read, findings };
}

async function readPart(
  part: SecretPart,
  { target, form }: Pick<Job, 'target' | 'form'>,
  prepared: Prepared,
  supplied: Supplied,
  world: World,
): Promise<ReadyPart & { readonly findings: readonly Finding[] }> {
  const { chain, findings } = completePlan({ ...part, target, form }, prepared, supplied);
  const whole = { ...part, chain };
  const base = await makeBase(whole, prepared, supplied, world);
  if ('faults' in base) return { part, base: {}, findings: [...findings, ...base.faults] };
  return { part: whole, base, findings };
}

/** The chain with everything in it that is given by reference: a ServiceAccount's role, external IDs. */
function completePlan(
  part: SecretPart & Pick<Job, 'target' | 'form'>,
  { cluster, guards, settings }: Prepared,
  supplied: Supplied,
): { chain: Chain; findings: readonly Finding[] } {
  const { generator } = part;
  const known = withExternalIDs(part.chain, generator, (reference) => {
    const value = readSecretValue(reference, supplied);
    return value instanceof Sensitive ? value : explainValueFault(generator, value, cluster);
  });
  const { identity } = known.chain;
  // without those a ServiceAccount has been refused
  if (identity.source !== 'serviceAccount' || identity.namespace === undefined || cluster === undefined) return known;
  const read = readServiceAccount(identity, generator, supplied);
  if ('severity' in read) return { chain: known.chain, findings: [...known.findings, read] };
  const customEndpoint = settings.stsEndpoint !== undefined;
  const whole = behindServiceAccount(known.chain, { ...read, annotation: ROLE_ANNOTATION }, { customEndpoint });
  const complete = { ...part, chain: whole.chain };
  const refused =
    whole.findings.length > 0 ? [] : [...checkGuards(complete, guards, part), ...checkTokenAccount(complete)];
  return { chain: whole.chain, findings: [...known.findings, ...whole.findings, ...refused] };
}

/** What the first hop is made with, or why there is nothing. */
async function makeBase(
  { generator, chain: { identity, hops } }: SecretPart,
  prepared: Prepared,
  supplied: Supplied,
  world: World,
): Promise<Base | { faults: readonly Finding[] }> {
  const isForUsers = hops.at(-1)?.operation === 'GetSessionToken';
  const checkUserKeys = (keys: Keys | undefined) =>
    isForUsers ? checkKeys(generator, keys, world.ambient.environment) : [];
  switch (identity.source) {
    case 'default': {
      const faults = [...checkUserKeys(undefined), ...checkEnvironmentKeys(generator, world.ambient.environment)];
      return faults.length > 0 ? { faults } : {};
    }
    case 'secretRef': {
      const keys = readStaticKeys(identity, supplied);
      if (!('accessKeyId' in keys))
        return { faults: keys.map((fault) => explainValueFault(generator, fault, prepared.cluster)) };
      const temporary = checkUserKeys(keys);
      const faults = temporary.length > 0 ? temporary : checkSessionToken(generator, identity, keys);
      return faults.length > 0 ? { faults } : { keys };
    }
    case 'serviceAccount':
      return { token: () => serviceAccountToken(generator, identity, prepared, world) };
    default: {
      if (hasErrors(prepared.findings)) return {}; // whether a file or a variable is there is not for who may not use it
      const signal = prepared.signal();
      const faults = await checkToken(generator, identity, world.ambient, signal);
      return faults.length > 0 ? { faults } : { token: () => takeToken(generator, identity, world.ambient, signal) };
    }
  }
}

/** @throws FindingError when there is none, or it would open the cluster. */
async function serviceAccountToken(
  generator: SecretPart['generator'],
  identity: ServiceAccountIdentity,
  { cluster, signal: start }: Prepared,
  world: World,
): Promise<Sensitive> {
  if (cluster === undefined) throw new Error('a token of a ServiceAccount was planned without a cluster');
  const object = serviceAccountObject(identity);
  const signal = start();
  const answer = await askCluster(
    { cluster, generator, object, verb: 'create', resource: 'serviceaccounts/token' },
    () => world.kubernetes.requestToken(cluster, identity, identity.audiences, signal),
    { ...world, signal },
  );
  if ('finding' in answer) throw new FindingError(answer.finding);
  if (!isForItsIssuer(answer.value.reveal())) return answer.value;
  throw new FindingError(apiServerAudience(generator, identity, "of the token's issuer"));
}
