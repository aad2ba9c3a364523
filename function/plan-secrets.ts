import { RENEW_AFTER_ANNOTATION } from './api/annotations.ts';
import type { Prepared } from './api/flow.ts';
import { actionOf, type Hop, isRoleHop, lifetimeOf } from './api/hop.ts';
import { secretKey } from './api/kinds.ts';
import type { Job, Plan } from './api/plan.ts';
import type { PlannedHop, PlannedReason, PlannedSecret } from './api/planned-secret.ts';
import { type Supplied, suppliedObject } from './api/supplied.ts';
import { wholeSeconds } from './api/whole-seconds.ts';
import { describeIdentity } from './identity/describe-identity.ts';
import { type Judgement, judgeTarget } from './secret/judge-target.ts';
import { generatorMark } from './secret/ownership.ts';
import { renewAfter } from './secret/renew-after.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a run would do about each Secret and why: identity, hops, lifetime, renewal. Nobody is asked for anything. */
export function planSecrets(
  { jobs, now }: Prepared,
  supplied: Supplied,
  environment: Environment,
): readonly PlannedSecret[] {
  return jobs.map((job) => {
    const existing = suppliedObject(supplied, secretKey(job.target));
    const judgement = judgeTarget(job, existing, now);
    const kept = judgement.action === 'reuse' ? existing?.annotations[RENEW_AFTER_ANNOTATION] : undefined;
    const { apiVersion: _, ...generator } = job.generator;
    return {
      target: job.target,
      generator,
      action: judgement.action,
      reason: reasonOf(judgement),
      identity: {
        source: job.plan.identity.source,
        description: describeIdentity(job.plan.identity, environment),
      },
      hops: hopsOf(job.plan),
      lifetime: lifetimeOf(job.plan),
      renewAfter: kept ?? renewedAfter(job, now),
    };
  });
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

function hopsOf({ identity, hops }: Plan): PlannedHop[] {
  const named = hops.map(toPlanned);
  return identity.source === 'serviceAccount' ? [{ roleOf: 'serviceAccount' }, ...named] : named;
}

function toPlanned(hop: Hop): PlannedHop {
  const { region } = hop;
  if (!isRoleHop(hop)) return { operation: actionOf(hop), region };
  const { roleArn: role, sessionName, durationSeconds: sessionDuration } = hop.request;
  return { role, region, sessionName, sessionDuration };
}

function renewedAfter(job: Job, issuedAt: Date): string {
  const askedSeconds = lifetimeOf(job.plan);
  const expiration = new Date(issuedAt.getTime() + askedSeconds * 1000);
  const generator = generatorMark(job.generator);
  return wholeSeconds(renewAfter({ issuedAt, expiration, askedSeconds, generator, renewal: job.renewal }));
}
