import type { Code } from '../../api/codes.ts';
import type { Finding } from '../../api/finding.ts';
import { ExpiringMap } from './expiring-map.ts';

/** Shorter than the shortest wait, so that no call that the engine makes for a time to live is in vain. */
const PAUSE_MILLISECONDS = 5000;

/** Somebody was asked, and will say the same when he is asked again at once. */
const ANSWERS: ReadonlySet<Code> = new Set<Code>([
  'HOP_DENIED',
  'HOP_REFUSED',
  'CREDENTIALS_REFUSED',
  'OTHER_ACCOUNT',
  'STS_UNAVAILABLE',
  'STS_MALFORMED',
  'RENEWAL_FAILED',
  'DEADLINE_PASSED',
]);

/**
 * What failed a moment ago fails again without a request: a reconcile has several calls, each change of a composite is a
 * reconcile, and a role that refuses must not be asked at that rate.
 */
export class Pauses<T extends { readonly findings: readonly Finding[] }> {
  readonly #failed = new ExpiringMap<T>(PAUSE_MILLISECONDS);

  get(key: string, now: Date): T | undefined {
    return this.#failed.get(key, now);
  }

  /** Nothing happens unless it failed. */
  put(key: string, result: T, now: Date): void {
    if (result.findings.some(({ code }) => ANSWERS.has(code))) this.#failed.put(key, result, now);
  }
}
