import type { Code } from '../findings/codes.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { named, type Sayable, say, theField, theObject } from '../findings/say.ts';
import { resolveTokens } from '../issuer/resolve-from-cluster.ts';
import { EXPIRATION_ANNOTATION, GENERATOR_ANNOTATION } from '../model/annotations.ts';
import { isPending, type KnownObject, type NeedAnswer } from '../model/answers.ts';
import type { Job, ObjectNeed } from '../model/job.ts';
import { isExternalSecret, keyOfSecret, secretObject } from '../model/kinds.ts';
import type { SecretManifest } from '../model/outcome.ts';
import { defined } from '../model/plain-data.ts';
import { planUntilResolved } from '../planner/decide.ts';
import type { Draft } from '../planner/draft.ts';
import { isIntact } from '../secret/hashes.ts';
import { generatorMark } from '../secret/ownership.ts';
import { typeOf } from '../secret/render-secret.ts';
import { isForced, isUsable, timeIn } from '../secret/renewal.ts';
import { composedKey } from './compose.ts';
import { type Call, stepCredentials } from './read-request.ts';
import { issuedKey } from './shared-state.ts';

/** Plans a step with the observed state, the Secrets issued before, the step's credentials and the required resources. */
export async function planStep(call: Call, draft: Draft) {
  const { now, deadline, takeTurn, service } = call;
  const { ambient } = service.world;
  const jobs = new Map(draft.jobs.map((job) => [keyOfSecret(job.target), job]));
  const states = new Map<string, ObjectState>();
  const { plan, answers: allAnswers } = await planUntilResolved(
    draft,
    {
      findings: [],
      destination: { findings: [], writtenTo: 'stream' }, // no file: nothing is said of plain text
      async resolve(needs) {
        const objects = needs.filter((need) => 'object' in need);
        const answers = objects.map((need) => {
          const job = need.as === 'target' ? jobs.get(need.key) : undefined;
          const state = job === undefined ? findSource(need, call) : findTarget(need, job, call);
          states.set(need.key, state);
          return [need.key, state.answer] as const;
        });
        const tokens = needs.filter((need) => 'probe' in need);
        if (tokens.length === 0) return { answers: new Map(answers) };
        return { answers: new Map([...answers, ...(await resolveTokens(tokens, ambient, deadline.signal))]) };
      },
    },
    { now, environment: ambient.environment, deadline, takeTurn },
  );
  const all = [...states.values()];
  // Crossplane calls until two responses in a row require the same, perhaps of different replicas. A replica that has issued a Secret
  // therefore goes on requiring that Secret and what it is read from, as replicas that have not issued it do, until it is observed. It
  // repeats only what an earlier call has required: anything else (`pending`: this request has nothing of it) would be a change, and one call more.
  const requiredUntilObserved = draft.jobs
    .filter(({ target }) => !call.observedSecrets.has(keyOfSecret(target)))
    .flatMap(({ target, reads }) => [secretObject(target), ...reads.map(({ object }) => object)])
    .filter((object) => call.requiredObject(object) !== 'pending');
  return {
    plan,
    /** The decisions whose Secrets may be written. */
    writable: plan.decisions.filter(
      ({ job, targetFaults }) =>
        targetFaults.length === 0 && states.get(keyOfSecret(job.target))?.unwritable === undefined,
    ),
    /** Why others may not be; and what is wrong with those that were issued: something in the cluster changed their data. */
    targetProblems: [
      ...plan.decisions.flatMap(({ targetFaults }) => targetFaults),
      ...all.flatMap(({ unwritable }) => unwritable ?? []),
      ...all.flatMap(({ change }) => change ?? []),
    ],
    /** All objects to require, also those in the request: Crossplane withdraws a requirement that is not repeated. */
    requirements: [...all.flatMap(({ need }) => need?.object ?? []), ...requiredUntilObserved],
    /** True when Crossplane has not sent one of them yet. */
    isIncomplete: isPending(allAnswers),
  };
}

/** What a request shows of an object. */
interface ObjectState {
  readonly answer: NeedAnswer;
  /** Present where Crossplane has to send the object, in each call. */
  readonly need?: ObjectNeed;
  /** Why the Secret cannot be written: the composite does not control it, or it has another type. */
  readonly unwritable?: Finding;
  /** Something in the cluster changed the Secret's data after it was issued. */
  readonly change?: Finding;
}

function findSource(need: ObjectNeed, { request, requiredObject }: Call): ObjectState {
  const credentials = stepCredentials(request, need.object);
  return credentials === undefined ? { answer: requiredObject(need.object), need } : { answer: credentials };
}

