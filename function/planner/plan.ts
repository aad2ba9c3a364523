import { checkTokenAccount } from '../chain/check-account.ts';
import { withExternalIDs, withIdentityHop } from '../chain/complete-chain.ts';
import { choose } from '../chain/guard.ts';
import { CODES } from '../findings/codes.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { say, theField, theObject } from '../findings/say.ts';
import { readSecretValue } from '../identity/read-secret-value.ts';
import { type KnownObject, lookupFailureIn, type NeedAnswers, objectIn } from '../model/answers.ts';
import { hopsOf, type Keys } from '../model/hop.ts';
import type { Job, Need, ObjectNeed, SecretPart, Verdict } from '../model/job.ts';
import { isExternalSecret, objectKey, secretObject } from '../model/kinds.ts';
import { defined } from '../model/plain-data.ts';
import type { Deadline, TakeTurn } from '../model/run-limits.ts';
import type { SecretTemplate } from '../model/secret-spec.ts';
import type { Environment } from '../model/world.ts';
import { tryTemplate } from '../secret/apply-template.ts';
import { checkEncryptable } from '../secret/encryption.ts';
import { checkOwnership, nothingToMerge } from '../secret/ownership.ts';
import { readTemplate } from '../secret/read-template.ts';
import type { Draft } from './draft.ts';

/** A part with nothing left to resolve in its chain. */
interface CompletePart {
  readonly part: SecretPart;
  /** The keys that sign its first hop, if they come from a Secret. */
  readonly signingKeys?: Keys;
}

/** What is to be done about one job's Secret. */
export interface Decision {
  /** The job, with its template texts once they are resolved. */
  readonly job: Job;
  /** The existing Secret; null when there is none, when Crossplane will send it later (`pending`), or nobody has looked. */
  readonly existing: KnownObject | null;
  /** Undefined while the need for the existing Secret has no answer, not even `pending`. */
  readonly verdict?: Verdict;
  /** True when this run is to issue or renew the Secret, also where `renewalFault` says that it cannot. */
  readonly mustWrite: boolean;
  /** All needs of the job, answered ones too. */
  readonly needs: readonly Need[];
  /** What its sessions are issued with, where the verdict is to issue or renew; empty with a fault. */
  readonly completeParts: readonly CompletePart[];
  /** Why the target cannot be written, whatever the verdict: by its owner, its absence, or what sops could not open again. */
  readonly targetFaults: readonly Finding[];
  /** The errors that refuse the job. */
  readonly faults: readonly Finding[];
  /** Why a renewal cannot begin now: the existing Secret is still valid and is kept. */
  readonly renewalFault?: Finding;
}

/** The decision about each job of a run, and the needs that decisions rest on. */
export interface Plan {
  readonly draft: Draft;
  /** The time by which all jobs were judged. */
  readonly now: Date;
  readonly decisions: readonly Decision[];
  /** Answered needs too: Crossplane withdraws a requirement that is not repeated. */
  readonly needs: readonly Need[];
}

/** What a run is planned with beside its draft. */
export interface Planning {
  /** The time by which all jobs are judged. */
  readonly now: Date;
  readonly environment: Environment;
  readonly deadline: Deadline;
  /** Absent: the run has the process to itself. */
  readonly takeTurn?: TakeTurn;
}

/** What a job is planned with. */
interface PlanContext extends Planning {
  readonly draft: Draft;
  readonly answers: NeedAnswers;
  /**
   * By object: the first reader that is not `sealable`. It makes every need of the object a `source`, which is refused where
   * SOPS encrypted it.
   */
  readonly sourceReaders: ReadonlyMap<string, Pick<ObjectNeed, 'as' | 'by' | 'field'>>;
}

/**
 * Decides about every job as far as there are `answers`. The existing Secret comes first: one that is kept needs nothing else.
 * A verdict of `formerPlan` stands; only its open needs are looked at again. A job takes two rounds, or three where it is read
 * from objects: its Secret is asked for, then these, then all is there.
 */
export function planJobs(draft: Draft, answers: NeedAnswers, planning: Planning, formerPlan?: Plan): Plan {
  const sourceReaders = new Map(
    draft.jobs
      .flatMap(({ requester: by, reads }) =>
        reads
          .filter(({ mayBeSealed }) => mayBeSealed !== true)
          .map(({ object, field }) => [objectKey(object), { as: 'source', by, field }] as const),
      )
      .toReversed(), // the first counts
  );
  const context = { ...planning, draft, answers, sourceReaders };
  const decisions = draft.jobs.map((job, index) => decideJob(job, context, formerPlan?.decisions[index]));
  return { draft, now: planning.now, decisions, needs: decisions.flatMap(({ needs }) => needs) };
}

