import { EXPIRATION_ANNOTATION, GENERATOR_ANNOTATION, SPEC_HASH_ANNOTATION } from '../model/annotations.ts';
import type { KnownObject } from '../model/answers.ts';
import type { Job } from '../model/job.ts';
import { isIntact } from '../secret/hashes.ts';
import { generatorMark } from '../secret/ownership.ts';
import { keepSecret, typeOf } from '../secret/render-secret.ts';
import { isBelieved, timeOf } from '../secret/renewal.ts';

// What a host asks about a Secret that is there: hosts do not import secret/ themselves.
export { generatorMark, isIntact, keepSecret, timeOf, typeOf };

/** The Secret with the generator annotation of this job, for a host that knows the owner although the annotation is gone. */
export function withOwnMark({ generator }: Job, existing: KnownObject): KnownObject {
  const annotations = { [GENERATOR_ANNOTATION]: generatorMark(generator), ...existing.annotations };
  return { ...existing, annotations };
}

/**
 * True while the Secret's data are as this function wrote them, its session has not ended, and it ends no later than a session of `job`
 * can, whose spec hash it has. Of a Secret whose job is not known, no later than any session.
 */
export function isUsable(job: Job | undefined, secret: KnownObject, now: Date): boolean {
  const expiration = timeOf(secret, EXPIRATION_ANNOTATION);
  if (expiration === undefined || now.getTime() >= expiration || !isBelieved(job, expiration, now)) return false;
  return (job === undefined || secret.annotations[SPEC_HASH_ANNOTATION] === job.specHash()) && isIntact(secret);
}
