import { type Finding, finding, hasErrors } from '../api/finding.ts';
import type { Prepared } from '../api/flow.ts';
import type { Job } from '../api/job.ts';
import { describeObject, isExternalSecret, objectKey, secretObject } from '../api/kinds.ts';
import { existingTarget, type Supplied } from '../api/supplied.ts';
import type { World } from '../api/world.ts';
import { judgeTarget } from '../secret/judge-target.ts';
import { readTemplate } from '../secret/read-template.ts';
import { tryTemplate } from '../secret/try-template.ts';
import { makeReady, type ReadyJob } from './make-ready.ts';
import { sourcesOfJob } from './sources-of.ts';

/** A job that is due. */
export interface DueJob {
  readonly job: Job;
  /** Until when a failure leaves the Secret that is there as it is, in milliseconds: it is valid, and nobody asks for more. */
  readonly keptUntil?: number;
}

/** The jobs for which STS has to be asked. */
export function dueJobs({ jobs, now }: Prepared, supplied: Supplied): DueJob[] {
  return jobs.flatMap((job) => {
    const judgement = judgeTarget(job, existingTarget(job, supplied), now);
    if (judgement.action === 'reuse') return [];
    const isKept = judgement.action === 'renew' && job.parts.every(({ renewal }) => renewal.required !== true);
    return [{ job, ...(isKept ? { keptUntil: judgement.expiration } : {}) }];
  });
}

/** What may be there again in the next run: until then a Secret that is still valid is kept. */
const PASSING: ReadonlySet<string> = new Set([
  'REFERENCE_MISSING',
  'TOKEN_MISSING',
  'CREDENTIAL_MALFORMED',
  'KEYS_TEMPORARY',
  'SECRET_SEALED',
]);

/** A due job with what was read for it, or with why that failed while its Secret is kept. */
export type ReadDueJob = DueJob & ReadyJob & { readonly unread?: Finding };

/** What nobody looked up, because the run is refused anyway, is not judged; what could not be looked up fails the job. */
export async function readDueJob(
  due: DueJob,
  prepared: Prepared,
  supplied: Supplied,
  world: World,
): Promise<ReadDueJob> {
  const { job, keptUntil } = due;
  const sources = sourcesOfJob(job).map((object) => supplied.get(objectKey(object)));
  if (sources.includes(undefined) && hasErrors(prepared.findings)) return { ...due, parts: [], findings: [] };
  const unread = sources.flatMap((found) => (found && 'unread' in found ? [found.unread] : []));
  const sealed = wouldUnseal(job, supplied);
  const ready =
    unread.length + sealed.length > 0
      ? { job, parts: [], findings: [...sealed, ...unread] }
      : await withTemplate(await makeReady(job, prepared, supplied, world), supplied);
  const [first] = ready.findings;
  const isPassing = unread.length > 0 || ready.findings.every(({ code }) => PASSING.has(code));
  if (keptUntil === undefined || first === undefined || !isPassing) return { ...due, ...ready };
  return { ...due, parts: [], findings: [], unread: first };
}

/** A job with the texts of its template, which are tried before any session is asked for. */
async function withTemplate(ready: ReadyJob, supplied: Supplied): Promise<ReadyJob> {
  const { job, findings } = ready;
  const { template: written } = job.form;
  if (written?.parts.every((part) => 'text' in part) !== false) return ready;
  const { template, findings: missing } = readTemplate(job.generator, written, supplied);
  const whole = { ...job, form: { ...job.form, template } };
  return { ...ready, job: whole, findings: [...findings, ...missing, ...(await tryTemplate(whole))] };
}

/** What is refused about the Secrets that are to be made: before anybody looked anything up. */
export function checkSealed(prepared: Prepared, supplied: Supplied): Finding[] {
  const due = dueJobs(prepared, supplied).filter(({ keptUntil }) => keptUntil === undefined);
  return due.flatMap(({ job }) => wouldUnseal(job, supplied));
}

/** What somebody encrypted must not become plain text without a word. */
function wouldUnseal(job: Job, supplied: Supplied): Finding[] {
  const { generator, target, form } = job;
  if (form.recipients !== undefined || existingTarget(job, supplied)?.isSealed !== true) return [];
  const cure = isExternalSecret(generator) ? 'Delete it' : 'Set `encrypt` for it in an Input, or delete it';
  const what = `${describeObject(secretObject(target))} ${form.merge === undefined ? 'of' : 'for'} ${describeObject(generator)}`;
  const cause = 'it is encrypted by SOPS, and its new values would be plain text';
  const message =
    form.merge === undefined
      ? `cannot renew ${what}: ${cause}. ${cure} to have it made anew.`
      : `cannot add to ${what}: ${cause}. Set another \`spec.target.name\`.`; // others have values in it
  return [finding('SECRET_SEALED', message, { object: generator })];
}