/** A job's verdict, then its needs, and once these are answered its complete parts or faults. */
function decideJob(job: Job, context: PlanContext, formerDecision: Decision | undefined): Decision {
  const { purpose } = context.draft;
  const judged = judgeExisting(job, context, formerDecision);
  const { existing, verdict } = judged;
  if (verdict === undefined || verdict.do === 'keep' || !purpose.resolvesReferences) return judged;
  const tokens = purpose.mints ? job.parts.flatMap(({ chain: { identity } }) => identity.token?.need ?? []) : [];
  const by = job.requester;
  const objects = job.reads.map(({ object, field }): ObjectNeed => {
    const key = objectKey(object);
    return { key, object, ...(context.sourceReaders.get(key) ?? { as: 'sealable', by, field }) };
  });
  const readNeeds: readonly Need[] = [...objects, ...tokens];
  const decided = { ...judged, needs: [...judged.needs, ...readNeeds] };
  const staysIfRenewalFails = verdict.do === 'renew' && !isRenewalRequired(job);
  const plaintextFaults = existing?.sops === undefined ? [] : checkStaysEncrypted(job);
  const isOpen = readNeeds.some((need) => isUnanswered(need, context.answers));
  // why a renewal cannot begin is told once all of its needs are answered
  if (isOpen) return { ...decided, faults: staysIfRenewalFails ? [] : plaintextFaults };
  const failures = readNeeds.flatMap(({ key }) => lookupFailureIn(context.answers, key) ?? []);
  const readFaults = [...plaintextFaults, ...failures.map(({ unread }) => unread)];
  const complete = completeJob(job, readFaults, context);
  const [first] = complete.faults;
  if (first === undefined) return { ...decided, ...complete };
  // a failed look-up may be gone in the next run, whatever its code, unless it is lasting; any other fault by its code
  const isTransient =
    failures.length > 0
      ? !failures.some(({ isLasting }) => isLasting)
      : complete.faults.every(({ code }) => CODES[code].isTransient);
  return staysIfRenewalFails && isTransient
    ? { ...decided, renewalFault: first }
    : { ...decided, faults: complete.faults };
}

type CompleteJob = Pick<Decision, 'job' | 'completeParts' | 'faults'>;

/** A job whose needs are answered, with nothing left to resolve, and what is wrong with it. */
function completeJob(job: Job, faultsSoFar: readonly Finding[], context: PlanContext): CompleteJob {
  if (faultsSoFar.length > 0) return { job, completeParts: [], faults: faultsSoFar };
  const parts = job.parts.map((part) => completePart(part, job, context));
  const [whole, templateFaults] =
    job.form.template === undefined ? [job, []] : withTemplateTexts(job, job.form.template, context);
  const findings = [...parts.flatMap((part) => part.faults), ...templateFaults];
  // without sessions it is said what is not there; values are checked where they are used
  const faults = context.draft.purpose.mints ? findings : findings.filter(({ code }) => code === 'REFERENCE_MISSING');
  return { job: whole, completeParts: parts, faults };
}

const NOTHING_DECIDED = { existing: null, mustWrite: false, completeParts: [], targetFaults: [], faults: [] };

/** What the existing Secret says, once it is known, or what it has said to `formerDecision`. */
function judgeExisting(job: Job, { draft, answers, now }: PlanContext, formerDecision: Decision | undefined): Decision {
  const object = secretObject(job.target);
  const target: Need = { key: objectKey(object), object, as: 'target', by: job.requester };
  const undecided = { ...NOTHING_DECIDED, job, needs: [target] };
  if (formerDecision?.verdict !== undefined) {
    const { existing, verdict, mustWrite, targetFaults } = formerDecision;
    return { ...undecided, existing, verdict, mustWrite, targetFaults };
  }
  if (!answers.has(target.key)) return undecided;
  const existing = objectIn(answers, target.key);
  const { purpose } = draft;
  const sealFaults = job.form.recipients === undefined ? [] : checkEncryptable(job, existing);
  // under Crossplane a pending one counts as absent too: its sources are needed in the same call, and the host carries no such plan out
  if (existing === null) {
    const targetFaults = [...(job.form.merge === 'required' ? [nothingToMerge(job)] : []), ...sealFaults];
    return { ...undecided, verdict: { do: 'issue', because: 'absent' }, mustWrite: purpose.acts, targetFaults };
  }
  const verdict = purpose.judge(job, existing, now);
  const mustWrite = verdict.do !== 'keep' && purpose.acts;
  const targetFaults = [...checkOwnership(job, existing), ...sealFaults];
  return { ...undecided, existing, verdict, mustWrite, targetFaults };
}

