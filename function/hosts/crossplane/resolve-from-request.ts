import type { Code } from '../../api/codes.ts';
import { type Finding, finding } from '../../api/finding.ts';
import type { SecretManifest } from '../../api/flow.ts';
import type { Job } from '../../api/job.ts';
import { describeObject, isExternalSecret, type ObjectRef, secretKey, secretObject } from '../../api/kinds.ts';
import type { Answer, Known, KnownObject } from '../../api/known.ts';
import type { Need, ObjectNeed } from '../../api/need.ts';
import { quote } from '../../api/quote.ts';
import { resolveTokens } from '../../issuer/resolve-from-cluster.ts';
import { isIntact, typeOf, withOwnMark } from '../../planner/existing-secret.ts';
import type { Call } from './call.ts';
import { composedKey } from './response.ts';
import { isOvertaken, isSeen, rememberedKey } from './session-memory.ts';
import { answerOf, findCredentials, type Shown } from './shown-objects.ts';

/** What a call shows of the Secrets of its jobs, and of what is read for them. */
export class RequestResolver {
  readonly #call: Call;
  readonly #jobs: ReadonlyMap<string, Job>;
  readonly #untouched = new Map<string, Finding>();
  readonly #changed: Finding[] = [];
  readonly #required: ObjectNeed[] = [];

  constructor(call: Call, jobs: readonly Job[]) {
    this.#call = call;
    this.#jobs = new Map(jobs.map((job) => [secretKey(job.target), job]));
  }

  /** Secrets that are left as they are, and why, by their key: they are not this composite's, or have another type. */
  get untouched(): ReadonlyMap<string, Finding> {
    return this.#untouched;
  }

  /** What is said of Secrets that were made and do not stay as they are. */
  get changed(): readonly Finding[] {
    return this.#changed;
  }

  /** All that Crossplane is asked for: also what it has shown already, or it would take that back. */
  get required(): readonly ObjectNeed[] {
    return this.#required;
  }

  /**
   * Answers from the observed state, from what was made just now, from the step's credentials and from what was required. What was not
   * shown yet is `asked`.
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
    const given = findCredentials(this.#call.request, need.object);
    return given ?? this.#requiredFor(need);
  }

  #target(need: ObjectNeed): Answer {
    const job = this.#jobs.get(need.key);
    if (job === undefined) throw new Error('a target of no job');
    const { known, observed } = knownTarget(job, this.#call);
    if (known !== observed && observed !== undefined && !isIntact(observed)) this.#changed.push(notAsMade(job));
    const shown = known === undefined ? this.#requiredFor(need) : undefined;
    if (shown === null || shown === 'asked') return shown;
    if (shown !== undefined && shown.controller !== this.#call.composite.uid) {
      this.#untouched.set(need.key, notControlled(need));
      return null; // for now: then also what a new one needs is asked for
    }
    const found = known ?? shown ?? null;
    const type = found?.type ?? typeOf(job.form);
    if (type !== typeOf(job.form)) this.#untouched.set(need.key, ofOtherType(job, type));
    return found;
  }

  #requiredFor(need: ObjectNeed): Shown | null | 'asked' {
    this.#required.push(need);
    return answerOf(this.#call.required(need.object));
  }
}

/** The observed Secret, and what is known in its place: a newer one that is not observed yet. */
function knownTarget(
  job: Job,
  { composite, observed: all, now, service: { memory } }: Call,
): { readonly known: KnownObject | undefined; readonly observed: KnownObject | undefined } {
  const found = all.get(secretKey(job.target));
  // under our key: whoever takes our annotation away does not make it somebody else's
  const observed = found?.key === composedKey(job.target, composite) ? withOwnMark(job, found) : found;
  const remembered = rememberedKey(composite.uid, job);
  const made = memory.get(remembered, now);
  if (made === undefined) return { known: observed, observed };
  if (observed === undefined || !(isSeen(made, observed) || isOvertaken(made, observed)))
    return { known: toKnown(made), observed };
  memory.delete(remembered); // from now on the observed one counts, and whoever deletes that gets a new session
  return { known: observed, observed };
}

function toKnown({ metadata, data }: SecretManifest): KnownObject {
  const { annotations, labels } = metadata;
  return { annotations, data, ...(labels === undefined ? {} : { labels }) };
}

function notAsMade({ generator, target }: Job): Finding {
  const what = `${describeObject(secretObject(target))} of ${describeObject(generator)}`;
  const cause = 'the cluster has other data in it than were written';
  const cure = 'Let other programs leave its `data` alone';
  return finding('SECRET_CHANGED', `cannot keep ${what} as it was made: ${cause}. ${cure}.`, { object: generator });
}

function notControlled({ object, by: generator }: ObjectNeed): Finding {
  const text = 'it exists, and this composite does not control it. Delete or rename it';
  return untouchable('TARGET_NOT_OURS', object, generator, text);
}

/** Kubernetes would refuse it in each reconcile, and each session would be in vain. */
function ofOtherType({ generator, target, form }: Job, type: string): Finding {
  const text = `it has the type ${quote(type)}, which Kubernetes does not change to ${quote(typeOf(form))}. Delete it`;
  return untouchable('TARGET_NOT_REPLACEABLE', secretObject(target), generator, text);
}

function untouchable(code: Code, object: ObjectRef, generator: ObjectRef, text: string): Finding {
  const isExternal = isExternalSecret(generator);
  const start = `cannot write ${describeObject(object)} for ${describeObject(generator)}`;
  const message = `${start}: ${text}, or ${isExternal ? 'set another `spec.target.name`' : 'rename the generator'}.`;
  return finding(code, message, { object: generator, field: isExternal ? 'spec.target.name' : 'metadata.name' });
}
