import { setImmediate } from 'node:timers/promises';
import { type Finding, hasErrors, keyOfFinding } from '../findings/finding.ts';
import { IGNORE_ANNOTATION } from '../model/annotations.ts';
import { isAsked, type NeedAnswers, objectIn } from '../model/answers.ts';
import type { ObjectNeed } from '../model/job.ts';
import { isClusterGenerator, isGenerator, objectKey } from '../model/kinds.ts';
import { distinct, valueAt } from '../model/plain-data.ts';
import type { Draft } from '../planner/draft.ts';
import { checkTargets } from './check-targets.ts';
import { type Call, refOf } from './read-request.ts';
import type { DesiredSpec, Step } from './read-step.ts';

/** What a step's manifests decide. */
export interface DraftedStep {
  /** The draft that is carried out: it has no error, or the step is refused. What waits for a generator of the cluster is not in it. */
  readonly draft: Draft;
  /** Keys of desired resources that Secrets replace. */
  readonly consumedKeys: readonly string[];
  /** The desired resources that are ours by their own text, without a look at the cluster. */
  readonly desired: readonly DesiredSpec[];
  /** What is said of the step and of `draft`. An error refuses the step. */
  readonly findings: readonly Finding[];
  /** Errors that may be gone in the next call: they keep back only the Secrets that they are about. */
  readonly missingGenerators: readonly Finding[];
  /** How many ExternalSecrets wait for a generator of the cluster, and have no job. */
  readonly jobsWaiting: number;
  /** True when nothing is wrong but values that are not there yet. */
  readonly lacksValues: boolean;
  /** What each response requires: the step's needs, and generators that ExternalSecrets name and only the cluster has. */
  readonly needs: Step['needs'];
  /** True when Crossplane has not sent one of them yet. */
  readonly isIncomplete: boolean;
}

/** Rounds in which the generators are left out that errors name. */
const MOST_ROUNDS = 3;
/** Drafts with errors, after which no half of those that are left is looked at for itself: they wait together. */
const MOST_TRIES = 8;

/**
 * Drafts a step: first without the cluster, where each error is the Composition's; then with the generators that only the cluster has,
 * without those that an error is about. Where errors name none, or always others, halves are tried. So what is wrong with a tenant's
 * generator keeps back what it is named for, and nothing else about the step is checked less.
 */
export async function draftStep(call: Call, step: Step, policy: unknown): Promise<DraftedStep> {
  const { composite, sent, service, deadline } = call;
  const request = {
    items: step.desired.map(({ manifest }) => manifest),
    functionConfig: step.functionConfig,
    policy,
    deadline,
    ambient: service.world.ambient,
    owner: { prefix: `${composite.name}-`, values: new Map([['composite', composite.name]]) },
  };
  const draftWith: Drafting = (answers) => service.drafts.draft(request, answers, call);
  const own = await draftWith(new Map());
  const desired = handledBy(own, step);
  const sure = sureOf(desired, own);
  const faults = faultsOf(sure, step);
  const ownFindings = draftFindings(own, step);
  const lacksValues = step.missingValues.length > 0 && faults.length === 0;
  // nobody has to correct what follows from a missing value
  const findings = lacksValues ? [] : [...faults, ...ownFindings, ...checkTargets(own.jobs, keysOf(desired), call)];
  const needs = hasErrors(ownFindings) ? [] : own.needs;
  const answers: NeedAnswers = new Map(needs.map(({ key, object }) => [key, sent(object)] as const));
  const isIncomplete = isAsked(answers);
  const decided = {
    desired,
    lacksValues,
    needs: [...step.needs, ...needs],
    isIncomplete,
    missingGenerators: [],
    jobsWaiting: 0,
  };
  return needs.length === 0 || isIncomplete || hasErrors(findings)
    ? { ...decided, draft: own, consumedKeys: keysOf(sure), findings }
    : { ...decided, ...(await draftWithCluster({ own, answers, lacksValues, draftWith }, step, call)) };
}

/** Drafts with what is known of the generators that only the cluster has. */
type Drafting = (answers: NeedAnswers) => Promise<Draft>;

/** The second half of a step's draft: with the generators of the cluster, as far as they are right. */
async function draftWithCluster(
  {
    own,
    answers,
    lacksValues,
    draftWith,
  }: { own: Draft; answers: NeedAnswers; lacksValues: boolean; draftWith: Drafting },
  step: Step,
  call: Call,
) {
  const drafted = await draftWith(answers);
  const sure = sureOf(handledBy(drafted, step), own, answers);
  const stepFaults = faultsOf(sure, step);
  const consumedKeys = keysOf(sure);
  if (lacksValues && stepFaults.length === 0) return { draft: own, consumedKeys, findings: [] };
  const judge = (used: Draft): CheckedDraft => {
    const findings = [...draftFindings(used, step), ...checkTargets(used.jobs, consumedKeys, call)];
    const missing = findings.filter(({ code }) => code === 'REFERENCE_MISSING');
    const others = findings.filter(({ code }) => code !== 'REFERENCE_MISSING');
    return { draft: used, missing, others, errors: others.filter(({ severity }) => severity === 'error') };
  };
  const judgeWith = async (keys: readonly string[]) => {
    await setImmediate(); // other calls come between two drafts
    const chosen = new Set(keys);
    return judge(await draftWith(new Map([...answers].map(([key, answer]) => [key, chosen.has(key) ? answer : null]))));
  };
  const present = [...answers.keys()].filter((key) => answers.get(key) !== null);
  const whole = judge(drafted);
  const { judged, used, missingGenerators } = await leaveOutFaulty(whole, present, own.needs, judgeWith);
  const unused = new Set(whole.others.filter(isUnused).map(keyOfFinding)); // others follow from what is left out
  const others = judged.others.filter((finding) => !isUnused(finding) || unused.has(keyOfFinding(finding)));
  const kept = new Set(used);
  const leftOut = own.needs.filter((need) => !kept.has(need.key) && !isAbsentShared(need, answers));
  const jobsWaiting = new Set(leftOut.map(({ by }) => objectKey(by))).size;
  return { draft: judged.draft, consumedKeys, findings: [...stepFaults, ...others], missingGenerators, jobsWaiting };
}

