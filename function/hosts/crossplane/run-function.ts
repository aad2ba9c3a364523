import type { RunFunctionRequest, RunFunctionResponse } from '@crossplane-org/function-sdk-typescript';
import { isReserved } from '../../api/annotations.ts';
import { type Finding, finding, hasErrors } from '../../api/finding.ts';
import type { Prepared, SecretManifest } from '../../api/flow.ts';
import { describeObject, type ObjectRef, secretKey, secretObject } from '../../api/kinds.ts';
import type { SecretForm } from '../../api/plan.ts';
import { prepare } from '../../prepare.ts';
import { expiresAt, isUsable, keep, standing } from '../../standing.ts';
import { checkTargets } from './check-targets.ts';
import { type Composite, readComposite } from './composite.ts';
import { formerCondition, isKnown, type Verdict } from './condition.ts';
import { forOwner, isFatal, reasonOf } from './explain.ts';
import { findObserved, findRequired, type Shown } from './find-objects.ts';
import { makeSecrets, type Shared } from './make-secrets.ts';
import { needsNamespace, readStep, type Step } from './read-step.ts';
import { type Answer, type Composed, composedKey, isOurSecret, toResponse, toResult } from './response.ts';
import { supplyFromRequest } from './supply-request.ts';
import { timeToLive, waitingTime } from './time-to-live.ts';

/** What the operator has set, and what calls share. */
export interface Service extends Shared {
  /** The operator's Policy as it is now. */
  readonly readPolicy: () => { readonly policy?: unknown; readonly findings: readonly Finding[] };
  /** Upper bound of every time to live. */
  readonly ttlSeconds: number;
}

/** How a call ended, for log and metrics: `asking` waits for objects that Crossplane has to show. */
export interface Call {
  readonly response: RunFunctionResponse;
  readonly composite: Composite;
  readonly outcome: 'good' | 'asking' | 'waiting' | 'fatal';
  readonly findings: readonly Finding[];
  readonly made: readonly SecretManifest[];
  readonly composed: readonly Composed[];
}

