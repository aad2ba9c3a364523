import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { type Finding, finding, hasErrors } from '../../api/finding.ts';
import type { Prepared, SecretManifest } from '../../api/flow.ts';
import { describeObject, type ObjectRef, secretKey, secretObject } from '../../api/kinds.ts';
import { isUsable, standing } from '../../story/standing.ts';
import type { Call, Service } from './call.ts';
import { checkTargets, checkTemplates } from './check-targets.ts';
import { type Composite, readComposite } from './composite.ts';
import { ask, finish, refuse } from './end-call.ts';
import { isFatal } from './explain.ts';
import { findObserved, findRequired, type Shown } from './find-objects.ts';
import { keepObserved } from './keep-observed.ts';
import { makeSecrets } from './make-secrets.ts';
import { isAwaited, prepareStep } from './prepare-step.ts';
import { needsNamespace, readStep, type Step } from './read-step.ts';
import { type Composed, composedKey, isOurSecret } from './response.ts';
import { supplyFromRequest } from './supply-request.ts';

/** One call of the engine: reads the step, asks for what it has to see, makes what is due, and says again what stays. */
export async function runFunction(request: RunFunctionRequest, signal: AbortSignal, service: Service): Promise<Call> {
  const composite = readComposite(request);
  const namespace = findNamespace(request, composite);
  if (namespace?.shown === undefined && namespace !== undefined)
    return ask(request, composite, [{ object: namespace.object }], readStep(request, null));
  const read = readStep(request, namespace?.shown?.labels ?? null);
  const { policy, findings: policyFindings } = service.readPolicy();
  const now = service.world.now();
  const { prepared, step, ...generators } = await prepareStep(request, read, composite, { service, policy, now });
  const also = [...(namespace === undefined ? [] : [{ object: namespace.object }]), ...generators.required];
  const wait = (errors: readonly Finding[]) => {
    const kept = { composed: keepObserved(request, composite, now), made: [] };
    return finish(request, composite, step, { ...kept, errors, findings: errors, required: also, service, now });
  };
  if (step.faults.length === 0 && step.waits.length > 0) return wait(step.waits);
  const faults = [
    ...policyFindings,
    ...step.faults,
    ...withoutConsequences(prepared.findings, step),
    ...checkTargets(prepared.jobs, composite),
    ...checkTemplates(prepared.jobs, request),
  ];
  const taken = [...faults, ...checkKeys(prepared, request, composite)];
  if (hasErrors(taken.filter((one) => !isAwaited(one)))) return refuse(request, composite, step, taken);
  if (generators.isIncomplete) return ask(request, composite, also, step);
  if (taken.some(isAwaited)) return wait(taken.filter(isAwaited));
  const seen = supplyFromRequest(prepared, request, composite, service.memory);
  const required = [...also, ...seen.required];
  if (seen.isIncomplete) return ask(request, composite, required, step);
  const free = prepared.jobs.filter(({ target }) => !seen.foreign.has(secretKey(target)));
  const made = await makeSecrets({ ...prepared, jobs: free }, seen.supplied, composite.uid, signal, service);
  const errors = [...seen.foreign.values(), ...made.findings.filter(isProblem)];
  if (errors.some(isFatal)) return refuse(request, composite, step, errors);
  const composed = compose(prepared, request, composite, made.secrets, seen.supplied);
  const findings = [...prepared.findings, ...made.findings.filter((one) => !isProblem(one)), ...errors];
  const issued = prepared.settings.mode === 'mint' ? made.secrets : []; // a placeholder holds no session
  return finish(request, composite, step, { composed, made: issued, errors, findings, required, service, now });
}

/** Undefined when the namespace is not needed. A cluster-scoped composite has none: nobody has to look. */
function findNamespace(
  request: RunFunctionRequest,
  { namespace }: Composite,
): { object: ObjectRef; shown: Shown | null | undefined } | undefined {
  if (namespace === undefined || !needsNamespace(request)) return undefined;
  const object = { apiVersion: 'v1', kind: 'Namespace', name: namespace };
  return { object, shown: findRequired(request, object) };
}

/** A variable that could not be resolved has no value, which is not to be said once more. */
function withoutConsequences(findings: readonly Finding[], { faults }: Step): Finding[] {
  const variables = faults.flatMap(({ field }) => /^vars\.[^.]+/.exec(field ?? '')?.[0] ?? []);
  return findings.filter(({ field }) => !variables.some((variable) => field === `${variable}.value`));
}

/** What keeps credentials from being as they are wanted. */
function isProblem({ code, severity }: Finding): boolean {
  return severity === 'error' || code === 'RENEWAL_FAILED';
}

/** A key that another step uses for something else. */
function checkKeys({ jobs }: Prepared, request: RunFunctionRequest, composite: Composite): Finding[] {
  return jobs.flatMap(({ generator, target }) => {
    const key = composedKey(target, composite);
    const resources = request.desired?.resources ?? {};
    const other = Object.hasOwn(resources, key) ? resources[key]?.resource : undefined;
    if (other === undefined || isOurSecret(other)) return [];
    const message = `cannot write ${describeObject(secretObject(target))} for ${describeObject(generator)}: an earlier step has a resource of that key. Rename one of them.`;
    return [finding('TARGET_CONFLICT', message, { object: generator })];
  });
}

/** Each job's Secret: the new one, or as it is. */
function compose(
  prepared: Prepared,
  request: RunFunctionRequest,
  composite: Composite,
  made: readonly SecretManifest[],
  supplied: ReturnType<typeof supplyFromRequest>['supplied'],
): Composed[] {
  return prepared.jobs.flatMap((job) => {
    const key = secretKey(job.target);
    const fresh = made.find(({ metadata }) => secretKey(metadata) === key);
    const secret = fresh ?? standing(job, prepared, supplied).secret;
    if (secret === undefined || !isOurSecret(secret)) return [];
    const observed = findObserved(request, job.target, composite);
    const shown = observed && standing(job, prepared, new Map([[key, observed]])).secret;
    return [{ secret, isReady: shown !== undefined && isUsable(job, shown, prepared.now) }];
  });
}
