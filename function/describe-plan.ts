import { RENEW_AFTER_ANNOTATION } from './api/annotations.ts';
import { type Finding, finding } from './api/finding.ts';
import type { Prepared } from './api/flow.ts';
import { describeObject, secretKey, secretObject } from './api/kinds.ts';
import type { Job } from './api/plan.ts';
import { quote } from './api/quote.ts';
import { type Supplied, suppliedObject } from './api/supplied.ts';
import { describeIdentity } from './identity/describe-identity.ts';
import { type Judgement, judgeTarget } from './secret/judge-target.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What a run would do about each Secret and why: identity, hops, lifetime, renewal. One line each, since kpt shows standard
 * error as one line, which a table would not survive.
 */
export function describePlan({ jobs, now }: Prepared, supplied: Supplied, environment: Environment): Finding[] {
  return jobs.map((job) => {
    const object = secretObject(job.target);
    const existing = suppliedObject(supplied, secretKey(job.target));
    const judgement = judgeTarget(job, existing, now);
    const renewAfter = existing?.annotations[RENEW_AFTER_ANNOTATION];
    const message = `${describeObject(object)}: ${decision(judgement, renewAfter)}; ${chain(job, environment)}.`;
    return finding('PLAN', message, { object: job.generator });
  });
}

const REASONS: Readonly<Record<Extract<Judgement, { action: 'mint' }>['because'], string>> = {
  absent: 'there is none yet',
  placeholder: 'it is a placeholder',
  specChanged: 'its spec has changed',
  notEncrypted: 'it is not encrypted',
  keysMissing: 'keys are missing in it',
  timesUnreadable: 'its times cannot be believed',
  expired: 'it has expired',
};

function decision(judgement: Judgement, renewAfter: string | undefined): string {
  switch (judgement.action) {
    case 'reuse':
      return `reuse, until ${renewAfter}`;
    case 'renew':
      return 'renew, since it is due';
    case 'mint':
      return `mint, since ${REASONS[judgement.because]}`;
  }
}

function chain({ plan }: Job, environment: Environment): string {
  const account = plan.identity.source === 'serviceAccount' ? ['the role of the ServiceAccount'] : [];
  const roles = [...account, ...plan.hops.map(({ request }) => quote(request.roleArn))];
  const seconds = plan.hops.at(-1)?.request.durationSeconds;
  return `${describeIdentity(plan.identity, environment)}, then ${roles.join(', then ')}, for ${seconds} seconds`;
}
