import { type Finding, finding, messageOf } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { describeObject, type ObjectRef, toldBy } from '../findings/say.ts';
import { identify, keyOfSecret, objectKey } from '../model/kinds.ts';
import { isSlip } from '../model/meant-kind.ts';
import { defined, listAt, once, stringsIn, textAt, valueAt } from '../model/plain-data.ts';
import { WorkBudget } from '../model/run-limits.ts';
import type { RunRequest } from '../model/run-request.ts';
import type { World } from '../model/world.ts';
import { draft } from '../planner/draft.ts';
import { unreliable } from './check-runtimes.ts';
import { compositeCall, stepWords } from './composite-call.ts';
import { type compositionSteps, type FoundObject, objectsOf, type Survey } from './survey.ts';

/** So many composites are drafted. */
const MOST = 200;
/** Faults of the composite alone. */
const OF_VALUES: readonly Finding['code'][] = ['VALUE_MISSING', 'VALUE_INVALID'];

/** Fields of a kustomization that may change others' objects. */
const CHANGES = /\b(?:patch\w*|\w*abels|replacements|transformers|components|namespace)\b/;
/** A value of `status`, which an earlier step sets. */
const OF_A_STEP = /`status\b/;

type Step = ReturnType<typeof compositionSteps>[number];

/**
 * Checks what a step makes for each composite among the files, as a server drafts it, with the labels of its Namespace where that is there.
 * Not where a kustomization may change both.
 */
export function newCompositesCheck(survey: Survey, world: World, policy: unknown, codes: readonly Finding['code'][]) {
  const compositions = Map.groupBy(objectsOf(survey, 'apiextensions.crossplane.io', 'Composition'), typeOf);
  const byKind = once(() => {
    const kinds = [...compositions.values()].flat().map((each) => typeRef(each).kind);
    return Map.groupBy(survey.objectsOfKinds(new Set([...kinds, 'Namespace'])), ({ object }) => object.kind);
  });
  const manifestsFor = (kind: string) => byKind().get(kind) ?? [];
  const around: Around = {
    namespaces: once(() => new Map(manifestsFor('Namespace').map((each) => [each.object.name, each]))),
    run: { ambient: world.ambient, deadline: survey.deadline, work: new WorkBudget(), ...defined({ policy }) },
    codes: [...codes, ...OF_VALUES],
  };
  const isChanged = survey.repository.kustomizations.some(({ file }) => CHANGES.test(file.text));
  let left = MOST;
  return async ({ step, composition, what, locationOf }: Step): Promise<Finding[]> => {
    const [type, { apiVersion, kind }] = [typeOf(composition), typeRef(composition)];
    if (isChanged || compositions.get(type)?.length !== 1) return []; // of several a selector chooses
    const composites = manifestsFor(kind).filter(({ object }) => object.apiVersion === apiVersion);
    if (composites.length === 0) return checkKind(survey, { apiVersion, kind }, what, locationOf);
    const makers = new Map<string, ObjectRef>();
    const findings: Finding[] = [];
    for (const composite of composites.slice(0, left)) {
      survey.deadline.throwIfExpired();
      left -= 1;
      const { targets, faults } = await draftFor(composite, step, around);
      const name = describeObject(composite.object);
      const location = composite.locationOf();
      const words = stepWords(what, `${what} for ${name}`);
      findings.push(...faults.map((fault) => ({ ...fault, words: toldBy(fault.words, words), location })));
      const shared = targets.find((target) => makers.has(keyOfSecret(target)));
      const other = shared && makers.get(keyOfSecret(shared));
      if (shared && other && objectKey(other) !== objectKey(composite.object)) {
        const cause = `${describeObject(other)} has it already`;
        const message = `cannot make Secret ${quote(shared.name)} in ${what} for ${name}: ${cause}. Let its name begin with "\${composite}".`;
        findings.push(finding('TARGET_CONFLICT', message, { location }));
      }
      for (const target of targets) makers.set(keyOfSecret(target), composite.object);
    }
    return findings;
  };
}

/** A kind that no definition makes, and one makes nearly. */
function checkKind(
  survey: Survey,
  { apiVersion, kind }: Pick<ObjectRef, 'apiVersion' | 'kind'>,
  what: string,
  locationOf: Step['locationOf'],
): Finding[] {
  const [group] = apiVersion.split('/');
  const definitions = objectsOf(survey, 'apiextensions.crossplane.io', 'CompositeResourceDefinition');
  const siblings = definitions.filter(({ value }) => textAt(value, ['spec', 'group']) === group);
  const kinds = siblings.flatMap(({ value }) => textAt(value, ['spec', 'names', 'kind']) ?? []);
  const near = kinds.includes(kind) ? undefined : kinds.find((each) => isSlip(kind, each));
  if (near === undefined) return [];
  const cause = `no CompositeResourceDefinition makes ${quote(kind)}, which its Composition is for; did you mean ${quote(near)}?`;
  return [unreliable(what, locationOf('step'), cause, 'Correct `compositeTypeRef`')];
}

const typeRef = ({ value }: FoundObject) => identify(valueAt(value, ['spec', 'compositeTypeRef']));
const typeOf = (composition: FoundObject) => objectKey(typeRef(composition));

/** What is the same for all composites. */
interface Around {
  readonly namespaces: () => ReadonlyMap<string, FoundObject>;
  readonly run: Pick<RunRequest, 'ambient' | 'deadline' | 'work' | 'policy'>;
  /** Of faults that are told. */
  readonly codes: readonly Finding['code'][];
}

/** What a step makes for a composite, and what refuses it, or keeps it waiting for what is in no earlier step. */
async function draftFor({ object, value }: FoundObject, step: unknown, { namespaces, run, codes }: Around) {
  const credentialNames = listAt(step, ['credentials']).flatMap((each) => textAt(each, ['name']) ?? []);
  const requiredObject = ({ name }: ObjectRef) => {
    const manifest = namespaces().get(name);
    if (manifest === undefined) return 'pending';
    const labels = stringsIn(valueAt(manifest.value, ['metadata', 'labels']));
    return { object: manifest.object, manifest: manifest.value, labels, annotations: {}, controllerUID: undefined };
  };
  const parts = { object, resource: value, requiredObject };
  const { step: read, owner, faultsOf } = compositeCall(valueAt(step, ['input']), credentialNames, parts);
  const drafted = await draft({ items: [], functionConfig: read.input, owner, ...run });
  const { valueFaults, isIncomplete } = read;
  const all = valueFaults.length === 0 ? faultsOf(drafted) : isIncomplete ? [] : valueFaults;
  const faults = all.filter(
    (fault) => codes.includes(fault.code) && fault.severity === 'error' && !OF_A_STEP.test(messageOf(fault)),
  );
  return { targets: faults.length > 0 ? [] : drafted.jobs.map(({ target }) => target), faults };
}
