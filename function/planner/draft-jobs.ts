import { type Finding, hasErrors } from '../api/finding.ts';
import type { Guards } from '../api/grant.ts';
import type { Job } from '../api/job.ts';
import { once } from '../api/once.ts';
import { checkGuards } from '../chain/guard.ts';
import { specHash } from '../secret/spec-hash.ts';
import type { DraftedGenerator } from './draft-generator.ts';

/** The jobs of one generator, a Secret each: they differ in nothing that AWS is asked. */
export function draftJobs(
  { generator: { object, annotations, wanted }, part, findings }: DraftedGenerator,
  guards: Guards,
): { readonly jobs: readonly Job[]; readonly findings: readonly Finding[] } {
  if (part === undefined) return { jobs: [], findings };
  const jobs = wanted.map((secret) => toJob({ generator: object, annotations, ...secret, parts: [part] }));
  const [one] = jobs; // to a guard all are alike
  const refused = one === undefined || hasErrors(findings) ? [] : notGranted(one, guards);
  return { jobs, findings: [...refused, ...findings] };
}

/** Its hash is made when somebody asks for it: at the latest to print the Secret, while requests for others are under way. */
export function toJob(job: Omit<Job, 'specHash'>): Job {
  const hash = once(() => specHash(job.parts, job));
  return {
    ...job,
    get specHash() {
      return hash();
    },
  };
}

/** What a guard refuses: each session of a Secret. */
export function notGranted({ parts, target, form }: Pick<Job, 'parts' | 'target' | 'form'>, guards: Guards): Finding[] {
  return parts.flatMap((part) => checkGuards({ ...part, target, form }, guards));
}
