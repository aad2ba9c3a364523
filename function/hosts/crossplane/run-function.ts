import { Deadline } from '../../api/deadline.ts';
import { type Finding, FindingError, hasErrors } from '../../api/finding.ts';
import { type ObjectRef, secretKey } from '../../api/kinds.ts';
import { asWritten } from '../../planner/draft.ts';
import { type Plan, plan } from '../../planner/plan.ts';
import { untilResolved } from '../../planner/until-resolved.ts';
import type { Call, Service } from './call.ts';
import { checkTargets } from './check-targets.ts';
import { draftStep, isAwaited, ofUnseen, withoutAwaited } from './draft-step.ts';
import { askCrossplane, type Ended, finish, refuse } from './end-call.ts';
import { isFatal, isLimited, isOfOneObject } from './explain.ts';
import { makeSecrets } from './make-secrets.ts';
import { bucketsOf } from './minting-limit.ts';
import { checkRequest, type Received } from './read-request.ts';
import { needsNamespace, readStep } from './read-step.ts';
import { RequestResolver } from './resolve-from-request.ts';
import { compose, keepObserved } from './response.ts';
import { readComposite, readObserved, requiredIn } from './shown-objects.ts';

/** One call of the engine: reads the step, asks for what it has to see, makes what is due, and says again what stays. */
export async function runFunction(request: Received, signal: AbortSignal, service: Service): Promise<Ended> {
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
    if (error instanceof FindingError) return refuse(call, [error.finding], []); // too much, or too late
    throw error;
  }
}

async function answer(call: Call, signal: AbortSignal): Promise<Ended> {
  const { composite, required: find, service } = call;
  const { policy, findings: policyFaults } = service.readPolicy();
  if (hasErrors(policyFaults)) return refuse(call, policyFaults, []); // a guard that is not there lets nothing pass
  const namespace = namespaceOf(call);
  const shown = namespace && find(namespace.object);
  if (namespace !== undefined && shown === undefined) return askCrossplane(call, [namespace], []);
  const step = readStep(call, shown?.labels ?? null);
  const { ttlSeconds } = step;
  const taken = await draftStep(call, step, policy);
  const { drafted, consumed, unseen, isIncomplete } = taken;
  const also = [...(namespace === undefined ? [] : [namespace]), ...unseen];
  const stepFaults = [...step.faults, ...taken.faults];
  if (stepFaults.length === 0 && step.waits.length > 0) {
    if (isIncomplete) return askCrossplane(call, also, consumed);
    const kept = { composed: keepObserved(call, []), made: [], errors: step.waits, findings: step.waits };
    return finish(call, { ...kept, consumed, required: also, ttlSeconds });
  }
  const targetFaults = asWritten(checkTargets(drafted.jobs, consumed, call), drafted);
  const faults = [...stepFaults, ...drafted.findings, ...targetFaults];
  const awaited = [...drafted.findings.filter((one) => isAwaited(one, unseen)), ...ofUnseen(targetFaults, unseen)];
  const theirs = new Set(awaited);
  const others = faults.filter((one) => !theirs.has(one));
  if (hasErrors(others)) return refuse(call, faults, consumed);
  if (isIncomplete) return askCrossplane(call, also, consumed);
  const ready = withoutAwaited(taken, awaited);
  const resolver = new RequestResolver(call, ready.jobs);
  const { environment } = service.world.ambient;
  const { decided: planned, known } = await untilResolved<Plan>(
    (found, before) => plan(ready, found, { now: call.now, environment }, before),
    (needs) => resolver.resolve(needs),
  );
  const required = [...also, ...resolver.required];
  if ([...known.values()].includes('asked')) return askCrossplane(call, required, consumed);
  const { untouched, changed } = resolver;
  const free = planned.decisions.filter(({ job }) => !untouched.has(secretKey(job.target)));
  const whose = { compositeUid: composite.uid, bucketOf: bucketsOf(drafted, step.desired, composite) };
  const timing = { signal, deadline: call.deadline };
  const made = await makeSecrets(planned, free, whose, timing, service);
  const problems = [...untouched.values(), ...changed, ...made.findings.filter(isProblem)];
  const errors = [...awaited, ...problems];
  const isRefused = problems.some((one) => isFatal(one) && !isOfOneObject(one)); // the step's own were judged above
  if (isRefused) return refuse(call, errors, consumed);
  const wanted = compose(call, planned.decisions, made.secrets);
  const composed = awaited.length === 0 ? wanted : [...wanted, ...keepObserved(call, wanted)];
  const findings = [...others, ...made.findings.filter((one) => !isProblem(one)), ...errors];
  const issued = drafted.settings.mode === 'mint' ? made.secrets : []; // a placeholder holds no session
  const { waitMilliseconds } = made;
  return finish(call, { composed, made: issued, errors, findings, consumed, required, ttlSeconds, waitMilliseconds });
}

/** The composite's namespace, where it has to be seen. A cluster-scoped composite has none: nobody has to look. */
function namespaceOf({ request, composite: { namespace } }: Call): { readonly object: ObjectRef } | undefined {
  if (namespace === undefined || !needsNamespace(request)) return undefined;
  return { object: { apiVersion: 'v1', kind: 'Namespace', name: namespace } };
}

/** What keeps credentials from being as they are wanted. */
function isProblem(one: Finding): boolean {
  return one.severity === 'error' || one.code === 'RENEWAL_FAILED' || isLimited(one);
}
