import { GENERATOR_ANNOTATION, PLACEHOLDER_ANNOTATION, SPEC_HASH_ANNOTATION } from '../api/annotations.ts';
import type { SecretManifest } from '../api/flow.ts';
import type { Job } from '../api/plan.ts';
import type { SuppliedObject } from '../api/supplied.ts';
import { keysOf } from './format-credentials.ts';
import { generatorMark } from './ownership.ts';
import { toManifest } from './to-manifest.ts';

/** Looks like no key, and is the same in every run. */
const VALUE = Buffer.from('placeholder').toString('base64');

/**
 * The Secret of a job without credentials; undefined where there is one already that is no placeholder. It has neither times
 * nor a spec-hash, so that every run that mints replaces it.
 */
export function renderPlaceholder(job: Job, existing: SuppliedObject | null): SecretManifest | undefined {
  if (existing !== null && !isPlaceholder(existing)) return undefined;
  const marks = { [GENERATOR_ANNOTATION]: generatorMark(job.generator), [PLACEHOLDER_ANNOTATION]: 'true' };
  return toManifest(job, marks, Object.fromEntries(keysOf(job).map((key) => [key, VALUE])));
}

/** Not by its annotation alone: somebody may have put that on credentials. */
function isPlaceholder({ annotations, data = {}, stringData }: SuppliedObject): boolean {
  const isMarked = annotations[PLACEHOLDER_ANNOTATION] === 'true' && annotations[SPEC_HASH_ANNOTATION] === undefined;
  return isMarked && stringData === undefined && Object.values(data).every((value) => value === VALUE);
}
