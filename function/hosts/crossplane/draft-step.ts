import { type Finding, hasErrors } from '../../findings/finding.ts';
import { IGNORE_ANNOTATION } from '../../model/annotations.ts';
import { isClusterGenerator, isGenerator, objectKey } from '../../model/kinds.ts';
import { isAsked, type Known, objectIn } from '../../model/known.ts';
import type { ObjectNeed } from '../../model/need.ts';
import { valueAt } from '../../model/plain-data.ts';
import type { Draft } from '../../planner/draft.ts';
import { checkTargets } from './check-targets.ts';
import { isAboutOneObject } from './explain.ts';
import { type Call, refOf } from './read-request.ts';
import type { Step } from './read-step.ts';

/**
 * Drafts a step, and again with the generators from the cluster once Crossplane has sent them. Gives the draft, and what keeps it from
 * being planned.
 */
export async function draftStep(call: Call, step: Step, policy: unknown) {
  const { composite, required, service, deadline } = call;
  const request = {
    items: step.desired.map(({ manifest }) => manifest),
    functionConfig: step.functionConfig,
    policy,
    deadline,
    ambient: service.world.ambient,
    owner: { prefix: `${composite.name}-`, values: new Map([['composite', composite.name]]) },
  };
  const withoutCluster = await service.drafts.draft(request, new Map(), call);
  const needs = hasErrors(ownFindings(withoutCluster, step)) ? [] : withoutCluster.needs;
  const known: Known = new Map(needs.map(({ key, object }) => [key, required(object)] as const));
  const isIncomplete = isAsked(known);
  const isFinal = needs.length === 0 || isIncomplete;
  const drafted = isFinal ? withoutCluster : await service.drafts.draft(request, known, call);
  const absent = withoutCluster.needs.filter(
    ({ key, object }) => isClusterGenerator(object) && objectIn(known, key) === null,
  );
  const undecided = new Set(absent.map(({ by }) => objectKey(by))); // the absent ClusterGenerator would say whether the spec is ours
  const handled = new Set(drafted.handled.map(objectKey).filter((key) => !undecided.has(key)));
  const replaced = step.desired.filter(({ manifest }) =>
    isGenerator(Object(manifest))
      ? valueAt(manifest, ['metadata', 'annotations', IGNORE_ANNOTATION]) !== 'true'
      : handled.has(objectKey(refOf(manifest))),
  );
  const consumed = replaced.map(({ key }) => key);
  const stepFaults = [...step.faults, ...replaced.flatMap(({ faults }) => faults)];
  const isWaiting = stepFaults.length === 0 && step.waits.length > 0;
  const draftFaults = isWaiting ? [] : ownFindings(drafted, step); // nobody has to correct what follows from a missing value
  const targetFaults = isWaiting ? [] : checkTargets(drafted.jobs, consumed, call);
  const awaited = [
    ...draftFaults.filter((one) => isAwaited(one, needs)),
    ...targetFaults.filter((one) => one.severity === 'error' && isAboutOneObject(one) && isAboutAnyOf(known, one)),
  ];
  return {
    /** Of all manifests. */
    draft: drafted,
    /** Of those that can be planned: without what waits for a generator from the cluster. */
    ready:
      isFinal || awaited.length === 0
        ? drafted
        : await service.drafts.draft(request, withoutFaulty(known, awaited), call),
    /** Keys of desired resources that Secrets replace. */
    consumed,
    /** All findings. An error that is not awaited refuses the step. */
    faults: [...stepFaults, ...draftFaults, ...targetFaults],
    /** The errors that may be gone in the next call: they keep back only the Secrets that they are about. */
    awaited,
    /** True when nothing is wrong but values that are not there yet. */
    isWaiting,
    /** What each response requires: the step's needs, and generators that ExternalSecrets name and only the cluster has. */
    needs: [...step.needs, ...needs],
    /** True when Crossplane has not sent one of them yet. */
    isIncomplete,
  };
}

/** The findings of a draft without those that are reported elsewhere: of variables without a value, and, at the server's start, of settings. */
function ownFindings({ findings }: Draft, { faults, waits }: Step): readonly Finding[] {
  const named = [...faults, ...waits].flatMap(({ field = '' }) => /^vars\.[^.]+/.exec(field) ?? []);
  const variables = new Set(named.map((variable) => `${variable}.value`));
  return findings.filter(({ code, field }) => code !== 'SETTING_UNKNOWN' && !variables.has(field ?? ''));
}

/**
 * True for an error of a draft that may be gone in the next call: a generator is missing, or one from the cluster is wrong or does not
 * fit the step. Generators are required only while the draft without them has no error: so each error is due to one of them.
 */
function isAwaited({ code, severity }: Finding, needs: readonly ObjectNeed[]): boolean {
  return severity === 'error' && (code === 'REFERENCE_MISSING' || needs.length > 0);
}

/** True for a finding about one of the generators from the cluster, which its owner has to correct. */
function isAboutAnyOf(generators: Known, { object }: Finding): boolean {
  return object !== undefined && generators.has(objectKey(object));
}

/**
 * The generators from the cluster, where those that are wrong count as absent. When an error is not about one of them alone, all do:
 * the draft without any of them has no error.
 */
function withoutFaulty(generators: Known, awaited: readonly Finding[]): Known {
  const isOfAll = awaited.some((one) => one.code !== 'REFERENCE_MISSING' && !isAboutAnyOf(generators, one));
  if (isOfAll) return new Map();
  const faulty = new Set(awaited.flatMap(({ object }) => (object === undefined ? [] : [objectKey(object)])));
  return new Map([...generators].map(([key, found]) => [key, faulty.has(key) ? null : found]));
}
