import { Deadline } from '../../api/deadline.ts';
import { type Finding, FindingError, hasErrors } from '../../api/finding.ts';
import { type ObjectRef, secretKey } from '../../api/kinds.ts';
import { relocate } from '../../story/standing.ts';
import { bucketsOf } from './buckets.ts';
import type { Call, Service } from './call.ts';
import { checkRequest } from './check-request.ts';
import { checkTargets } from './check-targets.ts';
import { compose, keepObserved } from './compose.ts';
import { readComposite } from './composite.ts';
import { askCrossplane, type Ended, finish, refuse } from './end-call.ts';
import { isFatal, isLimited, isOfOneObject } from './explain.ts';
import { readObserved, requiredIn } from './find-objects.ts';
import { makeSecrets } from './make-secrets.ts';
import { isAwaited, ofUnseen, prepareStep, withoutAwaited } from './prepare-step.ts';
import { needsNamespace, readStep } from './read-step.ts';
import type { Received } from './request-reader.ts';
import { supplyFromRequest } from './supply-request.ts';

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
  const taken = await prepareStep(call, step, policy);
  const { prepared, consumed, unseen, isIncomplete } = taken;
  const also = [...(namespace === undefined ? [] : [namespace]), ...unseen];
  const stepFaults = [...step.faults, ...taken.faults];
  if (stepFaults.length === 0 && step.waits.length > 0) {
    if (isIncomplete) return askCrossplane(call, also, consumed);
    const kept = { composed: keepObserved(call, []), made: [], errors: step.waits, findings: step.waits };
    return finish(call, { ...kept, consumed, required: also, ttlSeconds });
  }
  const targetFaults = checkTargets(prepared.jobs, consumed, call).map((one) => relocate(one, prepared.specPaths));
  const faults = [...stepFaults, ...prepared.findings, ...targetFaults];
  const awaited = [...prepared.findings.filter((one) => isAwaited(one, unseen)), ...ofUnseen(targetFaults, unseen)];
  const theirs = new Set(awaited);
  const others = faults.filter((one) => !theirs.has(one));
  if (hasErrors(others)) return refuse(call, faults, consumed);
  if (isIncomplete) return askCrossplane(call, also, consumed);
  const ready = withoutAwaited(taken, awaited);
  const seen = supplyFromRequest(ready, call);
  const required = [...also, ...seen.required];
  if (seen.isIncomplete) return askCrossplane(call, required, consumed);
  const free = ready.jobs.filter(({ target }) => !seen.untouched.has(secretKey(target)));
  const whose = { compositeUid: composite.uid, bucketOf: bucketsOf(prepared, step.desired, composite) };
  const made = await makeSecrets({ ...ready, jobs: free }, seen.supplied, whose, signal, service);
  const problems = [...seen.untouched.values(), ...seen.changed, ...made.findings.filter(isProblem)];
  const errors = [...awaited, ...problems];
  const isRefused = problems.some((one) => isFatal(one) && !isOfOneObject(one)); // the step's own were judged above
  if (isRefused) return refuse(call, errors, consumed);
  const known = compose(call, ready.jobs, made.secrets, seen.supplied);
  const composed = awaited.length === 0 ? known : [...known, ...keepObserved(call, known)];
  const findings = [...others, ...made.findings.filter((one) => !isProblem(one)), ...errors];
  const issued = prepared.settings.mode === 'mint' ? made.secrets : []; // a placeholder holds no session
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
