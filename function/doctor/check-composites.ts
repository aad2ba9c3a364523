import { checkTargets } from '../crossplane/check-targets.ts';
import { draftFindings } from '../crossplane/draft-step.ts';
import { readStep } from '../crossplane/read-step.ts';
import { type Finding, finding, messageOf } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { describeObject, type ObjectRef, toldBy } from '../findings/say.ts';
import { identify, keyOfSecret, objectKey } from '../model/kinds.ts';
import { isSlip } from '../model/meant-kind.ts';
import { defined, isRecord, listAt, once, stringsIn, textAt, valueAt } from '../model/plain-data.ts';
import { WorkBudget } from '../model/run-limits.ts';
import type { World } from '../model/world.ts';
import { draft } from '../planner/draft.ts';
import { unreliable } from './check-runtimes.ts';
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
  const work = new WorkBudget();
  const compositions = Map.groupBy(objectsOf(survey, 'apiextensions.crossplane.io', 'Composition'), typeOf);
  const all = once(() => {
    const kinds = [...compositions.values()].flat().map((each) => typeRef(each).kind);
    return Map.groupBy(survey.objectsOfKinds(new Set([...kinds, 'Namespace'])), ({ object }) => object.kind);
  });
  const namespaces = once(
    () =>
      new Map(
        all()
          .get('Namespace')
          ?.map((manifest) => [manifest.object.name, manifest]),
      ),
  );
  const isChanged = survey.repository.kustomizations.some(({ file }) => CHANGES.test(file.text));
  let left = MOST;
  return async ({ step, composition, what, locationOf }: Step): Promise<Finding[]> => {
    const [type, { apiVersion, kind }] = [typeOf(composition), typeRef(composition)];
    if (isChanged || compositions.get(type)?.length !== 1) return []; // of several a selector chooses
    const composites =
      all()
        .get(kind)
        ?.filter(({ object }) => object.apiVersion === apiVersion) ?? [];
    if (composites.length === 0) return checkKind(survey, { apiVersion, kind }, what, locationOf);
    const makers = new Map<string, FoundObject>();
    const findings: Finding[] = [];
    for (const composite of composites.slice(0, left)) {
      survey.deadline.throwIfExpired();
      left -= 1;
      const { targets, faults } = await draftFor(composite, step, {
        namespaces: namespaces(),
        survey,
        world,
        policy,
        work,
        codes,
      });
      const name = describeObject(composite.object);
      const location = composite.locationOf();
      const words = { options: `the input of ${what}`, object: describedIn(`${what} for ${name}`) };
      findings.push(
        ...faults.map((fault) => ({
          ...fault,
          words: toldBy(fault.words, words),
          location,
        })),
      );
      const shared = targets.find((target) => makers.has(keyOfSecret(target)));
      const other = shared && makers.get(keyOfSecret(shared));
      if (shared && other && objectKey(other.object) !== objectKey(composite.object)) {
        const cause = `${describeObject(other.object)} has it already`;
        const message = `cannot make Secret ${quote(shared.name)} in ${what} for ${name}: ${cause}. Let its name begin with "\${composite}".`;
        findings.push(finding('TARGET_CONFLICT', message, { location }));
      }
      for (const target of targets) makers.set(keyOfSecret(target), composite);
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

const describedIn = (what: string) => (object: Parameters<typeof describeObject>[0]) =>
  `${describeObject(object)} in ${what}`;

interface Around {
  readonly namespaces: ReadonlyMap<string, FoundObject>;
  readonly survey: Survey;
  readonly world: World;
  readonly policy: unknown;
  readonly work: WorkBudget;
  /** Of faults that are told. */
  readonly codes: readonly Finding['code'][];
}

/** What a step makes for a composite, and what refuses it, or keeps it waiting for what is in no earlier step. */
async function draftFor(
  { object, value }: FoundObject,
  step: unknown,
  { namespaces, survey, world, policy, work, codes }: Around,
) {
  const input = valueAt(step, ['input']);
  const credentials = Object.fromEntries(
    listAt(step, ['credentials']).map((each) => [textAt(each, ['name']) ?? '', {}]),
  );
  const observed = { composite: { resource: value } };
  const composite = { ...object, uid: '', isLegacy: false, forceSync: undefined, condition: {} };
  const requiredObject = ({ name }: typeof object) => {
    const manifest = namespaces.get(name);
    const labels = stringsIn(valueAt(manifest?.value, ['metadata', 'labels']));
    return manifest
      ? { object: manifest.object, manifest: manifest.value, labels, annotations: {}, controllerUID: undefined }
      : 'pending';
  };
  const request = { input: isRecord(input) ? input : {}, desired: undefined, observed, credentials };
  const call = { request, composite, requiredObject, observedSecrets: new Map(), waitingStep: undefined };
  const read = readStep(call);
  const values = new Map([['composite', object.name]]);
  const { namespace, name } = object;
  const drafted = await draft({
    ...{ items: [], functionConfig: read.input, ambient: world.ambient, deadline: survey.deadline, work },
    ...defined({ policy }),
    owner: { prefix: `${name}-`, values, ...defined({ namespace }) },
  });
  const lacks = read.isIncomplete ? [] : read.valueFaults;
  const all = [...read.faults, ...draftFindings(drafted, read), ...checkTargets(drafted, read, [], call)];
  const faults = (read.valueFaults.length > 0 ? lacks : all).filter(
    (fault) =>
      [...codes, ...OF_VALUES].includes(fault.code) && fault.severity === 'error' && !OF_A_STEP.test(messageOf(fault)),
  );
  return { targets: faults.length > 0 ? [] : drafted.jobs.map(({ target }) => target), faults };
}
