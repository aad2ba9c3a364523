import { checkTargets } from '../crossplane/check-targets.ts';
import { draftFindings, ownerOf } from '../crossplane/draft-step.ts';
import type { RequestObject } from '../crossplane/read-request.ts';
import { readStep } from '../crossplane/read-step.ts';
import type { Finding } from '../findings/finding.ts';
import { describeObject, type ObjectRef, type Reader } from '../findings/say.ts';
import { isRecord } from '../model/plain-data.ts';
import type { Draft } from '../planner/draft.ts';

/** What a server would get of a composite, and of what a step requires. */
interface CompositeParts {
  readonly object: ObjectRef;
  /** Its manifest, where it is known. */
  readonly resource?: unknown;
  readonly requiredObject: (object: ObjectRef) => RequestObject | null | 'pending';
  readonly standIn?: (type: string, source: string) => string;
}

/** A step as a server reads it in the call of a composite of which no Secret is there, and what it would say of its draft. */
export function compositeCall(
  input: unknown,
  credentialNames: readonly string[],
  { object, resource, ...answers }: CompositeParts,
) {
  const credentials = Object.fromEntries(credentialNames.map((name) => [name, {}]));
  const composite = { ...object, uid: '', isLegacy: false, forceSync: undefined, condition: {} };
  const observed = { composite: { resource } };
  const request = { input: isRecord(input) ? input : {}, desired: undefined, observed, credentials };
  const call = { request, composite, observedSecrets: new Map(), waitingStep: undefined, ...answers };
  const step = readStep(call);
  return {
    step,
    owner: ownerOf(composite),
    faultsOf: (draft: Draft): Finding[] => [
      ...step.faults,
      ...draftFindings(draft, step),
      ...checkTargets(draft, step, [], call),
    ],
  };
}

/** The words for a step's faults. `where`: what the objects stand in; absent: in the step. */
export function stepWords(what: string, where = what): Partial<Reader> {
  return { options: `the input of ${what}`, object: (object) => `${describeObject(object)} in ${where}` };
}
