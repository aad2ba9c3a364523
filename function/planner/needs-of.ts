import { type Chain, isToken, type Job } from '../api/job.ts';
import { type NamedRef, type ObjectRef, secretObject, serviceAccountObject } from '../api/kinds.ts';
import { type Need, needOf, tokenNeed } from '../api/known.ts';
import { originObject } from '../api/secret-template.ts';
import { externalIDsOf } from '../chain/with-external-ids.ts';

/** What has to be known to make the Secret of a job, beside the one that is there. */
export function needsOf(job: Job): Need[] {
  const tokens = job.parts.flatMap(({ chain: { identity } }) => (isToken(identity) ? [tokenNeed(identity)] : []));
  return [...sourcesOfJob(job).map((object) => needOf(object, 'source', job.generator)), ...tokens];
}

/** Every object that a job reads: for its chains, and templates. */
export function sourcesOfJob({ parts, form }: Pick<Job, 'parts' | 'form'>): ObjectRef[] {
  return [...parts.flatMap(({ chain }) => sourcesOf(chain)), ...templatesOf(form)];
}

/** Every object that a chain reads. */
export function sourcesOf(chain: Chain): ObjectRef[] {
  const { identity } = chain;
  const account = identity.source === 'serviceAccount' ? [serviceAccountObject(identity)] : [];
  return [...account, ...secretsOf(chain).map(secretObject)];
}

function secretsOf(chain: Chain): NamedRef[] {
  const { identity } = chain;
  if (identity.source !== 'secretRef') return externalIDsOf(chain);
  const { accessKeyId, secretAccessKey, sessionToken } = identity;
  return [accessKeyId, secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken]), ...externalIDsOf(chain)];
}

/** Every object that the templates of a Secret are in. */
export function templatesOf({ template }: Job['form']): ObjectRef[] {
  return (template?.parts ?? []).flatMap((part) => ('from' in part ? [originObject(part.from)] : []));
}
