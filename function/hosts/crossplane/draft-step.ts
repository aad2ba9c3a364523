import { type Finding, hasErrors } from '../../api/finding.ts';
import { isClusterGenerator, objectKey } from '../../api/kinds.ts';
import { objectIn } from '../../api/known.ts';
import type { ObjectNeed } from '../../api/need.ts';
import type { Draft } from '../../planner/draft.ts';
import { untilResolved } from '../../planner/until-resolved.ts';
import type { Call } from './call.ts';
import { takenUp } from './desired-specs.ts';
import { isOfOneObject } from './explain.ts';
import type { Step } from './read-step.ts';
import { answerOf } from './shown-objects.ts';

/** The draft of a step. */
interface DraftedStep {
  readonly drafted: Draft;
  /** The same without what only the cluster has: no part of it is anybody's but the Composition's. */
  readonly alone: Draft;
  /** Keys of desired resources that Secrets take the place of. */
  readonly consumed: readonly string[];
  /** What is wrong where those resources stand. */
  readonly faults: readonly Finding[];
  /** Generators that only ExternalSecrets name: Crossplane is asked for them in each call. */
  readonly unseen: readonly ObjectNeed[];
  /** True when one of them was not shown yet. */
  readonly isIncomplete: boolean;
}

/** Drafts a step, and again with the generators that only the cluster can have, once Crossplane has shown them. */
export async function draftStep(
  { composite, required, service, deadline }: Call,
  step: Step,
  policy: unknown,
): Promise<DraftedStep> {
  const asked = {
    items: step.desired.map(({ manifest }) => manifest),
    functionConfig: step.functionConfig,
    policy,
    deadline,
    ambient: service.world.ambient,
    owner: { prefix: `${composite.name}-`, values: new Map([['composite', composite.name]]) },
  };
  const first = withoutConsequences(await service.steps.draft(asked, new Map()), step);
  const unseen = hasErrors(first.findings) ? [] : first.needs;
  const { decided: drafted, known } = await untilResolved<Draft>(
    async (found, before) => {
      if (before === undefined) return { ...first, needs: unseen };
      const isAsked = [...found.values()].includes('asked');
      return {
        ...(isAsked ? first : withoutConsequences(await service.steps.draft(asked, found), step)),
        needs: unseen,
      };
    },
    () => new Map(unseen.map(({ key, object }) => [key, answerOf(required(object))])),
  );
  const absent = first.needs.filter(({ key, object }) => isClusterGenerator(object) && objectIn(known, key) === null);
  const open = new Set(absent.map(({ by }) => objectKey(by))); // whose they are, the ClusterGenerator would say
  const handled = drafted.handled.filter((object) => !open.has(objectKey(object)));
  const taken = takenUp(step.desired, handled);
  return {
    drafted,
    alone: first,
    consumed: taken.map(({ key }) => key),
    faults: taken.flatMap(({ faults }) => faults),
    unseen,
    isIncomplete: [...known.values()].includes('asked'),
  };
}

/** A variable that could not be resolved has no value, which is not to be said once more, nor what was said at the start. */
function withoutConsequences(drafted: Draft, { faults, waits }: Step): Draft {
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
 * What of a step's draft may be otherwise in the next call: a generator that an ExternalSecret names and that nobody has made
 * yet, or whatever is wrong where the cluster has one, of `unseen`. Without those the step has no error, or nobody would have looked
 * for them: each error is about one, or comes from how one fits the step, and its owner may have written it so.
 */
export function isAwaited({ code, severity }: Finding, unseen: readonly ObjectNeed[]): boolean {
  return severity === 'error' && (code === 'REFERENCE_MISSING' || unseen.length > 0);
}

/** What is wrong with one generator of `unseen` beside that: its owner has to mend it. */
export function ofUnseen(faults: readonly Finding[], unseen: readonly ObjectNeed[]): Finding[] {
  const isOfOne = aboutOneOf(unseen);
  return faults.filter((one) => one.severity === 'error' && isOfOneObject(one) && isOfOne(one));
}

function aboutOneOf(unseen: readonly ObjectNeed[]): (one: Finding) => boolean {
  const keys = new Set(unseen.map(({ object }) => objectKey(object)));
  return ({ object }) => object !== undefined && keys.has(objectKey(object));
}

/**
 * The step without the jobs that use a generator of `unseen` which is awaited. Where something is wrong that is not about one of
 * those alone, it is the step as it was before anybody looked: all of that was judged, and nothing was wrong with it.
 */
export function withoutAwaited(
  { drafted, alone, unseen }: Pick<DraftedStep, 'drafted' | 'alone' | 'unseen'>,
  awaited: readonly Finding[],
): Draft {
  const isOfOne = aboutOneOf(unseen);
  if (awaited.some((one) => one.code !== 'REFERENCE_MISSING' && !isOfOne(one))) return alone;
  const about = new Set(awaited.flatMap(({ object }) => (object === undefined ? [] : [objectKey(object)])));
  const faulty = unseen.filter(({ object }) => about.has(objectKey(object)));
  const waiting = new Set(faulty.map(({ by }) => objectKey(by)));
  return { ...drafted, jobs: drafted.jobs.filter(({ generator }) => !waiting.has(objectKey(generator))) };
}
