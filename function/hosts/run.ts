import { faultOf } from '../clients/fault.ts';
import { type Finding, FindingError, finding, hasErrors } from '../findings/finding.ts';
import { joined, type ObjectRef, quoted, say, theObject } from '../findings/say.ts';
import { openOrRefuse, readAgeIdentities } from '../issuer/open-sealed.ts';
import { type ElsewhereContext, resolveElsewhere } from '../issuer/resolve-from-cluster.ts';
import { textOf } from '../krm/edit-item.ts';
import { isOfEarlierBuildStep, isOfTransformer } from '../krm/file-positions.ts';
import type { Item } from '../krm/item.ts';
import { GENERATOR_ANNOTATION } from '../model/annotations.ts';
import type { KnownObject, NeedAnswer } from '../model/answers.ts';
import type { Need, ObjectNeed } from '../model/job.ts';
import { manifestTypeOf } from '../model/kinds.ts';
import { meantType } from '../model/meant-kind.ts';
import { defined, isRecord, once, textAt } from '../model/plain-data.ts';
import type { Deadline, WorkBudget } from '../model/run-limits.ts';
import type { World } from '../model/world.ts';
import {
  type DecidedRun,
  type Destination,
  planUntilResolved,
  type Resolution,
  untilResolved,
} from '../planner/decide.ts';
import { type Draft, draft } from '../planner/draft.ts';
import { NO_POLICY, readPolicyFile } from './policy.ts';

/** The manifests that a host has read. */
export interface Manifests {
  readonly items: readonly Item[];
  readonly functionConfig?: Item;
  /** The namespace in which the host puts all Secrets afterwards, where that is known. */
  readonly endNamespace?: string | undefined;
  /** For files alone: true for an object that is not among the items and that kpt or kustomize may have when it starts the function. */
  readonly mayHave?: (need: ObjectNeed, drafted: Draft) => boolean;
}

/** Where a host of text puts the Secrets of the jobs. */
export interface TextDestination extends Destination {
  /** The host's input items, by `itemKey`: needs are answered from them. */
  readonly itemsByKey: ItemsByKey;
}

/** What a run has beside its manifests. */
export interface RunContext {
  readonly world: World;
  readonly deadline: Deadline;
  /** What several runs may spend together; absent: it is alone. */
  readonly work?: WorkBudget | undefined;
}

/** Decides a run of a host whose manifests are text. `destinationOf`: called once, with the draft, before anything is planned. */
export async function decideRun<D extends TextDestination>(
  { items, functionConfig, endNamespace, mayHave = () => false }: Manifests,
  destinationOf: (drafted: Draft) => D,
  { world, deadline, work }: RunContext,
): Promise<DecidedRun<D>> {
  const { ambient } = world;
  const now = world.now();
  const { STS_FUNCTION_POLICY: file } = ambient.environment;
  const { policy, locationInPolicy, findings } = file ? readPolicyFile(file) : NO_POLICY;
  // without what an earlier generator of kustomize gave
  const itemsOfRun = isOfTransformer(items) ? items.filter((item) => !isOfEarlierBuildStep(item)) : items;
  const request = {
    items: itemsOfRun
      .filter((item) => (manifestTypeOf(item) ?? meantType(item)) !== undefined)
      .map((item) => item.toJS()),
    markedSecrets: itemsOfRun.flatMap(({ object, annotations }) => {
      const isMarked = object?.kind === 'Secret' && object.apiVersion === 'v1' && GENERATOR_ANNOTATION in annotations;
      return isMarked ? [{ object, annotations }] : [];
    }),
    functionConfig: functionConfig?.toJS(),
    policy,
    deadline,
    ambient,
    ...defined({ work, locationInPolicy, endNamespace }),
  };
  const context = { world, signal: deadline.signal, mayHave };
  const { result: drafted } = await untilResolved<Draft, ObjectNeed>(
    (answers) => draft(request, answers),
    // these needs are generators that are no items, so no item answers them; a cluster may
    (needs, incomplete) =>
      resolveFrom(needs, { ...context, draft: incomplete, findings: [...findings, ...incomplete.findings] }),
  );
  const destination = destinationOf(drafted);
  const host = {
    findings,
    destination,
    resolve: (needs: readonly Need[], runFindings: readonly Finding[]) =>
      resolveFrom(needs, { ...context, draft: drafted, itemsByKey: destination.itemsByKey, findings: runFindings }),
  };
  return planUntilResolved(drafted, host, { now, environment: ambient.environment, deadline });
}

