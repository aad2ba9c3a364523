import {
  EXPIRATION_ANNOTATION,
  GENERATOR_ANNOTATION,
  RENEW_AFTER_ANNOTATION,
  SPEC_HASH_ANNOTATION,
} from '../api/annotations.ts';
import type { SecretManifest } from '../api/flow.ts';
import type { Job } from '../api/plan.ts';
import type { SuppliedObject } from '../api/supplied.ts';
import { wholeSeconds } from '../api/whole-seconds.ts';
import { mergeInto } from './merge-into.ts';
import { generatorMark } from './ownership.ts';
import { type Lifespan, timesOf } from './times-of.ts';
import { toManifest } from './to-manifest.ts';
import { type Obtained, valuesOf } from './values-of.ts';

/**
 * The Secret with its sessions, in the form that is wanted and in plain text. `existing` is the one that is there already.
 * @throws FindingError when a value holds what no Secret may have.
 */
export function renderSecret(job: Job, obtained: readonly Obtained[], existing: SuppliedObject | null): SecretManifest {
  const annotations = {
    [GENERATOR_ANNOTATION]: generatorMark(job.generator),
    ...times(obtained),
    [SPEC_HASH_ANNOTATION]: job.specHash,
  };
  const values = valuesOf(job, obtained);
  const data = [...values].map(([key, value]) => [key, Buffer.from(value, 'latin1').toString('base64')] as const);
  const secret = toManifest(job, annotations, Object.fromEntries(data));
  return job.form.merge === undefined || existing === null ? secret : mergeInto(existing, secret, job.form);
}

/** None where STS did not say when a session ends. */
function times(obtained: readonly Obtained[]): Record<string, string> {
  const lives = obtained.flatMap(({ part, issuedAt, session: { expiration } }): Lifespan[] =>
    expiration === undefined ? [] : [{ part, issuedAt, expiration }],
  );
  const said = lives.length < obtained.length ? undefined : timesOf(lives);
  if (said === undefined) return {};
  return {
    [EXPIRATION_ANNOTATION]: wholeSeconds(said.expiration),
    [RENEW_AFTER_ANNOTATION]: wholeSeconds(said.renewAfter),
  };
}
