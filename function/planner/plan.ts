import { type Finding, finding } from '../api/finding.ts';
import type { Job } from '../api/job.ts';
import { describeObject, isExternalSecret, secretObject } from '../api/kinds.ts';
import { type Known, type KnownObject, objectIn, unreadIn } from '../api/known.ts';
import { type Need, needOf } from '../api/need.ts';
import type { Verdict } from '../api/verdict.ts';
import type { Environment } from '../api/world.ts';
import { judgeTarget } from '../secret/judge-target.ts';
import { checkOwnership } from '../secret/ownership.ts';
import { judgePlaceholder } from '../secret/render-placeholder.ts';
import { type Basis, type CompletePart, complete } from './complete.ts';
import type { Draft } from './draft.ts';
import { needsOf } from './needs-of.ts';

/** What is to be done about one job's Secret. */
export interface Decision {
  /** With the texts of its template, once they are read. */
  readonly job: Job;
  /** The Secret that is there; null when there is none, or it is not known. */
  readonly existing: KnownObject | null;
  /** Undefined while nobody has looked for that Secret. */
  readonly verdict?: Verdict;
  /** All that was asked for it, also what is known by now. */
  readonly needs: readonly Need[];
  /** Of a Secret that is to be issued or renewed: what its sessions are obtained with; none where there is a fault. */
  readonly parts: readonly CompletePart[];
  /** Whether that Secret may be overwritten: whatever is to be done. */
  readonly foreign: readonly Finding[];
  /** What refuses it. */
  readonly faults: readonly Finding[];
  /** Why its renewal cannot begin now: the Secret that is there is valid, and is kept. */
  readonly despite?: Finding;
}

/** What is to be done about each job of a run, and what has to be known before that is certain. */
export interface Plan {
  readonly draft: Draft;
  /** The moment by which all of it was judged. */
  readonly now: Date;
  readonly decisions: readonly Decision[];
  /** Those that are known too: a host that is asked again has to say them again. */
  readonly needs: readonly Need[];
}

/**
 * Decides about every job, as far as `known` goes. Targets come first: for a Secret that is still good nothing else has to be known.
 * What `before` has judged, of less knowledge, is not judged again.
 */
export function plan(
  draft: Draft,
  known: Known,
  { now, environment }: { readonly now: Date; readonly environment: Environment },
  before?: Plan,
): Plan {
  const basis = { draft, known, environment };
  const decisions = draft.jobs.map((job, index) => {
    const earlier = before?.decisions[index];
    return earlier?.verdict === undefined ? judge(job, basis, now) : decide({ ...earlier, job }, basis);
  });
  return { draft, now, decisions, needs: decisions.flatMap(({ needs }) => needs) };
}

/** True where somebody wants to hear of a renewal that fails while the Secret is still valid. */
export function isRequired({ parts }: Job): boolean {
  return parts.some(({ renewal }) => renewal.required === true);
}

/** True where a Secret is to be made, if nothing refuses it. */
export function isDue({ verdict }: Decision, { settings }: Draft): boolean {
  return verdict !== undefined && verdict.do !== 'keep' && settings.mode !== 'plan';
}

function judge(job: Job, basis: Basis, now: Date): Decision {
  const { draft, known } = basis;
  const target = needOf(secretObject(job.target), 'target', job.generator);
  const nothing = { job, existing: null, needs: [target], parts: [], foreign: [], faults: [] };
  if (!known.has(target.key)) return nothing;
  const existing = objectIn(known, target.key);
  const verdict = draft.settings.mode === 'placeholder' ? judgePlaceholder(existing) : judgeTarget(job, existing, now);
  return decide({ ...nothing, existing, verdict, foreign: checkOwnership(job, existing) }, basis);
}

/** The same with what the verdict asks for. */
function decide(judged: Decision, basis: Basis): Decision {
  const { job, existing, verdict } = judged;
  const { draft, known } = basis;
  if (verdict === undefined || verdict.do === 'keep' || draft.settings.mode === 'placeholder') return judged;
  const isKept = verdict.do === 'renew' && !isRequired(job);
  const sealed = wouldUnseal(job, existing);
  if (draft.settings.mode === 'plan') return isKept ? judged : { ...judged, faults: sealed };
  const sources = needsOf(job);
  const asking = { ...judged, needs: [...judged.needs, ...sources] };
  if (sources.some((need) => isUnknown(need, known))) return asking;
  const unread = sources.flatMap(({ key }) => unreadIn(known, key) ?? []);
  const completed =
    sealed.length + unread.length > 0 ? { job, parts: [], faults: [...sealed, ...unread] } : complete(job, basis);
  const [first] = completed.faults;
  const isPassing = unread.length > 0 || completed.faults.every(({ code }) => PASSING.has(code));
  if (first === undefined) return { ...asking, ...completed };
  return isKept && isPassing ? { ...asking, despite: first } : { ...asking, faults: completed.faults };
}

/** True for a source that nobody has looked for: the run is refused, or the host will know in a later call. */
function isUnknown(need: Need, known: Known): boolean {
  const answer = known.get(need.key);
  return answer === undefined || (typeof answer === 'string' && 'object' in need);
}

/** What may be there again in the next run: until then a Secret that is still valid is kept. */
const PASSING: ReadonlySet<string> = new Set([
  'REFERENCE_MISSING',
  'TOKEN_MISSING',
  'CREDENTIAL_MALFORMED',
  'KEYS_TEMPORARY',
  'SECRET_SEALED',
]);

/** What somebody encrypted must not become plain text without a word. */
function wouldUnseal({ generator, target, form }: Job, existing: KnownObject | null): Finding[] {
  if (form.recipients !== undefined || existing?.isSealed !== true) return [];
  const cure = isExternalSecret(generator) ? 'Delete it' : 'Set `encrypt` for it in an Input, or delete it';
  const what = `${describeObject(secretObject(target))} ${form.merge === undefined ? 'of' : 'for'} ${describeObject(generator)}`;
  const cause = 'it is encrypted by SOPS, and its new values would be plain text';
  const message =
    form.merge === undefined
      ? `cannot renew ${what}: ${cause}. ${cure} to have it made anew.`
      : `cannot add to ${what}: ${cause}. Set another \`spec.target.name\`.`; // others have values in it
  return [finding('SECRET_SEALED', message, { object: generator })];
}
