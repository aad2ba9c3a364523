import { lifetimeOf } from '../api/hop.ts';
import type { Job } from '../api/plan.ts';

/** Seconds after which the first of a Secret's sessions ends. */
export function shortestLifetime({ parts }: Pick<Job, 'parts'>): number {
  return Math.min(...parts.map(({ plan }) => lifetimeOf(plan)));
}
