import { type Finding, hasErrors } from '../../api/finding.ts';
import type { Prepared, Reference } from '../../api/flow.ts';
import { isClusterGenerator, type ObjectRef, objectKey } from '../../api/kinds.ts';
import type { Call } from './call.ts';
import { takenUp } from './desired-specs.ts';
import { isOfOneObject } from './explain.ts';
import { findRequired } from './find-objects.ts';
import type { Step } from './read-step.ts';

/** A step as the core has read it. */
interface PreparedStep {
  readonly prepared: Prepared;
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
  { request, composite, service, now }: Call,
  step: Step,
  policy: unknown,
): Promise<PreparedStep> {
  const asked = {
    items: step.desired.map(({ manifest }) => manifest),
    functionConfig: step.functionConfig,
    policy,
    now,
    ambient: service.world.ambient,
    owner: { prefix: `${composite.name}-`, values: new Map([['composite', composite.name]]) },
  };
  const first = await service.steps.prepare(asked);
  const { findings } = withoutConsequences(first, step);
  const unseen = hasErrors(findings) ? [] : first.unseen;
  const looked = unseen.map(({ object }) => [objectKey(object), findRequired(request, object)] as const);
  const shown = looked.flatMap(([key, found]) => (found === undefined ? [] : [[key, found] as const]));
  const isIncomplete = shown.length < looked.length;
  const prepared =
    unseen.length === 0 || isIncomplete ? first : await service.steps.prepare({ ...asked, looked: new Map(shown) });
  const absent = first.unseen.filter(({ object }) => isClusterGenerator(object) && !findRequired(request, object));
  const open = new Set(absent.map(({ generator }) => objectKey(generator))); // whose they are, the ClusterGenerator would say
  const handled = prepared.handled.filter((object) => !open.has(objectKey(object)));
  const taken = takenUp(step.desired, handled);
  return {
    prepared: withoutConsequences(prepared, step),
    consumed: taken.map(({ key }) => key),
    faults: taken.flatMap(({ faults }) => faults),
    unseen,
    isIncomplete,
  };
}

/** A variable that could not be resolved has no value, which is not to be said once more, nor what was said at the start. */
function withoutConsequences(prepared: Prepared, { faults, waits }: Step): Prepared {
  const variables = [...faults, ...waits].flatMap(({ field }) => /^vars\.[^.]+/.exec(field ?? '')?.[0] ?? []);
  const isOwn = ({ code, field }: Finding) =>
    code !== 'SETTING_UNKNOWN' && !variables.some((variable) => field === `${variable}.value`);
  return { ...prepared, findings: prepared.findings.filter(isOwn) };
}

/**
 * What may be otherwise in the next call: a generator that an ExternalSecret names and that nobody has made yet, or one in the cluster,
 * of `unseen`, that its owner has to mend.
 */
export function isAwaited(one: Finding, unseen: readonly Reference[]): boolean {
  const isMissing = one.code === 'REFERENCE_MISSING';
  return (
    one.severity === 'error' && (isMissing || (isOfOneObject(one) && unseen.some(({ object }) => isAbout(one, object))))
  );
}

/** The step without the jobs that use a generator of `unseen` which is awaited. */
export function withoutAwaited(
  prepared: Prepared,
  awaited: readonly Finding[],
  unseen: readonly Reference[],
): Prepared {
  const faulty = unseen.filter(({ object }) => awaited.some((one) => isAbout(one, object)));
  const waiting = new Set(faulty.map(({ generator }) => objectKey(generator)));
  return { ...prepared, jobs: prepared.jobs.filter(({ generator }) => !waiting.has(objectKey(generator))) };
}

function isAbout({ object }: Finding, other: ObjectRef): boolean {
  return object !== undefined && objectKey(object) === objectKey(other);
}
