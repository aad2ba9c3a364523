import type { Code } from '../../api/codes.ts';
import { type Finding, finding } from '../../api/finding.ts';
import type { Prepared, Reference, SecretManifest } from '../../api/flow.ts';
import type { Job } from '../../api/job.ts';
import {
  describeObject,
  isExternalSecret,
  type ObjectRef,
  objectKey,
  secretKey,
  secretObject,
} from '../../api/kinds.ts';
import { quote } from '../../api/quote.ts';
import { existingTarget, type SuppliedObject } from '../../api/supplied.ts';
import { references } from '../../story/references.ts';
import { claimed, isIntact, typeOf } from '../../story/standing.ts';
import type { Call } from './call.ts';
import { findCredentials } from './find-objects.ts';
import { isOvertaken, isSeen, rememberedKey } from './remembered.ts';
import { composedKey } from './response.ts';

/** What the core has to see, as far as this call shows it. */
export interface SuppliedByRequest {
  readonly supplied: ReadonlyMap<string, SuppliedObject | null>;
  /** All that Crossplane is asked for: also what it has shown already, or it would take that back. */
  readonly required: readonly Reference[];
  /** True when something of it was not shown yet: nothing is judged before. */
  readonly isIncomplete: boolean;
  /** Secrets that are left as they are, and why, by their key: they are not this composite's, or have another type. */
  readonly untouched: ReadonlyMap<string, Finding>;
  /** What is said of Secrets that were made and do not stay as they are. */
  readonly changed: readonly Finding[];
}

/** Finds references in the observed state, in what was made just now, in the step's credentials and among what was required. */
export function supplyFromRequest(prepared: Prepared, call: Call): SuppliedByRequest {
  const { request, composite } = call;
  const supplied = new Map<string, SuppliedObject | null>();
  const required: Reference[] = [];
  const untouched = new Map<string, Finding>();
  const changed: Finding[] = [];
  let isIncomplete = false;
  for (const job of prepared.jobs) {
    const { known, observed } = knownTarget(job, call);
    if (known !== undefined) supplied.set(secretKey(job.target), known);
    if (known !== observed && observed !== undefined && !isIntact(observed)) changed.push(notAsMade(job));
  }
  for (let asked = references(prepared, supplied); asked.length > 0; asked = references(prepared, supplied)) {
    for (const reference of asked) {
      const { object, role } = reference;
      const given = role === 'source' ? findCredentials(request, object) : undefined;
      const found = given ?? call.required(object);
      if (given === undefined) required.push(reference);
      if (found === undefined) isIncomplete = true;
      const isForeign = role === 'target' && found && found.controller !== composite.uid;
      if (isForeign) untouched.set(objectKey(object), notControlled(reference));
      supplied.set(objectKey(object), isForeign ? null : (found ?? null)); // for now: then also what a new one needs is asked for
    }
  }
  for (const job of prepared.jobs) {
    const type = existingTarget(job, supplied)?.type ?? typeOf(job.form);
    if (type !== typeOf(job.form)) untouched.set(secretKey(job.target), ofOtherType(job, type));
  }
  return { supplied, required, isIncomplete, untouched, changed };
}

/** The observed Secret, and what is known in its place: a newer one that is not observed yet. */
function knownTarget(
  job: Job,
  { composite, observed: all, now, service: { memory } }: Call,
): { readonly known: SuppliedObject | undefined; readonly observed: SuppliedObject | undefined } {
  const found = all.get(secretKey(job.target));
  // under our key: whoever takes our annotation away does not make it somebody else's
  const observed = found?.key === composedKey(job.target, composite) ? claimed(job, found) : found;
  const remembered = rememberedKey(composite.uid, job);
  const made = memory.get(remembered, now);
  if (made === undefined) return { known: observed, observed };
  if (observed === undefined || !(isSeen(made, observed) || isOvertaken(made, observed)))
    return { known: toSupplied(made), observed };
  memory.delete(remembered); // from now on the observed one counts, and whoever deletes that gets a new session
  return { known: observed, observed };
}

function toSupplied({ metadata, data }: SecretManifest): SuppliedObject {
  const { annotations, labels } = metadata;
  return { annotations, data, ...(labels === undefined ? {} : { labels }) };
}

function notAsMade({ generator, target }: Job): Finding {
  const what = `${describeObject(secretObject(target))} of ${describeObject(generator)}`;
  const cause = 'the cluster has other data in it than were written';
  const cure = 'Let other programs leave its `data` alone';
  return finding('SECRET_CHANGED', `cannot keep ${what} as it was made: ${cause}. ${cure}.`, { object: generator });
}

function notControlled({ object, generator }: Reference): Finding {
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