/** One call of the engine: reads the step, asks for what it has to see, makes what is due, and says again what stays. */
export async function runFunction(request: RunFunctionRequest, signal: AbortSignal, service: Service): Promise<Call> {
  const composite = readComposite(request);
  const namespace = findNamespace(request, composite);
  if (namespace?.shown === undefined && namespace !== undefined)
    return ask(request, composite, [{ object: namespace.object }], readStep(request, null));
  const step = readStep(request, namespace?.shown?.labels ?? null);
  const also = namespace === undefined ? [] : [{ object: namespace.object }];
  const { policy, findings: policyFindings } = service.readPolicy();
  const now = service.world.now();
  if (step.faults.length === 0 && step.waits.length > 0)
    return wait(request, composite, step, { findings: step.waits, required: also, service, now });
  const prepared = await prepare({
    items: step.items,
    functionConfig: step.functionConfig,
    policy,
    now,
    ambient: service.world.ambient,
    owner: { prefix: `${composite.name}-`, values: new Map([['composite', composite.name]]) },
  });
  const faults = [
    ...policyFindings,
    ...step.faults,
    ...withoutConsequences(prepared.findings, step),
    ...checkTargets(prepared.jobs, composite),
  ];
  const taken = [...faults, ...checkKeys(prepared, request, composite)];
  if (hasErrors(taken)) return refuse(request, composite, step, taken);
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

interface Ending extends Pick<Call, 'findings'> {
  readonly service: Service;
  readonly now: Date;
  readonly required: Answer['required'];
}

function finish(
  request: RunFunctionRequest,
  composite: Composite,
  { consumed, ttlSeconds }: Step,
  ending: Ending & { errors: readonly Finding[]; composed: readonly Composed[]; made: readonly SecretManifest[] },
): Call {
  const { composed, made, errors, findings, required, service, now } = ending;
  const former = formerCondition(composite.manifest);
  const bounds = [ttlSeconds, service.ttlSeconds];
  const secrets = composed.map(({ secret }) => secret);
  const isWaiting = errors.some(({ code }) => code !== 'RENEWAL_FAILED');
  const [first] = errors;
  const verdict: Verdict | undefined =
    first !== undefined
      ? { isGood: false, reason: reasonOf(first), message: forOwner(errors) }
      : composed.length === 0
        ? undefined
        : { isGood: true, reason: 'Available', message: '' };
  const isNews = verdict !== undefined && !verdict.isGood && !isKnown(verdict, former);
  const results = [...(isNews ? [toResult('warning', verdict)] : []), ...made.map(announce)];
  const again = first === undefined ? timeToLive(secrets, now, bounds) : waitingTime(former?.since, now, bounds);
  return {
    response: toResponse(request, composite, {
      composed,
      consumed,
      required,
      results,
      ttlSeconds: again,
      isWaiting,
      ...(verdict === undefined ? {} : { verdict }),
    }),
    composite,
    outcome: first === undefined ? 'good' : 'waiting',
    findings,
    made,
    composed,
  };
}

function announce(secret: SecretManifest) {
  const until = expiresAt(secret);
  const end = until === undefined ? '' : ` until ${new Date(until).toISOString().slice(0, 19)}Z`;
  const message = `${describeObject(secretObject(secret.metadata))} has a new session${end}.`;
  return toResult('normal', { reason: 'SessionIssued', message });
}

/**
 * What is wanted is not known yet: every Secret that was made stays, since what is left out is deleted. What an earlier step of
 * this function says of its own is newer than what was observed.
 */
function wait(request: RunFunctionRequest, composite: Composite, step: Step, { findings, ...ending }: Ending): Call {
  const kept = Object.values(request.observed?.resources ?? {}).flatMap(({ resource }) => {
    if (!isOurSecret(resource)) return [];
    const { name, namespace } = (resource?.metadata ?? {}) as { name: string; namespace?: string }; // the API server's
    const target = { name, ...(namespace === undefined ? {} : { namespace }) };
    const shown = findObserved(request, target, composite);
    if (shown === undefined || Object.hasOwn(request.desired?.resources ?? {}, composedKey(target, composite)))
      return [];
    const secret = keep({ target, form: formOf(shown) }, shown);
    return [{ secret, isReady: (expiresAt(secret) ?? 0) > ending.now.getTime() }];
  });
  return finish(request, composite, step, { ...ending, findings, errors: findings, composed: kept, made: [] });
}

/** What may have come from an entry of `secrets`: said again, since what is left out is taken away. The engine's own is its own. */
function formOf({ labels, annotations }: Shown): SecretForm {
  const isOther = (name: string) => !isReserved(name) && !/^(?:[^/]*\.)?crossplane\.io\//.test(name);
  const others = (record: Shown['labels']) =>
    Object.fromEntries(Object.entries(record).filter(([name]) => isOther(name)));
  const kept = others(labels);
  return { ...(Object.keys(kept).length === 0 ? {} : { labels: kept }), annotations: others(annotations) };
}

/** Nothing is decided before Crossplane has shown what is asked for; it does not apply this answer. */
function ask(request: RunFunctionRequest, composite: Composite, required: Answer['required'], step: Step): Call {
  const answer = { composed: [], consumed: step.consumed, required, results: [], ttlSeconds: 15, isWaiting: true };
  return {
    response: toResponse(request, composite, answer),
    composite,
    outcome: 'asking',
    findings: [],
    made: [],
    composed: [],
  };
}

/** The engine stops here, applies nothing and deletes nothing. */
function refuse(request: RunFunctionRequest, composite: Composite, step: Step, findings: readonly Finding[]): Call {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const fatal = [...errors.filter(isFatal), ...errors.filter((one) => !isFatal(one))];
  const [first] = fatal;
  const verdict = { isGood: false, reason: first ? reasonOf(first) : 'Internal', message: forOwner(fatal) };
  const response = toResponse(request, composite, {
    composed: [],
    consumed: step.consumed,
    required: [],
    results: [toResult('fatal', verdict)],
    ttlSeconds: 60,
    isWaiting: true,
    verdict,
  });
  return { response, composite, outcome: 'fatal', findings, made: [], composed: [] };
}
