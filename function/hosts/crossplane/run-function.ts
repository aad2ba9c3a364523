import { type Finding, FindingError, hasErrors } from '../../findings/finding.ts';
import type { ObjectRef } from '../../findings/say.ts';
import { secretKey } from '../../model/kinds.ts';
import { isAsked } from '../../model/known.ts';
import { Deadline } from '../../model/run-limits.ts';
import { type Plan, plan, untilResolved } from '../../planner/plan.ts';
import type { Call, Service } from './call.ts';
import { checkTargets } from './check-targets.ts';
import { draftStep, faultsOfClusterNeeds, isAwaited, withoutAwaited } from './draft-step.ts';
import { askCrossplane, type CallResult, finish, refuse } from './end-call.ts';
import { isAboutOneObject, isFatal, isLimited } from './explain.ts';
import { issueSecrets } from './issue-secrets.ts';
import { bucketsOf } from './minting-limit.ts';
import { checkRequest, type Received } from './read-request.ts';
import { needsNamespace, readStep } from './read-step.ts';
import { readComposite, readObserved, requiredIn } from './request-objects.ts';
import { RequestResolver } from './resolve-from-request.ts';
import { compose, keepObserved } from './response.ts';

/** One call of RunFunction: reads the step, requires what it lacks, issues what is due, and keeps the other Secrets. */
export async function runFunction(request: Received, signal: AbortSignal, service: Service): Promise<CallResult> {
  const deadline = new Deadline(service.world.ambient.environment);
  const composite = readComposite(request);
  const observed = readObserved(request, composite);
  const required = requiredIn(request);
  const call = { request, composite, observed, required, now: service.world.now(), deadline, service };
  const unanswerable = checkRequest(request);
  if (hasErrors(unanswerable)) return refuse(call, unanswerable, []);
  try {
    return await answer(call, signal);
  } catch (error) {
    if (error instanceof FindingError) return refuse(call, [error.finding], []); // the request is too large, or the time is up
    throw error;
  }
}

async function answer(call: Call, signal: AbortSignal): Promise<CallResult> {
  const { composite, required: find, service } = call;
  const { policy, findings: policyFaults } = service.readPolicy();
  if (hasErrors(policyFaults)) return refuse(call, policyFaults, []); // without its Policy nothing may be issued
  const namespace = namespaceOf(call);
  const shown = namespace && find(namespace.object);
  if (namespace !== undefined && shown === undefined) return askCrossplane(call, [namespace], []);
  const step = readStep(call, shown?.labels ?? null);
  const { ttlSeconds } = step;
  const draftedStep = await draftStep(call, step, policy);
  const { drafted, consumed, clusterNeeds, isIncomplete } = draftedStep;
  const stepNeeds = [...(namespace === undefined ? [] : [namespace]), ...clusterNeeds];
  const stepFaults = [...step.faults, ...draftedStep.faults];
  if (stepFaults.length === 0 && step.waits.length > 0) {
    if (isIncomplete) return askCrossplane(call, stepNeeds, consumed);
    const kept = { composed: keepObserved(call, []), made: [], errors: step.waits, findings: step.waits };
    return finish(call, { ...kept, consumed, required: stepNeeds, ttlSeconds });
  }
  const targetFaults = checkTargets(drafted.jobs, consumed, call);
  const faults = [...stepFaults, ...drafted.findings, ...targetFaults];
  const awaited = [
    ...drafted.findings.filter((one) => isAwaited(one, clusterNeeds)),
    ...faultsOfClusterNeeds(targetFaults, clusterNeeds),
  ];
  const awaitedSet = new Set(awaited);
  const others = faults.filter((one) => !awaitedSet.has(one));
  if (hasErrors(others)) return refuse(call, faults, consumed);
  if (isIncomplete) return askCrossplane(call, stepNeeds, consumed);
  const ready = withoutAwaited(draftedStep, awaited);
  const resolver = new RequestResolver(call, ready.jobs);
  const { environment } = service.world.ambient;
  const { decided: planned, known } = await untilResolved<Plan>(
    (found, before) => plan(ready, found, { now: call.now, environment }, before),
    (needs) => resolver.resolve(needs),
  );
  const required = [...stepNeeds, ...resolver.required];
  if (isAsked(known)) return askCrossplane(call, required, consumed);
  const { unwritable, altered } = resolver;
  const writable = planned.decisions.filter(({ job }) => !unwritable.has(secretKey(job.target)));
  const mintingOwner = { compositeUid: composite.uid, bucketOf: bucketsOf(drafted, step.desired, composite) };
  const timing = { signal, deadline: call.deadline };
  const result = await issueSecrets(planned, writable, mintingOwner, timing, service);
  const problems = [...unwritable.values(), ...altered, ...result.findings.filter(isProblem)];
  const errors = [...awaited, ...problems];
  const isRefused = problems.some((one) => isFatal(one) && !isAboutOneObject(one)); // findings of the step were handled above
  if (isRefused) return refuse(call, errors, consumed);
  const wanted = compose(call, planned.decisions, result.secrets);
  const composed = awaited.length === 0 ? wanted : [...wanted, ...keepObserved(call, wanted)];
  const findings = [...others, ...result.findings.filter((one) => !isProblem(one)), ...errors];
  const issued = drafted.settings.mode === 'mint' ? result.secrets : []; // a placeholder holds no session
  const { waitMilliseconds } = result;
  return finish(call, { composed, made: issued, errors, findings, consumed, required, ttlSeconds, waitMilliseconds });
}

/** The composite's namespace, where a variable needs its labels. A cluster-scoped composite has none. */
function namespaceOf({ request, composite: { namespace } }: Call): { readonly object: ObjectRef } | undefined {
  if (namespace === undefined || !needsNamespace(request)) return undefined;
  return { object: { apiVersion: 'v1', kind: 'Namespace', name: namespace } };
}

/** True for a finding that keeps credentials from being ready. */
function isProblem(one: Finding): boolean {
  return one.severity === 'error' || one.code === 'RENEWAL_FAILED' || isLimited(one);
}
