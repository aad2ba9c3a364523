import { type Finding, FindingError, finding, hasErrors } from '../findings/finding.ts';
import type { Sayable } from '../findings/say.ts';
import { RENEW_AFTER_ANNOTATION } from '../model/annotations.ts';
import { keyOfSecret } from '../model/kinds.ts';
import { timeOf } from '../secret/renewal.ts';
import { auditRefusals } from './audit.ts';
import { compose, keepObserved } from './compose.ts';
import { draftStep } from './draft-step.ts';
import { askCrossplane, type CallResult, finish, NO_NEWS, refuse, statesOf } from './end-call.ts';
import { isLimited } from './explain.ts';
import { bucketsOf, issueSecrets } from './issue-secrets.ts';
import { planStep } from './plan-step.ts';
import { type Call, type DecodedRequest, readCall } from './read-request.ts';
import { readStep } from './read-step.ts';
import type { Service } from './shared-state.ts';

/** One call of RunFunction: reads the step, requires what it lacks, issues what is due, and keeps the other Secrets. */
export async function runFunction(request: DecodedRequest, signal: AbortSignal, service: Service): Promise<CallResult> {
  const call = readCall(request, service, signal);
  const unanswerable = checkRequest(call);
  if (unanswerable.length > 0) return refuse(call, unanswerable, []);
  try {
    return await runStep(call, signal);
  } catch (error) {
    if (error instanceof FindingError) return refuse(call, [error.finding], []); // the request is too large, or the time is up
    throw error;
  }
}

async function runStep(call: Call, signal: AbortSignal): Promise<CallResult> {
  const policyFile = call.service.readPolicy();
  if (hasErrors(policyFile.findings)) return refuse(call, policyFile.findings, []); // without its Policy nothing may be issued

  const step = readStep(call);
  const { maxTtlSeconds, valueFaults } = step;
  if (step.isIncomplete) return askCrossplane(call, step.needs, []);

  const drafted = await draftStep(call, step, policyFile);
  const { draft, replacedKeys, generatorFaults } = drafted;
  const bucketOf = bucketsOf(draft.writtenKeyByKey, drafted.mayBeOurs, call);
  const auditing = { call, policyDigest: policyFile.digest, bucketOf };
  if (hasErrors(drafted.findings)) {
    const decisions = draft.jobs.map((job) => ({ job }));
    auditRefusals(decisions, drafted.findings.filter(isProblem), auditing);
    return refuse(call, drafted.findings, replacedKeys);
  }
  if (drafted.isIncomplete) return askCrossplane(call, drafted.needs, replacedKeys);
  if (drafted.lacksValues) {
    const secrets = keepObserved(call, [], replacedKeys);
    const observed = { ...NO_NEWS, states: statesOf(secrets, call.now), secrets, wantedCount: 0 };
    const values = { problems: valueFaults, findings: valueFaults };
    return finish(call, { ...observed, ...values, replacedKeys, needs: drafted.needs, maxTtlSeconds });
  }

  const planned = await planStep(call, draft);
  const needs = [...drafted.needs, ...planned.needs];
  if (planned.isIncomplete) return askCrossplane(call, needs, replacedKeys);

  const outcome = await issueSecrets(planned.writable, { ...auditing, signal, plan: planned.plan });
  // any error of the step itself refused it above: these are of jobs, and hold back no others
  const problems = [...generatorFaults, ...planned.faults, ...outcome.findings.filter(isProblem)];
  auditRefusals([...planned.plan.decisions, ...drafted.jobsLeftOut.map((job) => ({ job }))], problems, auditing);
  const own = compose(call, planned.plan.decisions, outcome.secrets);
  const kept = generatorFaults.length === 0 ? [] : keepObserved(call, own, replacedKeys);
  const secrets = [...own, ...kept];
  const findings = [...drafted.findings, ...outcome.findings.filter((finding) => !isProblem(finding)), ...problems];
  const { waitMilliseconds, newSecrets, newFindings } = outcome;
  const wantedCount = draft.jobs.length + drafted.jobsWaiting;
  const issuedKeys = new Set(outcome.secrets.map(({ metadata }) => keyOfSecret(metadata)));
  const states = planned.plan.decisions.map(({ job, verdict, existing }) => {
    const target = keyOfSecret(job.target);
    const renewAfter = existing ? timeOf(existing, RENEW_AFTER_ANNOTATION) : undefined;
    const isEarly = verdict?.because === 'forceSync' && renewAfter !== undefined && renewAfter > call.now.getTime();
    return { target, isLate: verdict?.do !== 'keep' && !isEarly && !issuedKeys.has(target) };
  });
  const news = {
    newSecrets,
    newFailures: newFindings.filter((problem) => isProblem(problem) && !isLimited(problem)),
    states: [...states, ...statesOf(kept, call.now)],
  };
  const messages = { problems, findings, maxTtlSeconds, waitMilliseconds };
  return finish(call, { ...news, ...messages, secrets, wantedCount, replacedKeys, needs });
}

/** True for a finding that makes the condition False: there are no credentials, or none are renewed. */
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