/** The desired resources that are certainly ours: one that names a ClusterGenerator that is not there may be another function's. */
function sureOf(handled: readonly HandledSpec[], { needs }: Draft, answers: NeedAnswers = new Map()): HandledSpec[] {
  const undecided = new Set(needs.filter((need) => isAbsentShared(need, answers)).map(({ by }) => objectKey(by)));
  return handled.filter(({ ref }) => !undecided.has(ref));
}

/** What is wrong with the step and with these resources. */
const faultsOf = (handled: readonly HandledSpec[], step: Step) => [
  ...step.faults,
  ...handled.flatMap(({ faults }) => faults),
];

/** True for an entry that matches nothing. */
const isUnused = ({ code }: Finding) => code === 'SESSION_UNUSED';

/** A draft with some of the generators from the cluster, and what is wrong with it. */
interface CheckedDraft {
  readonly draft: Draft;
  /** Generators that are not there. Once some are left out, others follow from that. */
  readonly missing: readonly Finding[];
  readonly others: readonly Finding[];
  /** Those of `others` that refuse a step. */
  readonly errors: readonly Finding[];
}

/**
 * Leaves out the generators from the cluster with which a draft has errors: first those that errors name, then, where they name none or
 * always others, by halves. `used` are the keys of the others, `missingGenerators` is what was wrong.
 */
async function leaveOutFaulty(
  first: CheckedDraft,
  present: readonly string[],
  needs: readonly ObjectNeed[],
  judgeWith: (keys: readonly string[]) => Promise<CheckedDraft>,
) {
  let [judged, used] = [first, present];
  const missingGenerators = [...first.missing];
  for (let round = 1; round <= MOST_ROUNDS && judged.errors.length > 0; round += 1) {
    const out = namedBy(judged.errors, needs);
    const left = used.filter((key) => !out.has(key));
    if (left.length === used.length) break;
    missingGenerators.push(...judged.errors);
    used = left;
    judged = await judgeWith(used);
  }
  if (judged.errors.length > 0) {
    missingGenerators.push(...judged.errors);
    let triesLeft = MOST_TRIES;
    const addRight = async (right: readonly string[], more: readonly string[]): Promise<readonly string[]> => {
      if (triesLeft === 0) return right;
      const all = [...right, ...more];
      const { errors } = await judgeWith(all);
      if (errors.length === 0) return all;
      triesLeft -= 1;
      if (more.length === 1) missingGenerators.push(...errors);
      if (more.length < 2) return right;
      const half = Math.ceil(more.length / 2);
      return addRight(await addRight(right, more.slice(0, half)), more.slice(half));
    };
    used = await addRight([], used);
    judged = await judgeWith(used);
  }
  return { judged, used, missingGenerators: distinct(missingGenerators, keyOfFinding) };
}

/** A desired resource of ours, with the `objectKey` of what it is. */
interface HandledSpec extends DesiredSpec {
  readonly ref: string;
}

/** The desired resources that are ours as far as a draft knows. */
function handledBy({ handled }: Draft, { desired }: Step): HandledSpec[] {
  const keys = new Set(handled.map(objectKey));
  const all = desired.map((spec) => ({ ...spec, ref: objectKey(refOf(spec.manifest)) }));
  return all.filter(({ manifest, ref }) =>
    isGenerator(Object(manifest))
      ? valueAt(manifest, ['metadata', 'annotations', IGNORE_ANNOTATION]) !== 'true'
      : keys.has(ref),
  );
}

const keysOf = (handled: readonly HandledSpec[]) => handled.map(({ key }) => key);

/** True for a ClusterGenerator that is not there: it would say whether what names it is ours. */
function isAbsentShared({ key, object }: ObjectNeed, answers: NeedAnswers): boolean {
  return isClusterGenerator(object) && objectIn(answers, key) === null;
}

/** The findings of a draft without those that are reported elsewhere: of variables without a value, and, at the server's start, of settings. */
function draftFindings({ findings }: Draft, { faults, missingValues }: Step): readonly Finding[] {
  const named = [...faults, ...missingValues].flatMap(({ field = '' }) => /^vars\.[^.]+/.exec(field) ?? []);
  const variables = new Set(named.map((variable) => `${variable}.value`));
  return findings.filter(({ code, field }) => code !== 'SETTING_UNKNOWN' && !variables.has(field ?? ''));
}

/** The generators from the cluster that errors are about, by themselves or by an ExternalSecret that names them. */
function namedBy(errors: readonly Finding[], needs: readonly ObjectNeed[]): ReadonlySet<string> {
  const named = new Set(errors.flatMap(({ object }) => (object === undefined ? [] : objectKey(object))));
  const subjects = needs.filter(({ key, by }) => named.has(key) || named.has(objectKey(by)));
  return new Set(subjects.map(({ key }) => key));
}
