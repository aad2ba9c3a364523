import {
  EXPIRATION_ANNOTATION,
  GENERATOR_ANNOTATION,
  RENEW_AFTER_ANNOTATION,
  SPEC_HASH_ANNOTATION,
} from '../api/annotations.ts';
import type { Job } from '../api/job.ts';
import type { KnownObject } from '../api/known.ts';
import { isIntact } from '../secret/data-hash.ts';
import { isBelieved } from '../secret/judge-target.ts';
import { generatorMark } from '../secret/ownership.ts';

export { isIntact } from '../secret/data-hash.ts';
export { keepSecret, typeOf } from '../secret/render-secret.ts';
export { relocate } from '../spec/relocate.ts';

/** What a Secret says of itself. */
type Annotated = Pick<KnownObject, 'annotations'>;

/** A Secret that a host knows to be this job's: with the mark of its generator, if it has lost that. */
export function claimed({ generator }: Job, existing: KnownObject): KnownObject {
  const annotations = { [GENERATOR_ANNOTATION]: generatorMark(generator), ...existing.annotations };
  return { ...existing, annotations };
}

/** When a Secret's session ends, in milliseconds; undefined when it does not say. */
export function expiresAt(secret: Annotated): number | undefined {
  return time(secret, EXPIRATION_ANNOTATION);
}

/** From when on a Secret is renewed, in milliseconds; undefined when it does not say. */
export function renewsAfter(secret: Annotated): number | undefined {
  return time(secret, RENEW_AFTER_ANNOTATION);
}

/** True while a Secret holds what was written into it, and its session has not ended. */
export function isValid(secret: KnownObject, now: Date): boolean {
  const expiration = expiresAt(secret);
  return expiration !== undefined && now.getTime() < expiration && isIntact(secret);
}

/** The same, of the session that `job` asks for, with an end that such a session can have. */
export function isUsable(job: Job, secret: KnownObject, now: Date): boolean {
  const expiration = expiresAt(secret);
  const isBelievable = expiration !== undefined && isBelieved(job, expiration, now);
  return isBelievable && secret.annotations[SPEC_HASH_ANNOTATION] === job.specHash && isValid(secret, now);
}

function time({ annotations }: Annotated, name: string): number | undefined {
  const milliseconds = Date.parse(annotations[name] ?? '');
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}
