import type { Code } from '../../findings/codes.ts';
import { type Finding, finding } from '../../findings/finding.ts';
import { named, type ObjectRef, type Sayable, say, theObject } from '../../findings/say.ts';
import { resolveTokens } from '../../issuer/resolve-from-cluster.ts';
import type { SecretManifest } from '../../model/flow.ts';
import type { Job } from '../../model/job.ts';
import { isExternalSecret, secretKey, secretObject } from '../../model/kinds.ts';
import type { Answer, Known, KnownObject } from '../../model/known.ts';
import type { Need, ObjectNeed } from '../../model/need.ts';
import { isIntact, typeOf, withOwnMark } from '../../planner/existing-secret.ts';
import type { Call } from './call.ts';
import { isObserved, isSuperseded, issuedKey } from './issued-secrets.ts';
import { answerOf, type RequestObject, stepCredentials } from './request-objects.ts';
import { composedKey } from './response.ts';

/** Resolves the needs of a call's jobs from its request. */
export class RequestResolver {
  readonly #call: Call;
  readonly #jobs: ReadonlyMap<string, Job>;
  readonly #unwritable = new Map<string, Finding>();
  readonly #altered: Finding[] = [];
  readonly #required: ObjectNeed[] = [];

  constructor(call: Call, jobs: readonly Job[]) {
    this.#call = call;
    this.#jobs = new Map(jobs.map((job) => [secretKey(job.target), job]));
  }

  /** By `secretKey`, why a Secret cannot be written: the composite does not control it, or it has another type. */
  get unwritable(): ReadonlyMap<string, Finding> {
    return this.#unwritable;
  }

  /** Findings about Secrets whose data something in the cluster changed after they were issued. */
  get altered(): readonly Finding[] {
    return this.#altered;
  }

  /** All objects to require, also those in the request: Crossplane withdraws a requirement that is not repeated. */
  get required(): readonly ObjectNeed[] {
    return this.#required;
  }

  /**
   * Resolves needs from the observed state, the Secrets issued before, the step's credentials and the required resources. An object that
   * Crossplane has not sent yet is `asked`.
   */
  async resolve(needs: readonly Need[]): Promise<Known> {
    const { service, deadline } = this.#call;
    const objects = needs.filter((need) => 'object' in need);
    const tokens = needs.filter((need) => 'probe' in need);
    return new Map([
      ...objects.map(
        (need) => [need.key, need.purpose === 'target' ? this.#target(need) : this.#source(need)] as const,
      ),
      ...(await resolveTokens(tokens, service.world.ambient, deadline.signal)),
    ]);
  }

  #source(need: ObjectNeed): Answer {
    const given = stepCredentials(this.#call.request, need.object);
    return given ?? this.#requiredFor(need);
  }

  #target(need: ObjectNeed): Answer {
    const job = this.#jobs.get(need.key);
    if (job === undefined) throw new Error('a target of no job');
    const { known, observed } = knownTarget(job, this.#call);
    if (known !== observed && observed !== undefined && !isIntact(observed)) this.#altered.push(notAsMade(job));
    const shown = known === undefined ? this.#requiredFor(need) : undefined;
    if (shown === null || shown === 'asked') return shown;
    if (shown !== undefined && shown.controller !== this.#call.composite.uid) {
      this.#unwritable.set(need.key, notControlled(need));
      return null; // so that the sources of a new Secret are required in the same call
    }
    const found = known ?? shown ?? null;
    const type = found?.type ?? typeOf(job.form);
    if (type !== typeOf(job.form)) this.#unwritable.set(need.key, ofOtherType(job, type));
    return found;
  }

  #requiredFor(need: ObjectNeed): RequestObject | null | 'asked' {
    this.#required.push(need);
    return answerOf(this.#call.required(need.object));
  }
}

/** The observed Secret, and the one that counts: a newer one may have been issued that is not observed yet. */
function knownTarget(
  job: Job,
  { composite, observed: all, now, service: { issuedSecrets } }: Call,
): { readonly known: KnownObject | undefined; readonly observed: KnownObject | undefined } {
  const found = all.get(secretKey(job.target));
  // the composed resource's key is ours, so the Secret is too, even if our annotation was removed
  const observed = found?.key === composedKey(job.target, composite) ? withOwnMark(job, found) : found;
  const key = issuedKey(composite.uid, job);
  const issued = issuedSecrets.get(key, now);
  if (issued === undefined) return { known: observed, observed };
  if (observed === undefined || !(isObserved(issued, observed) || isSuperseded(issued, observed)))
    return { known: toKnown(issued), observed };
  issuedSecrets.delete(key); // the observed one counts now: if it is deleted, a new session is issued
  return { known: observed, observed };
}

function toKnown({ metadata, data }: SecretManifest): KnownObject {
  const { annotations, labels } = metadata;
  return { annotations, data, ...(labels === undefined ? {} : { labels }) };
}

function notAsMade({ generator, target }: Job): Finding {
  const what = say`${theObject(secretObject(target))} of ${theObject(generator)}`;
  const cause = 'the cluster has other data in it than were written';
  const cure = 'Let other programs leave its `data` alone';
  return finding('SECRET_CHANGED', say`cannot keep ${what} as it was made: ${cause}. ${cure}.`, { object: generator });
}

function notControlled({ object, by: generator }: ObjectNeed): Finding {
  const text = 'it exists, and this composite does not control it. Delete or rename it';
  return untouchable('TARGET_NOT_OURS', object, generator, text);
}

/** Kubernetes refuses to change a Secret's type, so each reconcile would issue a session for nothing. */
function ofOtherType({ generator, target, form }: Job, type: string): Finding {
  const text = say`it has the type ${named(type)}, which Kubernetes does not change to ${named(typeOf(form))}. Delete it`;
  return untouchable('TARGET_NOT_REPLACEABLE', secretObject(target), generator, text);
}

function untouchable(code: Code, object: ObjectRef, generator: ObjectRef, text: Sayable): Finding {
  const isExternal = isExternalSecret(generator);
  const start = say`cannot write ${theObject(object)} for ${theObject(generator)}`;
  const message = say`${start}: ${text}, or ${isExternal ? 'set another `spec.target.name`' : 'rename the generator'}.`;
  return finding(code, message, { object: generator, field: isExternal ? 'spec.target.name' : 'metadata.name' });
}
