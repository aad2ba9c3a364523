import { type Finding, finding } from '../findings/finding.ts';
import { say, theObject } from '../findings/say.ts';
import type { Job } from '../model/job.ts';
import { isExternalSecret, secretObject } from '../model/kinds.ts';
import { type Known, type KnownObject, objectIn, unreadIn } from '../model/known.ts';
import { type Need, needOf } from '../model/need.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Environment } from '../model/world.ts';
import { checkOwnership } from '../secret/ownership.ts';
import { judgePlaceholder } from '../secret/render-placeholder.ts';
import { judgeTarget } from '../secret/renewal.ts';
import { type CompletePart, complete, type PlanContext } from './complete.ts';
import type { Draft } from './draft.ts';
import { needsOf } from './needs-of.ts';

/** What is to be done about one job's Secret. */
export interface Decision {
  /** With its template texts, once they are resolved. */
  readonly job: Job;
  /** The existing Secret; null when there is none, or the need for it is open. */
  readonly existing: KnownObject | null;
  /** Undefined while the need for the existing Secret is open. */
  readonly verdict?: Verdict;
  /** All needs of the job, answered ones too. */
  readonly needs: readonly Need[];
  /** What its sessions are obtained with, where the verdict is to issue or renew; empty with a fault. */
  readonly parts: readonly CompletePart[];
  /** Findings when the existing Secret belongs to another owner, whatever the verdict. */
  readonly ownership: readonly Finding[];
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

/**
 * Decides about every job as far as `known` has answers. The existing Secret comes first: one that is kept needs nothing else.
 * A verdict of the earlier plan `before` stands; only its open needs are looked at again.
 */
export function plan(
  draft: Draft,
  known: Known,
  { now, environment }: { readonly now: Date; readonly environment: Environment },
  before?: Plan,
): Plan {
  const context = { draft, known, environment };
  const decisions = draft.jobs.map((job, index) => {
    const earlier = before?.decisions[index];
    return earlier?.verdict === undefined ? judge(job, context, now) : completeDecision({ ...earlier, job }, context);
  });
  return { draft, now, decisions, needs: decisions.flatMap(({ needs }) => needs) };
}

/** True when a failed renewal is an error although the Secret is still valid (`renew.required`). */
export function isRequired({ parts }: Job): boolean {
  return parts.some(({ renewal }) => renewal.required === true);
}

/** True when a Secret is to be issued or renewed by this run. */
export function isDue({ verdict }: Decision, { settings }: Draft): boolean {
  return verdict !== undefined && verdict.do !== 'keep' && settings.mode !== 'plan';
}

function judge(job: Job, context: PlanContext, now: Date): Decision {
  const { draft, known } = context;
  const target = needOf(secretObject(job.target), 'target', job.generator);
  const undecided = { job, existing: null, needs: [target], parts: [], ownership: [], faults: [] };
  if (!known.has(target.key)) return undecided;
  const existing = objectIn(known, target.key);
  const verdict = draft.settings.mode === 'placeholder' ? judgePlaceholder(existing) : judgeTarget(job, existing, now);
  return completeDecision({ ...undecided, existing, verdict, ownership: checkOwnership(job, existing) }, context);
}

/** The decision with what its verdict needs: sources to resolve, then complete parts or faults. */
function completeDecision(judged: Decision, context: PlanContext): Decision {
  const { job, existing, verdict } = judged;
  const { draft, known } = context;
  if (verdict === undefined || verdict.do === 'keep' || draft.settings.mode === 'placeholder') return judged;
  const isKept = verdict.do === 'renew' && !isRequired(job);
  const plain = existing?.isEncrypted === true ? checkStaysEncrypted(job) : [];
  if (draft.settings.mode === 'plan') return isKept ? judged : { ...judged, faults: plain };
  const sources = needsOf(job);
  const withSources = { ...judged, needs: [...judged.needs, ...sources] };
  if (sources.some((need) => isUnanswered(need, known))) return withSources;
  const unread = sources.flatMap(({ key }) => unreadIn(known, key) ?? []);
  const completed =
    plain.length + unread.length > 0 ? { job, parts: [], faults: [...plain, ...unread] } : complete(job, context);
  const [first] = completed.faults;
  const isPassing = unread.length > 0 || completed.faults.every(({ code }) => PASSING_CODES.has(code));
  if (first === undefined) return { ...withSources, ...completed };
  return isKept && isPassing ? { ...withSources, renewalFault: first } : { ...withSources, faults: completed.faults };
}

/** True for a need without an answer: the run is refused, or Crossplane will answer in a later call. */
function isUnanswered(need: Need, known: Known): boolean {
  const answer = known.get(need.key);
  return answer === undefined || (typeof answer === 'string' && 'object' in need);
}

/** Faults that may be gone in the next run: until then a valid Secret is kept. */
const PASSING_CODES: ReadonlySet<string> = new Set([
  'REFERENCE_MISSING',
  'TOKEN_MISSING',
  'CREDENTIAL_MALFORMED',
  'KEYS_TEMPORARY',
  'SECRET_SEALED',
]);

/** Refuses to write plain values over a Secret that SOPS encrypted. */
function checkStaysEncrypted({ generator, target, form }: Job): Finding[] {
  if (form.recipients !== undefined) return [];
  const cure = isExternalSecret(generator) ? 'Delete it' : 'Set `encrypt` for it in an Input, or delete it';
  const what = say`${theObject(secretObject(target))} ${form.merge === undefined ? 'of' : 'for'} ${theObject(generator)}`;
  const cause = 'it is encrypted by SOPS, and its new values would be plain text';
  const message =
    form.merge === undefined
      ? say`cannot renew ${what}: ${cause}. ${cure} to have it made anew.`
      : say`cannot add to ${what}: ${cause}. Set another \`spec.target.name\`.`; // others have values in it
  return [finding('SECRET_SEALED', message, { object: generator })];
}
