import {
  EXPIRATION_ANNOTATION,
  GENERATOR_ANNOTATION,
  RENEW_AFTER_ANNOTATION,
  SPEC_HASH_ANNOTATION,
} from '../model/annotations.ts';
import type { Job } from '../model/job.ts';
import type { KnownObject } from '../model/known.ts';
import { isIntact } from '../secret/hashes.ts';
import { generatorMark } from '../secret/ownership.ts';
import { isBelieved } from '../secret/renewal.ts';

// What a host asks about a Secret that is there: hosts do not import secret/ themselves.
export { isIntact } from '../secret/hashes.ts';
export { keepSecret, typeOf } from '../secret/render-secret.ts';

/** A Secret as far as its annotations tell. */
type Annotated = Pick<KnownObject, 'annotations'>;

/** The Secret with the generator annotation of this job, for a host that knows the owner although the annotation is gone. */
export function withOwnMark({ generator }: Job, existing: KnownObject): KnownObject {
  const annotations = { [GENERATOR_ANNOTATION]: generatorMark(generator), ...existing.annotations };
  return { ...existing, annotations };
}

/** When the Secret's session ends, in milliseconds since 1970; undefined without a readable annotation. */
export function expiresAt(secret: Annotated): number | undefined {
  return timeOf(secret, EXPIRATION_ANNOTATION);
}

/** When the Secret is due for renewal, in milliseconds since 1970; undefined without a readable annotation. */
export function renewsAfter(secret: Annotated): number | undefined {
  return timeOf(secret, RENEW_AFTER_ANNOTATION);
}

/**
 * True while the Secret's data are as this function wrote them, its session has not ended, and it ends no later than a session of `job`
 * can, whose spec hash it has. Of a Secret whose job is not known, no later than any session.
 */
export function isUsable(job: Job | undefined, secret: KnownObject, now: Date): boolean {
  const expiration = expiresAt(secret);
  if (expiration === undefined || now.getTime() >= expiration || !isBelieved(job, expiration, now)) return false;
  return (job === undefined || secret.annotations[SPEC_HASH_ANNOTATION] === job.specHash()) && isIntact(secret);
}

function timeOf({ annotations }: Annotated, name: string): number | undefined {
  const milliseconds = Date.parse(annotations[name] ?? '');
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}
