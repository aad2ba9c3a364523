import { type Finding, FindingError, hasErrors, keyOfFinding } from '../findings/finding.ts';
import type { PolicyFile } from '../hosts/policy.ts';
import { GENERATOR_ANNOTATION, isIgnored } from '../model/annotations.ts';
import { isPending, type NeedAnswers, objectIn } from '../model/answers.ts';
import type { Job, ObjectNeed } from '../model/job.ts';
import { isClusterGenerator, isGenerator, keyOfSecret, objectKey } from '../model/kinds.ts';
import { hasOurGenerator } from '../model/meant-kind.ts';
import { defined } from '../model/plain-data.ts';
import type { Owner } from '../model/run-request.ts';
import type { Draft } from '../planner/draft.ts';
import { generatorMark } from '../secret/ownership.ts';
import { checkTargets } from './check-targets.ts';
import { type CheckedDraft, leaveOutFaulty } from './leave-out-faulty.ts';
import { type Call, refOf } from './read-request.ts';
import type { DesiredManifest, Step } from './read-step.ts';

/** What a step's manifests decide. */
export interface DraftedStep {
  /** The draft that is carried out: it has no error, or the step is refused. What waits for a generator of the cluster is not in it. */
  readonly draft: Draft;
  /** Keys of `ownResources`, or some of them, that Secrets replace. */
  readonly replacedKeys: readonly string[];
  /** The desired resources that are ours by their own text, generators too, without a look at the cluster. */
  readonly ownResources: readonly DesiredManifest[];
  /** What is said of the step and of `draft`. An error refuses the step. */
  readonly findings: readonly Finding[];
  /** Errors of generators that only the cluster has: they keep back only the Secrets that they are about. */
  readonly generatorFaults: readonly Finding[];
  /** Jobs of such generators, which are not in `draft`. */
  readonly jobsLeftOut: readonly Job[];
  /** How many ExternalSecrets wait for a generator of the cluster, and have no job: for `StepResult.wantedCount` alone. */
  readonly waitingCount: number;
  /**
   * True when values are missing or of the wrong type, and `readStep` found no fault. Findings of its draft are left out then, but for
   * the Policy's: they may follow from these values.
   */
  readonly lacksValues: boolean;
  /** What each response requires: for the step, and generators that ExternalSecrets name and only the cluster has. */
  readonly requirements: Step['requirements'];
  /** True when Crossplane has not sent one of them yet. */
  readonly isIncomplete: boolean;
}

/**
 * Drafts a step: first without the cluster, where each error is the Composition's; then with the generators that only the cluster has,
 * without those that errors are about; where errors are left, without any of them. So a fault in a tenant's generator
 * keeps back only the Secrets of ExternalSecrets that name it, and everything else in the step is checked as before.
 */