/** Finds the Secret that counts: the observed one, or the issued one until the observed has replaced it. Then drops the issued one. */
function findTarget(need: ObjectNeed, job: Job, call: Call): ObjectState {
  const { composite, now, service } = call;
  const secret = call.observedSecrets.get(need.key);
  // the composed resource's key is ours, so the Secret is too, even if our annotation was removed
  const observed = secret?.resourceKey === composedKey(job.target, composite) ? withOwnMark(job, secret) : secret;
  const key = issuedKey(composite.uid, job);
  const issuedSecret = service.issuedSecrets.get(key, now);
  if (issuedSecret !== undefined && (observed === undefined || !observedCounts(observed, issuedSecret, job, now))) {
    const { annotations, labels } = issuedSecret.metadata;
    const change = observed === undefined || isIntact(observed) ? undefined : notAsMade(job);
    return { answer: { annotations, data: issuedSecret.data, ...defined({ labels }) }, ...defined({ change }) };
  }
  if (observed !== undefined) {
    service.issuedSecrets.delete(key); // the observed one counts now: if it is deleted, a new session is issued
    return { answer: observed, ...defined({ unwritable: otherType(job, observed) }) };
  }
  const sentSecret = call.requiredObject(need.object);
  if (sentSecret === null || sentSecret === 'pending') return { answer: sentSecret, need };
  if (sentSecret.controllerUID !== composite.uid) {
    const text = 'it exists, and this composite does not control it. Delete or rename it';
    // `null`, so that the sources of a new Secret are needed in the same call
    return { answer: null, need, unwritable: untouchable('TARGET_NOT_OURS', job, text) };
  }
  return { answer: sentSecret, need, ...defined({ unwritable: otherType(job, sentSecret) }) };
}

/**
 * True when the observed Secret counts, and no longer the issued one. Otherwise the issued one stays the reference: if something in the
 * cluster removes annotations or adds data, no reconcile issues another session for that.
 */
function observedCounts(observed: KnownObject, issued: SecretManifest, job: Job, now: Date): boolean {
  if (!isIntact(observed) || isForced(job, observed)) return false;
  // it is the issued one
  if (Object.entries(issued.metadata.annotations).every(([name, value]) => observed.annotations[name] === value))
    return true;
  // another replica issued it: if each kept to its own, responses would alternate between the two
  const [end, issuedEnd] = [observed, issued.metadata].map((secret) => timeIn(secret, EXPIRATION_ANNOTATION));
  return isUsable(job, observed, now) && end !== undefined && issuedEnd !== undefined && end >= issuedEnd;
}

/** The Secret with this job's generator annotation where it has none: it is known whose it is although the annotation is gone. */
function withOwnMark({ requester }: Job, existing: KnownObject): KnownObject {
  const annotations = { [GENERATOR_ANNOTATION]: generatorMark(requester), ...existing.annotations };
  return { ...existing, annotations };
}

function notAsMade({ requester, target }: Job): Finding {
  const what = say`${theObject(secretObject(target))} of ${theObject(requester)}`;
  const cause = 'the Secret in the cluster has other data than this function wrote';
  const cure = 'Keep other programs, and later steps, from changing its `data`';
  return finding('SECRET_CHANGED', say`cannot keep ${what} as it was made: ${cause}. ${cure}.`, { object: requester });
}

/** Refuses another type: Kubernetes does not change a Secret's type, so each reconcile would issue a session for nothing. */
function otherType(job: Job, { type = typeOf(job.form) }: KnownObject): Finding | undefined {
  const { form } = job;
  if (type === typeOf(form)) return undefined;
  const text = say`its type is ${named(type)}, and Kubernetes does not let it change to ${named(typeOf(form))}. Delete the Secret`;
  return untouchable('TARGET_NOT_REPLACEABLE', job, text);
}

function untouchable(code: Code, { requester, target, field }: Job, text: Sayable): Finding {
  const isExternal = isExternalSecret(requester);
  const start = say`cannot write ${theObject(secretObject(target))} for ${theObject(requester)}`;
  const renaming =
    field === undefined ? 'rename the generator' : say`put \`\${composite}\` into \`name\` of \`${field}\``;
  const message = say`${start}: ${text}, or ${isExternal ? say`set another ${theField('spec.target.name')}` : renaming}.`;
  return finding(code, message, { object: requester, field: isExternal ? 'spec.target.name' : 'metadata.name' });
}