/**
 * A thrown value as a finding. Of an unexpected error only class and place are named: its message may repeat a Secret. `where`: the file or
 * folder of several that it is about.
 */
export function toFinding(error: unknown, where?: string): Finding {
  if (error instanceof FindingError) return error.finding;
  const { name, frames } = faultOf(error);
  const what = where === undefined ? '' : say` ${quoted(where)}`;
  const fault = [name, ...frames.slice(0, 1)].join(' at ');
  return finding('INTERNAL', say`cannot finish${what}: this function has a fault (${fault}). Please report it.`, {
    frames,
  });
}

/** An item, and its file if the host has one. */
export interface LocatedItem {
  readonly item: Item;
  readonly file?: { readonly shown: string };
}

type ItemsByKey = Pick<ReadonlyMap<string, readonly LocatedItem[]>, 'get'>;

/** What a host of text resolves needs from. */
interface ResolveContext extends Omit<ElsewhereContext, 'isRefused'>, Required<Pick<Manifests, 'mayHave'>> {
  /** Absent: no item can answer. */
  readonly itemsByKey?: ItemsByKey;
  /** The findings so far. With an error among them no cluster is called. */
  readonly findings: readonly Finding[];
}

/** Resolves needs from the items of a host, the others from a cluster. */
async function resolveFrom(needs: readonly Need[], sources: ResolveContext): Promise<Required<Resolution>> {
  const { itemsByKey, mayHave, draft, world, signal } = sources;
  const answers = new Map<string, NeedAnswer>();
  const findings: Finding[] = [];
  const elsewhere: Need[] = [];
  const ageIdentities = once(() => readAgeIdentities(world.ambient));
  for (const need of needs) {
    const [first, ...others] = ('object' in need && itemsByKey?.get(need.key)) || [];
    if ('object' in need && first !== undefined) {
      if (others.length > 0) findings.push(notUnique(need.object, [first, ...others]));
      const object = toKnown(first.item);
      // openOrRefuse refuses a `source`, and opens what is `sealable`
      const isOpenedOrRefused =
        object.sops !== undefined && (need.as === 'source' || (need.as === 'sealable' && draft.purpose.mints));
      const open = () => openOrRefuse(need, textOf(first.item), { ageIdentities, signal: signal() });
      answers.set(need.key, isOpenedOrRefused ? await open() : object);
    } else if ('object' in need && need.as === 'target') answers.set(need.key, null);
    else if ('object' in need && mayHave(need, draft)) answers.set(need.key, 'notAsked');
    else elsewhere.push(need);
  }
  if (elsewhere.length === 0) return { answers, findings };
  const isRefused = hasErrors([...sources.findings, ...findings]);
  const further = await resolveElsewhere(elsewhere, { world, signal, draft, isRefused });
  return { answers: new Map([...answers, ...further]), findings };
}

/** Refuses two items with the same key, since either could be meant. */
function notUnique(object: ObjectRef, items: readonly LocatedItem[]): Finding {
  const files = items.flatMap(({ file }) => (file === undefined ? [] : [quoted(file.shown)]));
  const where = files.length === 0 ? '' : say`, in ${joined(files, ' and ')}`;
  const message = say`cannot choose ${theObject(object)}: it is there ${items.length} times${where}. Remove all but one.`;
  return finding('TARGET_CONFLICT', message);
}

function toKnown(item: Item): KnownObject {
  const manifest = Object(item.toJS()) as Record<string, unknown>; // the parser checked that it is a map
  const { data, stringData, sops } = manifest;
  return {
    annotations: item.annotations,
    manifest,
    isOfSameBuild: isOfEarlierBuildStep(item),
    ...defined({ sops: sops ?? undefined, type: textAt(manifest, ['type']) }),
    ...(isRecord(data) ? { data } : {}),
    ...(isRecord(stringData) ? { stringData } : {}),
  };
}
