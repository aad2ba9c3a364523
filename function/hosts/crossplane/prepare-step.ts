import { type Finding, hasErrors } from '../../api/finding.ts';
import type { Prepared, Reference } from '../../api/flow.ts';
import { isClusterGenerator, objectKey } from '../../api/kinds.ts';
import type { Call } from './call.ts';
import { takenUp } from './desired-specs.ts';
import { isOfOneObject } from './explain.ts';
import type { Step } from './read-step.ts';

/** A step as the core has read it. */
interface PreparedStep {
  readonly prepared: Prepared;
  /** The same without what only the cluster has: no part of it is anybody's but the Composition's. */
  readonly alone: Prepared;
  /** Keys of desired resources that Secrets take the place of. */
  readonly consumed: readonly string[];
  /** What is wrong where those resources stand. */
  readonly faults: readonly Finding[];
  /** Generators that only ExternalSecrets name: Crossplane is asked for them in each call. */
  readonly unseen: readonly Reference[];
  /** True when one of them was not shown yet. */
  readonly isIncomplete: boolean;
}

/** Prepares a step, once more where an ExternalSecret names a generator that only the cluster can have. */
export async function prepareStep(
  { composite, required, service, now, deadline }: Call,
  step: Step,
  policy: unknown,
): Promise<PreparedStep> {
  const asked = {
    items: step.desired.map(({ manifest }) => manifest),
    functionConfig: step.functionConfig,
    policy,
    now,
    deadline,
    ambient: service.world.ambient,
    owner: { prefix: `${composite.name}-`, values: new Map([['composite', composite.name]]) },
  };
  const first = await service.steps.prepare(asked);
  const { findings } = withoutConsequences(first, step);
  const unseen = hasErrors(findings) ? [] : first.unseen;
  const looked = unseen.map(({ object }) => [objectKey(object), required(object)] as const);
  const shown = looked.flatMap(([key, found]) => (found === undefined ? [] : [[key, found] as const]));
  const isIncomplete = shown.length < looked.length;
  const prepared =
    unseen.length === 0 || isIncomplete ? first : await service.steps.prepare({ ...asked, looked: new Map(shown) });
  const absent = first.unseen.filter(({ object }) => isClusterGenerator(object) && !required(object));
  const open = new Set(absent.map(({ generator }) => objectKey(generator))); // whose they are, the ClusterGenerator would say
  const handled = prepared.handled.filter((object) => !open.has(objectKey(object)));
  const taken = takenUp(step.desired, handled);
  return {
    prepared: withoutConsequences(prepared, step),
    alone: withoutConsequences(first, step),
    consumed: taken.map(({ key }) => key),
    faults: taken.flatMap(({ faults }) => faults),
    unseen,
    isIncomplete,
  };
}

/** A variable that could not be resolved has no value, which is not to be said once more, nor what was said at the start. */
function withoutConsequences(prepared: Prepared, { faults, waits }: Step): Prepared {
  const variables = new Set(
    [...faults, ...waits].flatMap(({ field }) => {
      const [variable] = /^vars\.[^.]+/.exec(field ?? '') ?? [];
      return variable === undefined ? [] : [`${variable}.value`];
    }),
  );
  const isOwn = ({ code, field }: Finding) => code !== 'SETTING_UNKNOWN' && !variables.has(field ?? '');
  return { ...prepared, findings: prepared.findings.filter(isOwn) };
}

/**
 * What of a step's preparation may be otherwise in the next call: a generator that an ExternalSecret names and that nobody has made
 * yet, or whatever is wrong where the cluster has one, of `unseen`. Without those the step has no error, or nobody would have looked
 * for them: each error is about one, or comes from how one fits the step, and its owner may have written it so.
 */
export function isAwaited({ code, severity }: Finding, unseen: readonly Reference[]): boolean {
  return severity === 'error' && (code === 'REFERENCE_MISSING' || unseen.length > 0);
}

/** What is wrong with one generator of `unseen` beside that: its owner has to mend it. */
export function ofUnseen(faults: readonly Finding[], unseen: readonly Reference[]): Finding[] {
  const isOfOne = aboutOneOf(unseen);
  return faults.filter((one) => one.severity === 'error' && isOfOneObject(one) && isOfOne(one));
}

function aboutOneOf(unseen: readonly Reference[]): (one: Finding) => boolean {
  const keys = new Set(unseen.map(({ object }) => objectKey(object)));
  return ({ object }) => object !== undefined && keys.has(objectKey(object));
}

/**
 * The step without the jobs that use a generator of `unseen` which is awaited. Where something is wrong that is not about one of
 * those alone, it is the step as it was before anybody looked: all of that was judged, and nothing was wrong with it.
 */
export function withoutAwaited(
  { prepared, alone, unseen }: Pick<PreparedStep, 'prepared' | 'alone' | 'unseen'>,
  awaited: readonly Finding[],
): Prepared {
  const isOfOne = aboutOneOf(unseen);
  if (awaited.some((one) => one.code !== 'REFERENCE_MISSING' && !isOfOne(one))) return alone;
  const about = new Set(awaited.flatMap(({ object }) => (object === undefined ? [] : [objectKey(object)])));
  const faulty = unseen.filter(({ object }) => about.has(objectKey(object)));
  const waiting = new Set(faulty.map(({ generator }) => objectKey(generator)));
  return { ...prepared, jobs: prepared.jobs.filter(({ generator }) => !waiting.has(objectKey(generator))) };
}
