import {
  EXPIRATION_ANNOTATION,
  GENERATOR_ANNOTATION,
  RENEW_AFTER_ANNOTATION,
  SPEC_HASH_ANNOTATION,
} from '../api/annotations.ts';
import type { Prepared, SecretManifest } from '../api/flow.ts';
import type { Job } from '../api/plan.ts';
import type { Supplied, SuppliedObject } from '../api/supplied.ts';
import { keepSecret } from '../secret/keep-secret.ts';
import { generatorMark } from '../secret/ownership.ts';
import { dueJobs, existingTarget } from './due-jobs.ts';

/** How a job's Secret stands. */
export interface Standing {
  /** A run has something to do about it. */
  readonly isDue: boolean;
  /** The Secret that is there, as it was emitted; absent when there is none. */
  readonly secret?: SecretManifest;
}

/** A Secret that a host has to keep without knowing its job: as it was emitted. */
export function keep(secret: Pick<Job, 'target' | 'form'>, existing: SuppliedObject): SecretManifest {
  return keepSecret(secret, existing);
}

/** A Secret that a host knows to be this job's: with the mark of its generator, if it has lost that. */
export function claimed({ generator }: Job, existing: SuppliedObject): SuppliedObject {
  const annotations = { [GENERATOR_ANNOTATION]: generatorMark(generator), ...existing.annotations };
  return { ...existing, annotations };
}

/** Beside the second step: how the Secret of a job stands, for a host that must name all of them in each run. */
export function standing(job: Job, prepared: Prepared, supplied: Supplied): Standing {
  const existing = existingTarget(job, supplied);
  const isDue = prepared.settings.mode !== 'mint' || dueJobs({ ...prepared, jobs: [job] }, supplied).length > 0;
  return { isDue, ...(existing === null ? {} : { secret: keepSecret(job, existing) }) };
}

/** When a Secret's session ends, in milliseconds; undefined when it does not say. */
export function expiresAt(secret: SecretManifest): number | undefined {
  return time(secret, EXPIRATION_ANNOTATION);
}

/** From when on a Secret is renewed, in milliseconds; undefined when it does not say. */
export function renewsAfter(secret: SecretManifest): number | undefined {
  return time(secret, RENEW_AFTER_ANNOTATION);
}

/** True while the session in a Secret is the one that `job` asks for, and has not ended. */
export function isUsable(job: Job, secret: SecretManifest, now: Date): boolean {
  const expiration = expiresAt(secret);
  const isWanted = secret.metadata.annotations[SPEC_HASH_ANNOTATION] === job.specHash;
  return isWanted && expiration !== undefined && now.getTime() < expiration;
}

function time({ metadata }: SecretManifest, annotation: string): number | undefined {
  const milliseconds = Date.parse(metadata.annotations[annotation] ?? '');
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}
