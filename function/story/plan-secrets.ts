import { RENEW_AFTER_ANNOTATION } from '../api/annotations.ts';
import type { Prepared } from '../api/flow.ts';
import { actionOf, type Hop, isRoleHop, lifetimeOf } from '../api/hop.ts';
import type { Chain, Job, SecretPart } from '../api/job.ts';
import type { PlannedHop, PlannedReason, PlannedSecret, PlannedSession } from '../api/planned-secret.ts';
import { existingTarget, type Supplied } from '../api/supplied.ts';
import { wholeSeconds } from '../api/whole-seconds.ts';
import type { Environment } from '../api/world.ts';
import { describeIdentity } from '../identity/describe-identity.ts';
import { type Judgement, judgeTarget } from '../secret/judge-target.ts';
import { timesOf } from '../secret/times-of.ts';

/** What a run would do about each Secret and why: identity, hops, lifetime, renewal. Nobody is asked for anything. */
export function planSecrets(
  { jobs, now }: Prepared,
  supplied: Supplied,
  environment: Environment,
): readonly PlannedSecret[] {
  return jobs.map((job) => {
    const existing = existingTarget(job, supplied);
    const judgement = judgeTarget(job, existing, now);
    const kept = judgement.action === 'reuse' ? existing?.annotations[RENEW_AFTER_ANNOTATION] : undefined;
    const { apiVersion: _, ...generator } = job.generator;
    const [first, ...others] = job.parts;
    return {
      target: job.target,
      generator,
      action: judgement.action,
      reason: reasonOf(judgement),
      ...sessionOf(first, environment),
      ...(others.length === 0 ? {} : { also: others.map((part) => alsoOf(part, environment)) }),
      renewAfter: kept ?? renewedAfter(job, now),
    };
  });
}

function sessionOf(part: SecretPart, environment: Environment): PlannedSession {
  const { identity } = part.chain;
  return {
    identity: { source: identity.source, description: describeIdentity(identity, environment) },
    hops: hopsOf(part.chain),
    lifetime: lifetimeOf(part.chain),
  };
}

function alsoOf(part: SecretPart, environment: Environment): PlannedSession & Pick<PlannedSecret, 'generator'> {
  const { apiVersion: _, ...generator } = part.generator;
  return { generator, ...sessionOf(part, environment) };
}

function reasonOf(judgement: Judgement): PlannedReason {
  switch (judgement.action) {
    case 'reuse':
      return 'valid';
    case 'renew':
      return 'due';
    case 'mint':
      return judgement.because;
  }
}

function hopsOf({ identity, hops }: Chain): PlannedHop[] {
  const named = hops.map(toPlanned);
  return identity.source === 'serviceAccount' ? [{ roleOf: 'serviceAccount' }, ...named] : named;
}

function toPlanned(hop: Hop): PlannedHop {
  const { region } = hop;
  if (!isRoleHop(hop)) return { operation: actionOf(hop), region };
  const { roleArn: role, sessionName, durationSeconds: sessionDuration } = hop.request;
  return { role, region, sessionName, sessionDuration };
}

function renewedAfter({ parts }: Job, issuedAt: Date): string {
  const lives = parts.map((part) => {
    const expiration = new Date(issuedAt.getTime() + lifetimeOf(part.chain) * 1000);
    return { part, issuedAt, expiration };
  });
  return wholeSeconds(timesOf(lives)?.renewAfter ?? issuedAt);
}
