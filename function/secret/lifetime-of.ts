import type { Job, SecretPart } from '../api/plan.ts';

/** Seconds that a session is asked for. */
export function lifetimeOf({ plan }: Pick<SecretPart, 'plan'>): number {
  return plan.hops.at(-1)?.request.durationSeconds ?? 0;
}

/** Seconds after which the first session of a Secret ends. */
export function shortestLifetime({ parts }: Pick<Job, 'parts'>): number {
  return Math.min(...parts.map(lifetimeOf));
}