export async function draftStep(call: Call, step: Step, policyFile: PolicyFile): Promise<DraftedStep> {
  const { requiredObject, service, deadline } = call;
  const runRequest = {
    items: step.desired.map(({ manifest }) => manifest),
    functionConfig: step.input,
    deadline,
    ambient: service.world.ambient,
    owner: ownerOf(call.composite),
  };
  const draftWith = (answers: NeedAnswers) => service.drafts.draft(runRequest, policyFile, answers, call);
  const withoutCluster = await draftWith(new Map());
  const ownResources = ownResourcesOf(withoutCluster, step);
  const replacedResources = replacedOf(ownResources, withoutCluster, call, new Map()); // no generator of the cluster is known yet
  const replacedKeys = replacedResources.map(({ resourceKey }) => resourceKey);
  const stepFaults = [...step.faults, ...replacedResources.flatMap(({ faults }) => faults)];
  const compositionFindings = draftFindings(withoutCluster, step);
  const needs = hasErrors(compositionFindings) ? [] : withoutCluster.needs;
  const answers: NeedAnswers = new Map(needs.map(({ key, object }) => [key, requiredObject(object)] as const));
  const isIncomplete = isPending(answers);
  const requirements = [...step.requirements, ...needs.map(({ object }) => object)];
  const lacksValues = step.valueFaults.length > 0 && stepFaults.length === 0;
  // until the cluster is known, all that may be ours counts as replaced: it is no conflict yet
  const ownKeys = ownResources.map(({ resourceKey }) => resourceKey);
  const findings = lacksValues
    ? compositionFindings.filter(({ code }) => code === 'SETTING_INVALID') // the Policy's: all others may follow from a missing value
    : [...stepFaults, ...compositionFindings, ...checkTargets(withoutCluster, step, ownKeys, call)];
  const fields = { ownResources, replacedKeys, findings, lacksValues, requirements, isIncomplete };
  const result = { ...fields, draft: withoutCluster, generatorFaults: [], jobsLeftOut: [], waitingCount: 0 };
  // a step that needs nothing of the cluster ends here
  if (needs.length === 0 || isIncomplete || hasErrors(findings)) return result;
  try {
    return { ...result, ...(await draftWithCluster({ withoutCluster, answers, lacksValues, draftWith }, step, call)) };
  } catch (error) {
    // without the cluster's generators it was not too much, so what tenants wrote is: all of it waits, and the pipeline goes on
    if (!(error instanceof FindingError) || error.finding.code !== 'LIMIT_EXCEEDED') throw error;
    const replaced = replacedOf(ownResources, withoutCluster, call, answers).map(({ resourceKey }) => resourceKey);
    const generatorFaults = [error.finding];
    return { ...result, replacedKeys: replaced, generatorFaults, waitingCount: countRequesters(needs) };
  }
}

/** To whom the Secrets of a composite belong. */
export function ownerOf({
  name,
  namespace,
  forceSync,
}: Pick<Call['composite'], 'name' | 'namespace' | 'forceSync'>): Owner {
  return { prefix: `${name}-`, values: new Map([['composite', name]]), ...defined({ namespace, forceSync }) };
}

/** The first half of a step's draft, and what is known of the generators that only the cluster has. */
interface FirstDraft extends Pick<DraftedStep, 'lacksValues'> {
  readonly withoutCluster: Draft;
  readonly answers: NeedAnswers;
  readonly draftWith: (answers: NeedAnswers) => Promise<Draft>;
}

/**
 * The second half of a step's draft: with the generators of the cluster, as far as they are right. Its fields take the place of the first
 * half's.
 */
async function draftWithCluster(first: FirstDraft, step: Step, call: Call) {
  const { withoutCluster, answers, lacksValues, draftWith } = first;
  const drafted = await draftWith(answers);
  const replacedResources = replacedOf(ownResourcesOf(drafted, step), withoutCluster, call, answers);
  const stepFaults = [...step.faults, ...replacedResources.flatMap(({ faults }) => faults)];
  const replacedKeys = replacedResources.map(({ resourceKey }) => resourceKey);
  // an ExternalSecret waits only where it is known to be ours
  const provenNeeds = withoutCluster.needs.filter((need) => isProven(need, answers));
  if (lacksValues && stepFaults.length === 0) return { replacedKeys, waitingCount: countRequesters(provenNeeds) };
  const checkDraft = (draft: Draft): CheckedDraft => {
    const all = [...draftFindings(draft, step), ...checkTargets(draft, step, replacedKeys, call)];
    const missing = all.filter(({ code }) => code === 'REFERENCE_MISSING');
    const findings = all.filter(({ code }) => code !== 'REFERENCE_MISSING');
    return { draft, missing, findings, errors: findings.filter(({ severity }) => severity === 'error') };
  };
  const checkDraftWith = async (keys: readonly string[]) => {
    const chosen = new Set(keys);
    const someAnswers = new Map([...answers].map(([key, answer]) => [key, chosen.has(key) ? answer : null]));
    return checkDraft(await draftWith(someAnswers));
  };
  const presentKeys = [...answers.keys()].filter((key) => answers.get(key) !== null);
  const whole = checkDraft(drafted);
  const outcome = await leaveOutFaulty(whole, checkDraft(withoutCluster), presentKeys, checkDraftWith);
  const { checkedDraft, usedKeys, generatorFaults } = outcome;
  const idleEntries = new Set(whole.findings.filter(isUnused).map(keyOfFinding)); // further ones follow from what is left out
  const findings = [...stepFaults, ...checkedDraft.findings].filter(
    (finding) => !isUnused(finding) || idleEntries.has(keyOfFinding(finding)),
  );
  const kept = new Set(usedKeys);
  const waitingCount = countRequesters(provenNeeds.filter(({ key }) => !kept.has(key)));
  const targets = new Set(checkedDraft.draft.jobs.map(({ target }) => keyOfSecret(target)));
  const jobsLeftOut = whole.draft.jobs.filter(({ target }) => !targets.has(keyOfSecret(target)));
  return { draft: checkedDraft.draft, replacedKeys, findings, generatorFaults, jobsLeftOut, waitingCount };
}

