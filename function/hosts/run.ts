import { type Finding, FindingError, finding, hasErrors } from '../findings/finding.ts';
import { joined, type ObjectRef, quoted, say, theObject } from '../findings/say.ts';
import { decryptSource, ownIdentities } from '../issuer/decrypt-source.ts';
import { type ClusterResolution, resolveFromCluster } from '../issuer/resolve-from-cluster.ts';
import { textOf } from '../krm/edit-item.ts';
import type { Item } from '../krm/item.ts';
import { GENERATOR_ANNOTATION, MERGED_ANNOTATION } from '../model/annotations.ts';
import type { OwnedSecret, SecretManifest } from '../model/flow.ts';
import type { Job } from '../model/job.ts';
import { roleOf } from '../model/kinds.ts';
import type { Known, KnownObject, NeedAnswer } from '../model/known.ts';
import { meantType } from '../model/meant-kind.ts';
import type { Need, ObjectNeed } from '../model/need.ts';
import { defined, isRecord, once, textAt } from '../model/plain-data.ts';
import type { Deadline, WorkBudget } from '../model/run-limits.ts';
import type { World } from '../model/world.ts';
import { checkPlaintext, type WrittenTo } from '../planner/check-plaintext.ts';
import { type Draft, draft } from '../planner/draft.ts';
import { type Plan, plan, untilResolved } from '../planner/plan.ts';
import { NO_POLICY, readPolicyFile } from './policy.ts';

/** The manifests that a host has read. */
export interface Manifests {
  readonly items: readonly Item[];
  readonly functionConfig?: Item;
  /** True for an object that is not among the items and that the host may have when it starts the function. */
  readonly mayHave?: (need: ObjectNeed, drafted: Draft) => boolean;
}

/** Where a host puts the Secrets of the jobs. */
export interface Destination extends WrittenTo {
  /** Findings about the places of all jobs, whether due or not. */
  readonly findings: readonly Finding[];
  /** The host's input items, by `objectKey`: needs are answered from them. */
  readonly itemsByKey: ItemsByKey;
  /** Checks that the Secrets of these jobs, which are due, can be written. */
  check(jobs: readonly Job[]): readonly Finding[];
  /** Gets the Secret of a job as soon as it is rendered. */
  add(secret: SecretManifest): void;
}

/** A run whose plan is complete, with all that `issue` needs beside the plan. Nothing is issued yet. */
export interface DecidedRun<D extends Destination> extends Pick<ClusterResolution, 'world' | 'signal'> {
  readonly deadline: Deadline;
  readonly plan: Plan;
  /** The host's own findings, which come before the plan's. */
  readonly findings: readonly Finding[];
  readonly destination: D;
  /** Warnings for a host that writes the Secrets. */
  readonly warnings: readonly Finding[];
}

/**
 * Decides a run of a host whose manifests are text: draft, plan and resolve until no need is open. `toDestination`: called once, with the
 * draft, before anything is planned. `work`: of several runs.
 */
export async function decideRun<D extends Destination>(
  { items, functionConfig, mayHave = () => false }: Manifests,
  toDestination: (drafted: Draft) => D,
  world: World,
  deadline: Deadline,
  work?: WorkBudget,
): Promise<DecidedRun<D>> {
  const { ambient } = world;
  const now = world.now();
  const context = { world, signal: deadline.signal, mayHave };
  const { STS_FUNCTION_POLICY: file } = ambient.environment;
  const { policy, findings: policyFindings } = file ? readPolicyFile(file) : NO_POLICY;
  const request = {
    items: items.filter((item) => (roleOf(item) ?? meantType(item)) !== undefined).map((item) => item.toJS()),
    owned: items.flatMap(ownedSecretOf),
    functionConfig: functionConfig?.toJS(),
    policy,
    deadline,
    ambient,
    ...defined({ work }),
  };
  // a draft needs only generators that an ExternalSecret names and that are not among the items: a cluster alone can have them, so the
  // resolver gets no items
  const { decided: drafted } = await untilResolved(
    (known) => draft(request, known),
    (needs, lacking: Draft) => itemResolver(new Map(), [...lacking.findings], lacking, context)(needs),
  );
  const destination = toDestination(drafted);
  const { settings, purpose, guards } = drafted;
  const { writtenTo = settings.output, likelyFiles = [] } = destination;
  const mayBeInFiles = writtenTo !== undefined || likelyFiles.length > 0 || Object.keys(guards).length > 0;
  const plaintext = mayBeInFiles ? checkPlaintext(drafted, destination) : [];
  const early = plaintext.filter(({ severity }) => severity === 'error' || !purpose.acts);
  const said = [...policyFindings, ...drafted.findings, ...destination.findings, ...early];
  const { decided: planned } = await untilResolved<Plan>(
    (known, before) => plan(drafted, known, { now, environment: ambient.environment, deadline }, before),
    itemResolver(destination.itemsByKey, said, drafted, context),
  );
  const due = planned.decisions.filter(({ isDue }) => isDue);
  const unwritable = destination.check(due.map(({ job }) => job));
  const findings = [...said, ...unwritable];
  return { ...context, deadline, plan: planned, findings, destination, warnings: plaintext };
}

