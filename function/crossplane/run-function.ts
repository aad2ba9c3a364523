import { CODES } from '../findings/codes.ts';
import { type Finding, FindingError, finding, hasErrors } from '../findings/finding.ts';
import type { Sayable } from '../findings/say.ts';
import { compose, keepObserved } from './compose.ts';
import { draftStep } from './draft-step.ts';
import { askCrossplane, type CallResult, finish, refuse } from './end-call.ts';
import { isFatal, isLimited } from './explain.ts';
import { bucketsOf, issueSecrets } from './issue-secrets.ts';
import { planStep } from './plan-step.ts';
import { type Call, type DecodedRequest, readCall } from './read-request.ts';
import { readStep } from './read-step.ts';
import type { Service } from './shared-state.ts';

/** One call of RunFunction: reads the step, requires what it lacks, issues what is due, and keeps the other Secrets. */
export async function runFunction(request: DecodedRequest, signal: AbortSignal, service: Service): Promise<CallResult> {
  const call = readCall(request, service);
  const unanswerable = checkRequest(call);
  if (unanswerable.length > 0) return refuse(call, unanswerable, []);
  try {
    return await answer(call, signal);
  } catch (error) {
    if (error instanceof FindingError) return refuse(call, [error.finding], []); // the request is too large, or the time is up
    throw error;
  }
}

async function answer(call: Call, signal: AbortSignal): Promise<CallResult> {
  const { policy, findings: policyFaults } = call.service.readPolicy();
  if (hasErrors(policyFaults)) return refuse(call, policyFaults, []); // without its Policy nothing may be issued

  const step = readStep(call);
  const { ttlSeconds, missingValues } = step;
  if (step.isIncomplete) return askCrossplane(call, step.needs, []);

  const drafted = await draftStep(call, step, policy);
  const { draft, consumedKeys, missingGenerators } = drafted;
  if (hasErrors(drafted.findings)) return refuse(call, drafted.findings, consumedKeys);
  if (drafted.isIncomplete) return askCrossplane(call, drafted.needs, consumedKeys);
  if (drafted.lacksValues) {
    return finish(call, {
      secrets: keepObserved(call, []),
      secretCount: 0,
      newSecrets: [],
      errors: missingValues,
      findings: missingValues,
      consumedKeys,
      requirements: drafted.needs,
      ttlSeconds,
    });
  }

  const planned = await planStep(call, draft);
  const requirements = [...drafted.needs, ...planned.required];
  if (planned.isIncomplete) return askCrossplane(call, requirements, consumedKeys);

  const bucketOf = bucketsOf(draft.keysAsWritten, drafted.desired, call.composite);
  const issued = await issueSecrets(planned.writable, { call, signal, plan: planned.plan, bucketOf });
  const problems = [...planned.faults, ...issued.findings.filter(isProblem)];
  const errors = [...missingGenerators, ...problems];
  const isRefused = problems.some((finding) => isFatal(finding) && !CODES[finding.code].isOfOneObject); // findings of the step were handled above
  if (isRefused) return refuse(call, errors, consumedKeys);

  const own = compose(call, planned.plan.decisions, issued.secrets);
  const secrets = missingGenerators.length === 0 ? own : [...own, ...keepObserved(call, own)];
  const newSecrets = draft.purpose.mints ? issued.secrets : []; // a placeholder holds no session
  const findings = [...drafted.findings, ...issued.findings.filter((finding) => !isProblem(finding)), ...errors];
  const { waitMilliseconds } = issued;
  const secretCount = draft.jobs.length + drafted.jobsWaiting;
  return finish(call, {
    secrets,
    secretCount,
    newSecrets,
    errors,
    findings,
    consumedKeys,
    requirements,
    ttlSeconds,
    waitMilliseconds,
  });
}

/** True for a finding that keeps credentials from being ready. */
function isProblem(finding: Finding): boolean {
  return finding.severity === 'error' || finding.code === 'RENEWAL_FAILED' || isLimited(finding);
}

/** Faults of the request itself, not of its step. */
function checkRequest({ request, composite }: Call): Finding[] {
  const faults: Sayable[] = [];
  // the response would lack the key: Crossplane would delete a desired resource of that name
  if (request.hasLostKey)
    faults.push(
      'cannot read the request: it has a key `__proto__`, which JavaScript programs drop. Choose another name.',
    );
  // an Operation's resources are not sent to a later one: nobody would renew or delete a Secret
  if (composite.name === '')
    faults.push(
      'cannot answer the request: it shows no composite resource, as in an Operation, which is not supported. Use the function in a Composition.',
    );
  return faults.map((text) => finding('FUNCTION_CONFIG_INVALID', text));
}
