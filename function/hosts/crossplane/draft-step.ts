import { type Finding, hasErrors } from '../../findings/finding.ts';
import { isClusterGenerator, objectKey } from '../../model/kinds.ts';
import { isAsked, objectIn } from '../../model/known.ts';
import type { ObjectNeed } from '../../model/need.ts';
import type { Draft } from '../../planner/draft.ts';
import { untilResolved } from '../../planner/plan.ts';
import type { Call } from './call.ts';
import { consumedSpecs } from './desired-specs.ts';
import { isAboutOneObject } from './explain.ts';
import type { Step } from './read-step.ts';
import { answerOf } from './request-objects.ts';

/** The draft of a step. */
interface DraftedStep {
  readonly drafted: Draft;
  /** The draft without generators from the cluster: all of it was written by the Composition's author. */
  readonly withoutCluster: Draft;
  /** Keys of desired resources that Secrets replace. */
  readonly consumed: readonly string[];
  /** Faults of those resources' names and namespaces. */
  readonly faults: readonly Finding[];
  /** Needs for generators that ExternalSecrets name and only the cluster has: each response requires them. */
  readonly clusterNeeds: readonly ObjectNeed[];
  /** True when Crossplane has not sent one of them yet. */
  readonly isIncomplete: boolean;
}

/** Drafts a step, and again with the generators from the cluster once Crossplane has sent them. */
export async function draftStep(
  { composite, required, service, deadline }: Call,
  step: Step,
  policy: unknown,
): Promise<DraftedStep> {
  const draftRequest = {
    items: step.desired.map(({ manifest }) => manifest),
    functionConfig: step.functionConfig,
    policy,
    deadline,
    ambient: service.world.ambient,
    owner: { prefix: `${composite.name}-`, values: new Map([['composite', composite.name]]) },
  };
  const first = withoutRepeats(await service.drafts.draft(draftRequest, new Map()), step);
  const clusterNeeds = hasErrors(first.findings) ? [] : first.needs;
  const { decided: drafted, known } = await untilResolved<Draft>(
    async (found, before) => {
      if (before === undefined) return { ...first, needs: clusterNeeds };
      return {
        ...(isAsked(found) ? first : withoutRepeats(await service.drafts.draft(draftRequest, found), step)),
        needs: clusterNeeds,
      };
    },
    () => new Map(clusterNeeds.map(({ key, object }) => [key, answerOf(required(object))])),
  );
  const absent = first.needs.filter(({ key, object }) => isClusterGenerator(object) && objectIn(known, key) === null);
  const open = new Set(absent.map(({ by }) => objectKey(by))); // the absent ClusterGenerator would say whether the spec is ours
  const handled = drafted.handled.filter((object) => !open.has(objectKey(object)));
  const taken = consumedSpecs(step.desired, handled);
  return {
    drafted,
    withoutCluster: first,
    consumed: taken.map(({ key }) => key),
    faults: taken.flatMap(({ faults }) => faults),
    clusterNeeds,
    isIncomplete: isAsked(known),
  };
}

/** Drops findings that were reported before: of variables without a value, and of settings, which the server reports at its start. */
function withoutRepeats(drafted: Draft, { faults, waits }: Step): Draft {
  const variables = new Set(
    [...faults, ...waits].flatMap(({ field }) => {
      const [variable] = /^vars\.[^.]+/.exec(field ?? '') ?? [];
      return variable === undefined ? [] : [`${variable}.value`];
    }),
  );
  const isOwn = ({ code, field }: Finding) => code !== 'SETTING_UNKNOWN' && !variables.has(field ?? '');
  return { ...drafted, findings: drafted.findings.filter(isOwn) };
}

/**
 * True for an error of a draft that may be gone in the next call: a generator is missing, or one from the cluster is wrong or does not
 * fit the step. Generators are required only while the draft without them has no error: so each error is due to one of them.
 */
export function isAwaited({ code, severity }: Finding, clusterNeeds: readonly ObjectNeed[]): boolean {
  return severity === 'error' && (code === 'REFERENCE_MISSING' || clusterNeeds.length > 0);
}

/** The errors about one generator from the cluster alone: its owner has to correct them. */
export function faultsOfClusterNeeds(faults: readonly Finding[], clusterNeeds: readonly ObjectNeed[]): Finding[] {
  const isOfOne = isAboutAnyOf(clusterNeeds);
  return faults.filter((one) => one.severity === 'error' && isAboutOneObject(one) && isOfOne(one));
}

function isAboutAnyOf(clusterNeeds: readonly ObjectNeed[]): (one: Finding) => boolean {
  const keys = new Set(clusterNeeds.map(({ object }) => objectKey(object)));
  return ({ object }) => object !== undefined && keys.has(objectKey(object));
}

/**
 * The draft without the jobs that wait for a generator from the cluster. When an error is not about one such generator alone, it is the
 * draft without all of them, which has no error.
 */
export function withoutAwaited(
  { drafted, withoutCluster, clusterNeeds }: Pick<DraftedStep, 'drafted' | 'withoutCluster' | 'clusterNeeds'>,
  awaited: readonly Finding[],
): Draft {
  const isOfOne = isAboutAnyOf(clusterNeeds);
  if (awaited.some((one) => one.code !== 'REFERENCE_MISSING' && !isOfOne(one))) return withoutCluster;
  const about = new Set(awaited.flatMap(({ object }) => (object === undefined ? [] : [objectKey(object)])));
  const faulty = clusterNeeds.filter(({ object }) => about.has(objectKey(object)));
  const waiting = new Set(faulty.map(({ by }) => objectKey(by)));
  return { ...drafted, jobs: drafted.jobs.filter(({ generator }) => !waiting.has(objectKey(generator))) };
}
