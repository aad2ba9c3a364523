import { externalIDsOf } from '../chain/complete-chain.ts';
import type { ObjectRef } from '../findings/say.ts';
import type { Reference } from '../model/identity.ts';
import type { Chain, Job } from '../model/job.ts';
import { type Need, needOf } from '../model/need.ts';
import { originObject } from '../model/secret-spec.ts';

/** What has to be resolved to issue a job's Secret, beside the existing Secret. */
export function needsOf(job: Job): Need[] {
  const tokens = job.parts.flatMap(({ chain: { identity } }) => identity.token?.need ?? []);
  return [...sourcesOfJob(job).map((object) => needOf(object, 'source', job.generator)), ...tokens];
}

/** The objects that a job reads for its chains and its template. */
export function sourcesOfJob({ parts, form }: Pick<Job, 'parts' | 'form'>): ObjectRef[] {
  return [...parts.flatMap(({ chain }) => sourcesOf(chain).map(({ object }) => object)), ...templatesOf(form)];
}

/** The objects that a chain reads. */
export function sourcesOf(chain: Chain): Reference[] {
  return [...chain.identity.reads, ...externalIDsOf(chain)];
}

/** The objects that hold the templates of a Secret. */
export function templatesOf({ template }: Job['form']): ObjectRef[] {
  return (template?.parts ?? []).flatMap((part) => ('from' in part ? [originObject(part.from)] : []));
}