/** True when a failed renewal is an error although the Secret is still valid (`renew.required`). */
export function isRenewalRequired({ parts }: Job): boolean {
  return parts.some(({ renewal }) => renewal.required === true);
}

/**
 * Resolves the references of a part: a ServiceAccount's role, static keys, external IDs. A role that an object names is held against
 * the guards here, by the grant that the declared chain has chosen.
 */
function completePart(
  part: SecretPart,
  { target, form }: Pick<Job, 'target' | 'form'>,
  { draft: { cluster, settings }, answers, environment }: PlanContext,
): CompletePart & { readonly faults: readonly Finding[] } {
  const { generator } = part;
  const context = { generator, needsLongTermKeys: part.needsLongTermKeys === true, answers, environment, cluster };
  const hasExternalIDs = hopsOf(part).some(({ request }) => 'externalIDFrom' in request);
  const { chain: chainWithIDs, findings: externalIDFaults } = hasExternalIDs
    ? withExternalIDs(part.chain, generator, (reference) => readSecretValue(reference, context))
    : { chain: part.chain, findings: [] };
  const { identityRole, faults: identityFaults, keys } = chainWithIDs.identity.read(context);
  const signing = defined({ signingKeys: keys });
  const readFaults = [...externalIDFaults, ...identityFaults];
  if (identityRole === undefined) return { part: { ...part, chain: chainWithIDs }, ...signing, faults: readFaults };
  const { chain, findings: limitFaults } = withIdentityHop(chainWithIDs, identityRole, settings);
  const whole = { ...part, chain };
  const { identity, identityHop } = chain;
  // guards judge what manifests declare: not what the grant itself imposes
  const chainOfManifests = { ...(part.chainOfManifests ?? chain), identity, ...defined({ identityHop }) };
  if (limitFaults.length > 0) return { part: whole, ...signing, faults: [...readFaults, ...limitFaults] };
  const roleFaults = [
    ...(part.chosenGrants === undefined
      ? []
      : choose({ ...part, chain: chainOfManifests, target, form }, part.chosenGrants).findings),
    ...(part.expectAccount === undefined ? [] : checkTokenAccount(whole, part.expectAccount)),
  ];
  return { part: whole, ...signing, faults: [...readFaults, ...roleFaults] };
}

/** The job with its template texts. They are rendered once with sample data, so that a fault shows before a session is issued. */
function withTemplateTexts(
  job: Job,
  secretTemplate: SecretTemplate,
  { draft: { applyTemplate }, answers, deadline }: PlanContext,
): [Job, Finding[]] {
  if (secretTemplate.templates.every((template) => 'text' in template)) return [job, []];
  const { template, findings } = readTemplate(job.requester, secretTemplate, answers);
  const whole = { ...job, form: { ...job.form, template } };
  const tried = applyTemplate === undefined ? [] : tryTemplate(whole, applyTemplate, deadline.exampleLimits);
  return [whole, [...findings, ...tried]];
}

/** True for a need whose answer does not help: nobody has looked yet, as between two rounds, or an object is `pending` or `notAsked`. */
function isUnanswered(need: Need, answers: NeedAnswers): boolean {
  const answer = answers.get(need.key);
  return answer === undefined || (typeof answer === 'string' && 'object' in need);
}

/** Refuses to write plain values over a Secret that SOPS encrypted. */
function checkStaysEncrypted({ requester, target, form }: Job): Finding[] {
  if (form.recipients !== undefined) return [];
  const cure = isExternalSecret(requester) ? 'Delete it' : 'Set `encrypt` for it in an Input, or delete it';
  const what = say`${theObject(secretObject(target))} ${form.merge === undefined ? 'of' : 'for'} ${theObject(requester)}`;
  const cause = 'it is encrypted by SOPS, and its new values would be plain text';
  const message =
    form.merge === undefined
      ? say`cannot renew ${what}: ${cause}. ${cure} to have it made anew.`
      : say`cannot add to ${what}: ${cause}. Set another ${theField('spec.target.name')}.`; // others have values in it
  return [finding('SECRET_SEALED', message, { object: requester })];
}
