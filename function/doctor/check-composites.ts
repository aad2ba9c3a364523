import { type Finding, finding, messageOf } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { describeObject, type ObjectRef, toldBy } from '../findings/say.ts';
import { identify, keyOfSecret, objectKey } from '../model/kinds.ts';
import { isSlip } from '../model/meant-kind.ts';
import { cached, defined, hasText, listAt, once, partsOf, stringsIn, textAt, valueAt } from '../model/plain-data.ts';
import { WorkBudget } from '../model/run-limits.ts';
import type { RunRequest } from '../model/run-request.ts';
import type { World } from '../model/world.ts';
import { draft } from '../planner/draft.ts';
import { filesThrough } from '../repository/pipelines.ts';
import { unreliable } from './check-runtimes.ts';
import { compositeCall, stepWords } from './composite-call.ts';
import { type compositionSteps, type FoundObject, objectsOf, type Survey } from './survey.ts';

/** So many composites are drafted: many values of a step count as further ones. Of each so many faults are told. */
const [MOST, EACH, MOST_FAULTS] = [200, 200, 5];
/** Faults of the composite alone. */
const OF_VALUES: readonly Finding['code'][] = ['VALUE_MISSING', 'VALUE_INVALID'];

/** Fields of a kustomization that may change others' objects. */
const CHANGES = /\b(?:patch\w*|\w*abels|replacements|transformers|components|namespace)\b/;
/** What a server's pod has: it may look up in its cluster, whatever this machine may. */
const inPod = ({ ambient }: World) => ({
  ...ambient,
  environment: { ...ambient.environment, STS_FUNCTION_CLUSTER: 'in-cluster' },
});
/** A value of `status`, which an earlier step sets. */
const OF_A_STEP = /`status\b/;

type Step = ReturnType<typeof compositionSteps>[number];

/**
 * Checks what a step makes for each composite among the files, as a server drafts it, with the labels of its Namespace where that is there.
 * Not where a kustomization may change one of them.
 */
export function newCompositesCheck(survey: Survey, world: World, policy: unknown, codes: readonly Finding['code'][]) {
  const compositions = Map.groupBy(objectsOf(survey, 'apiextensions.crossplane.io', 'Composition'), typeOf);
  const byKind = once(() => {
    const kinds = [...compositions.values()].flat().map((each) => typeRef(each).kind);
    return Map.groupBy(survey.objectsOfKinds(new Set([...kinds, 'Namespace'])), ({ object }) => object.kind);
  });
  const manifestsFor = (kind: string) => byKind().get(kind) ?? [];
  const around: Around = {
    namespaces: once(() => Map.groupBy(manifestsFor('Namespace'), ({ object }) => object.name)),
    run: { ambient: inPod(world), deadline: survey.deadline, work: new WorkBudget(), ...defined({ policy }) },
    codes: [...codes, ...OF_VALUES],
  };
  const changed = filesThrough(survey.repository.kustomizations, ({ file }) => CHANGES.test(file.text));
  const isChanged = ({ file }: FoundObject) => changed.has(file.real);
  const isAsWritten = (composite: FoundObject) =>
    !isChanged(composite) &&
    !around
      .namespaces()
      .get(composite.object.namespace ?? '')
      ?.some(isChanged);
  const definitions = newDefinitions(survey);
  const byType = new Map<string, { readonly count: number; readonly whole: readonly FoundObject[] }>(); // each step asks
  const costs = new Map<unknown, number>(); // aliases may repeat a step
  let left = MOST;
  return async ({ step, composition, what, locationOf }: Step): Promise<Finding[]> => {
    const [type, { apiVersion, kind }] = [typeOf(composition), typeRef(composition)];
    if (isChanged(composition) || compositions.get(type)?.length !== 1) return []; // of several a selector chooses
    const { count, whole } = cached(byType, type, () => {
      const all = manifestsFor(kind).filter(({ object }) => object.apiVersion === apiVersion);
      return { count: all.length, whole: all.filter((each) => definitions.isWhole(each) && isAsWritten(each)) };
    });
    const near = count === 0 ? definitions.nearKind({ apiVersion, kind }) : undefined;
    if (near !== undefined) {
      const cause = `no CompositeResourceDefinition makes ${quote(kind)}, which its Composition is for; did you mean ${quote(near)}?`;
      return [unreliable(what, locationOf('step'), cause, 'Correct `compositeTypeRef`')];
    }
    const cost = cached(costs, step, () => 1 + partsOf(step).reduce<number>((count) => count + 1, 0) / EACH);
    const makers = new Map<string, ObjectRef>();
    const findings: Finding[] = [];
    for (const composite of whole) {
      if (left < cost) break;
      survey.deadline.throwIfExpired();
      left -= cost;
      const { targets, faults } = await draftFor(composite, step, around);
      const name = describeObject(composite.object);
      const location = composite.locationOf();
      const words = stepWords(what, `${what} for ${name}`);
      const certain = faults.filter(({ code }) => !OF_VALUES.includes(code) || !definitions.hasDefaults(composite));
      for (const fault of certain.slice(0, MOST_FAULTS))
        findings.push({ ...fault, words: toldBy(fault.words, words), location });
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

/** Fields by which a composite chooses its Composition. */
const CHOICE = /^composition(?:Revision)?(?:Ref|Selector)$/;
/** So many kinds of a group are compared with each Composition's. */
const MOST_KINDS = 200;
/** A place that something else fills in. */
const MARK = /\$\{|\{\{/;

/** What CompositeResourceDefinitions say of composites: read once for each kind. */
function newDefinitions(survey: Survey) {
  const groupAndKind = (group: string | undefined, kind: string | undefined) => `${group} ${kind}`;
  const all = once(() => objectsOf(survey, 'apiextensions.crossplane.io', 'CompositeResourceDefinition'));
  const byType = once(() =>
    Map.groupBy(all(), ({ value }) =>
      groupAndKind(textAt(value, ['spec', 'group']), textAt(value, ['spec', 'names', 'kind'])),
    ),
  );
  const byGroup = once(() => Map.groupBy(all(), ({ value }) => textAt(value, ['spec', 'group'])));
  const definitionsOf = ({ apiVersion, kind }: Pick<ObjectRef, 'apiVersion' | 'kind'>) =>
    byType().get(groupAndKind(apiVersion.split('/')[0], kind)) ?? [];
  const near = new Map<string, string | undefined>();
  const defaults = new Map<FoundObject | undefined, boolean>();
  const whole = new Map<FoundObject, boolean>(); // each step asks
  const isOfCluster = ({ object, value }: FoundObject) =>
    object.apiVersion.endsWith('/v1') || /Cluster$/.test(textAt(value, ['spec', 'scope']) ?? '');
  return {
    /** A kind of the same group that is made, and nearly this one, which none makes. */
    nearKind({ apiVersion, kind }: Pick<ObjectRef, 'apiVersion' | 'kind'>) {
      return cached(near, `${apiVersion} ${kind}`, () => {
        const [group] = apiVersion.split('/');
        if (byType().has(groupAndKind(group, kind))) return undefined;
        const siblings = (byGroup().get(group) ?? []).slice(0, MOST_KINDS);
        return siblings
          .flatMap(({ value }) => textAt(value, ['spec', 'names', 'kind']) ?? [])
          .find((each) => isSlip(kind, each));
      });
    },
    /** True for one whose file has all that the server gets, but for values by default. Who applies it may give a namespace. */
    isWhole(composite: FoundObject) {
      return cached(whole, composite, () => {
        const { object, value } = composite;
        const isPlaced = object.namespace !== undefined || definitionsOf(object).some(isOfCluster);
        const isOpen = (text: string, isKey: boolean) => (isKey ? CHOICE : MARK).test(text);
        return object.name !== '' && isPlaced && !hasText(value, isOpen);
      });
    },
    hasDefaults({ object }: FoundObject) {
      const [definition] = definitionsOf(object);
      const read = () => hasText(definition?.value, (text, isKey) => isKey && text === 'default');
      return cached(defaults, definition, read);
    },
  };
}

const typeRef = ({ value }: FoundObject) => identify(valueAt(value, ['spec', 'compositeTypeRef']));
const typeOf = (composition: FoundObject) => objectKey(typeRef(composition));

/** What is the same for all composites. */
interface Around {
  readonly namespaces: () => ReadonlyMap<string, readonly FoundObject[]>;
  readonly run: Pick<RunRequest, 'ambient' | 'deadline' | 'work' | 'policy'>;
  /** Of faults that are told. */
  readonly codes: readonly Finding['code'][];
}

/** What a step makes for a composite, and what refuses it, or keeps it waiting for what is in no earlier step. */
async function draftFor({ object, value }: FoundObject, step: unknown, { namespaces, run, codes }: Around) {
  const credentialNames = listAt(step, ['credentials']).flatMap((each) => textAt(each, ['name']) ?? []);
  const requiredObject = ({ name }: ObjectRef) => {
    const [manifest, another] = namespaces().get(name) ?? [];
    if (manifest === undefined || another !== undefined) return 'pending'; // one of each cluster
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
