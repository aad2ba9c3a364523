import { type Finding, FindingError, finding, hasErrors } from '../findings/finding.ts';
import type { Sayable } from '../findings/say.ts';
import { RENEW_AFTER_ANNOTATION } from '../model/annotations.ts';
import { keyOfSecret } from '../model/kinds.ts';
import type { SecretManifest } from '../model/outcome.ts';
import { Deadline } from '../model/run-limits.ts';
import type { Decision } from '../planner/plan.ts';
import { timeIn } from '../secret/renewal.ts';
import { auditRefusals } from './audit.ts';
import { compose, keepObserved } from './compose.ts';
import { decodeRequest, type SentRequest } from './decode-request.ts';
import { draftStep } from './draft-step.ts';
import { askCrossplane, type CallResult, finish, latenessOf, NO_RESULT, refuse } from './end-call.ts';
import { isLimited } from './explain.ts';
import { bucketsOf, issueSecrets } from './issue-secrets.ts';
import { planStep } from './plan-step.ts';
import { type Call, readCall } from './read-request.ts';
import { readStep } from './read-step.ts';
import type { Service } from './shared-state.ts';
import { TurnMissed } from './turns.ts';

/**
 * One call of RunFunction: reads the step, requires what it lacks, issues what is due, and keeps the other Secrets.
 * @throws TurnMissed when the time is over while it computes; UnreadableRequest.
 */
export async function runFunction(sent: SentRequest, signal: AbortSignal, service: Service): Promise<CallResult> {
  const deadline = new Deadline(service.world.ambient.environment);
  const takeTurn = service.turns.of(sent.caller, () => AbortSignal.any([signal, deadline.signal()]));
  const call = await takeTurn(() => readCall(decodeRequest(sent), { signal, deadline, takeTurn, service }));
  const unanswerable = checkRequest(call);
  if (unanswerable.length > 0) return refuse(call, unanswerable, []);
  try {
    return await runStep(call);
  } catch (error) {
    if (!(error instanceof FindingError)) throw error;
    if (error.finding.code === 'DEADLINE_PASSED') throw new TurnMissed(); // the work of others may have taken the time
    return refuse(call, [error.finding], []); // the request is too large
  }
}

async function runStep(call: Call): Promise<CallResult> {
  const policyFile = call.service.currentPolicy();
  if (hasErrors(policyFile.findings)) return refuse(call, policyFile.findings, []); // without its Policy nothing may be issued

  const step = readStep(call);
  // grpc-js holds the request until it is answered: a value of a tenant's composite takes twenty times its bytes
  call.request.observed = undefined;
  const { maxTtlSeconds, valueFaults } = step;
  if (step.isIncomplete) return askCrossplane(call, step.requirements, []);

  const drafted = await draftStep(call, step, policyFile);
  const { draft, replacedKeys, generatorFaults } = drafted;
  const bucketOf = bucketsOf(draft.writtenKeys, drafted.ownResources, call);
  const context = { call, policyDigest: policyFile.digest, bucketOf };
  if (hasErrors(drafted.findings)) {
    const refusedJobs = draft.jobs.map((job) => ({ job }));
    auditRefusals(refusedJobs, drafted.findings.filter(isProblem), context);
    return refuse(call, drafted.findings, replacedKeys);
  }
  if (drafted.isIncomplete) return askCrossplane(call, drafted.requirements, replacedKeys);
  const wantedCount = draft.secretCount + drafted.waitingCount;
  if (drafted.lacksValues) {
    const secrets = keepObserved(call, [], replacedKeys);
    const lateness = latenessOf(secrets, call.now);
    const values = { problems: valueFaults, findings: valueFaults, requirements: drafted.requirements };
    return finish(call, { ...NO_RESULT, ...values, secrets, lateness, wantedCount, replacedKeys, maxTtlSeconds });
  }

  const planned = await planStep(call, draft);
  const { decisions } = planned.plan;
  const requirements = [...drafted.requirements, ...planned.requirements];
  call.request.requiredResources = {}; // the plan has the texts that it needs of them
  if (planned.isIncomplete) return askCrossplane(call, requirements, replacedKeys);

  const ends = await issueSecrets(planned.writable, { ...context, plan: planned.plan });
  // any error of the step itself refused it above: these are of jobs, and hold back no others
  const problems = [...generatorFaults, ...planned.targetProblems, ...ends.findings.filter(isProblem)];
  auditRefusals([...decisions, ...drafted.jobsLeftOut.map((job) => ({ job }))], problems, context);

  const composed = compose(call, planned.plan, ends.secrets);
  const kept = generatorFaults.length === 0 ? [] : keepObserved(call, composed, replacedKeys);
  return finish(call, {
    secrets: [...composed, ...kept],
    newSecrets: ends.newSecrets,
    newFailures: ends.newFindings.filter(isProblem),
    lateness: [...latenessAfter(decisions, ends.secrets, call.now), ...latenessOf(kept, call.now)],
    problems,
    findings: [...drafted.findings, ...ends.findings.filter((finding) => !isProblem(finding)), ...problems],
    wantedCount,
    replacedKeys,
    requirements,
    maxTtlSeconds,
    waitMilliseconds: ends.waitMilliseconds,
  });
}

/**
 * Whether each decided Secret is late: past its renewal, or without a valid session. One that is renewed by `force-sync` alone, before it is
 * due, is not.
 */
function latenessAfter(decisions: readonly Decision[], secrets: readonly SecretManifest[], now: Date) {
  const issuedTargets = new Set(secrets.map(({ metadata }) => keyOfSecret(metadata)));
  return decisions.map(({ job, verdict, existing }) => {
    const target = keyOfSecret(job.target);
    const renewAfter = existing ? timeIn(existing, RENEW_AFTER_ANNOTATION) : undefined;
    const isEarly = verdict?.because === 'forceSync' && renewAfter !== undefined && renewAfter > now.getTime();
    return { target, isLate: verdict?.do !== 'keep' && !isEarly && !issuedTargets.has(target) };
  });
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