/**
 * The desired resources that Secrets replace. An ExternalSecret whose ClusterGenerator is missing, not known yet or not ours does not count,
 * unless an observed Secret already replaces it.
 */
function replacedOf(resources: readonly OwnResource[], { needs }: Draft, call: Call, answers: NeedAnswers) {
  const unproven = new Set(needs.filter((need) => !isProven(need, answers)).map(({ by }) => objectKey(by)));
  if (unproven.size === 0) return resources;
  const marks = new Set(call.observedSecrets.values().map(({ annotations }) => annotations[GENERATOR_ANNOTATION]));
  const isReplaced = ({ manifest }: OwnResource) => marks.has(generatorMark(refOf(manifest)));
  return resources.filter((resource) => !unproven.has(resource.keyOfObject) || isReplaced(resource));
}

/** How many ExternalSecrets need them. */
const countRequesters = (needs: readonly ObjectNeed[]) => new Set(needs.map(({ by }) => objectKey(by))).size;

/** True for an entry that matches nothing. */
const isUnused = ({ code }: Finding) => code === 'SESSION_UNUSED';

/** A desired resource of ours, with the `objectKey` of what it is. */
interface OwnResource extends DesiredManifest {
  readonly keyOfObject: string;
}

/** The desired resources that are ours as far as a draft knows. */
function ownResourcesOf({ handled }: Draft, { desired }: Step): OwnResource[] {
  const keys = new Set(handled.map(objectKey));
  const all = desired.map((resource) => ({ ...resource, keyOfObject: objectKey(refOf(resource.manifest)) }));
  return all.filter(({ manifest, keyOfObject }) =>
    isGenerator(Object(manifest)) ? !isIgnored(manifest) : keys.has(keyOfObject),
  );
}

/** True for a generator by which what names it is ours. A ClusterGenerator is one only once it is known, and has a generator of ours. */
function isProven({ key, object }: ObjectNeed, answers: NeedAnswers): boolean {
  return !isClusterGenerator(object) || hasOurGenerator(objectIn(answers, key)?.manifest);
}

/**
 * The findings of a draft without those that are reported elsewhere: of variables that are faulty or have no value, and, at the server's
 * start, of settings. REFRESHED_TOO_LATE is left out: External Secrets' operator never sees what a
 * step has.
 */
export function draftFindings({ findings }: Draft, { faults, valueFaults }: Step): readonly Finding[] {
  const faulty = new Set(faults.map(({ field }) => variableOf(field)));
  const lacking = new Set(valueFaults.map(({ field }) => variableOf(field)));
  return findings.filter(({ code, field }) => {
    const variable = variableOf(field);
    if (code === 'SETTING_UNKNOWN' || code === 'ENDPOINT_UNENCRYPTED' || code === 'REFRESHED_TOO_LATE') return false;
    if (variable === undefined) return true;
    return !faulty.has(variable) && !(lacking.has(variable) && field === `${variable}.value`);
  });
}

function variableOf(field = ''): string | undefined {
  return /^vars\.[^.]+/.exec(field)?.[0];
}
