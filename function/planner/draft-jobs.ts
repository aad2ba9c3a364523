import { type Finding, hasErrors } from '../api/finding.ts';
import type { Guards } from '../api/grant.ts';
import type { Job } from '../api/job.ts';
import { once } from '../api/once.ts';
import { checkGuards } from '../chain/guard.ts';
import { specHash } from '../secret/spec-hash.ts';
import type { DraftedGenerator } from './draft-generator.ts';

/** The jobs of one generator, one for each Secret. All have the same role chain. */
export function draftJobs(
  { generator: { object, annotations, wanted }, part, findings }: DraftedGenerator,
  guards: Guards,
): { readonly jobs: readonly Job[]; readonly findings: readonly Finding[] } {
  if (part === undefined) return { jobs: [], findings };
  const jobs = wanted.map((secret) => toJob({ generator: object, annotations, ...secret, parts: [part] }));
  const [one] = jobs; // a guard judges all alike
  const refused = one === undefined || hasErrors(findings) ? [] : checkGrant(one, guards);
  return { jobs, findings: [...refused, ...findings] };
}

/** Adds the spec hash, computed on first use: rendering then does it while requests for other jobs are under way. */
export function toJob(job: Omit<Job, 'specHash'>): Job {
  const hash = once(() => specHash(job.parts, job));
  return {
    ...job,
    get specHash() {
      return hash();
    },
  };
}

/** Holds every session of a Secret against the guards. */
export function checkGrant({ parts, target, form }: Pick<Job, 'parts' | 'target' | 'form'>, guards: Guards): Finding[] {
  return parts.flatMap((part) => checkGuards({ ...part, target, form }, guards));
}