function ownedSecretOf({ object, annotations }: Item): OwnedSecret[] {
  const mark = annotations[GENERATOR_ANNOTATION];
  const isOwned = object?.kind === 'Secret' && object.apiVersion === 'v1' && mark !== undefined;
  return isOwned ? [{ object, mark, isMerged: annotations[MERGED_ANNOTATION] === 'true' }] : [];
}

/**
 * A thrown value as a finding. Of an unexpected error only the class is named: its message may repeat a Secret. `where`: the file or folder
 * of several that it is about.
 */
export function toFinding(error: unknown, where?: string): Finding {
  if (error instanceof FindingError) return error.finding;
  const name = error instanceof Error ? error.constructor.name : typeof error;
  const what = where === undefined ? '' : say` ${quoted(where)}`;
  return finding('INTERNAL', say`cannot finish${what}: this function has a fault (${name}). Please report it.`);
}

/**
 * What `make` gives for all. Where this function has a fault with one of them, `tell` gets it, and `make` has to do without that one: a
 * fault that one package meets is not to end the others.
 */
export function withoutFaulty<One, Made>(
  all: readonly One[],
  make: (some: readonly One[]) => Made,
  tell: (one: One, fault: unknown) => void,
): Made {
  try {
    return make(all);
  } catch (error) {
    if (error instanceof FindingError) throw error;
    const sound = all.filter((one) => {
      try {
        make([one]);
        return true;
      } catch (fault) {
        tell(one, fault);
        return false;
      }
    });
    if (sound.length === all.length) throw error;
    return make(sound);
  }
}

/** An item, and its file if the host has one. */
export interface Located {
  readonly item: Item;
  readonly file?: { readonly shown: string };
}

type ItemsByKey = Pick<ReadonlyMap<string, readonly Located[]>, 'get'>;

/**
 * Resolves needs from the items of a host, the others from a cluster. `findings` are those of the run so far, and get more. With an error
 * among them no cluster is called.
 */
function itemResolver(
  itemsByKey: ItemsByKey,
  findings: Finding[],
  draft: Draft,
  { mayHave, ...context }: Pick<ClusterResolution, 'world' | 'signal'> & Required<Pick<Manifests, 'mayHave'>>,
): (needs: readonly Need[]) => Promise<Known> {
  const ownKeys = once(async () => {
    const read = await ownIdentities(context.world.ambient);
    findings.push(...read.findings);
    return read.identities;
  });
  const decrypt = async (found: KnownObject, need: ObjectNeed): Promise<NeedAnswer> => {
    const isUsed = need.purpose === 'source' && draft.purpose.mints; // others use no value
    if (found.sops === undefined || !isUsed) return found;
    return decryptSource(found, need, await ownKeys(), context.signal());
  };
  return async (needs) => {
    const known = new Map<string, NeedAnswer>();
    const elsewhere: Need[] = [];
    for (const need of needs) {
      const [first, ...others] = ('object' in need && itemsByKey.get(need.key)) || [];
      if ('object' in need && first !== undefined) {
        if (others.length > 0) findings.push(notUnique(need.object, [first, ...others]));
        known.set(need.key, await decrypt(toKnown(first.item), need));
      } else if ('object' in need && need.purpose === 'target') known.set(need.key, null);
      else if ('object' in need && mayHave(need, draft)) known.set(need.key, 'notAsked');
      else elsewhere.push(need);
    }
    if (elsewhere.length === 0) return known;
    const found = await resolveFromCluster(elsewhere, { ...context, draft, isRefused: hasErrors(findings) });
    return new Map([...known, ...found]);
  };
}

/** Refuses two items with the same key, since either could be meant. */
function notUnique(object: ObjectRef, items: readonly Located[]): Finding {
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
    text: textOf(item),
    ...defined({ sops: sops ?? undefined, type: textAt(manifest, ['type']) }),
    ...(isRecord(data) ? { data } : {}),
    ...(isRecord(stringData) ? { stringData } : {}),
  };
}
