import { createHash } from 'node:crypto';
import { type Renewal, remainingAt } from '../api/renewal.ts';

/** Largest share of the lifetime that the jitter takes off. */
const JITTER_SHARE = 0.1;

/**
 * From when on a session is renewed: when as much of its real lifetime is left as `renewal` says, a third by default, minus a
 * jitter of up to a tenth of it; never before the issue. The jitter comes from `target` alone, so that a run after a pause
 * does not renew everything at once, yet every run agrees.
 */
export function renewAfter({
  issuedAt,
  expiration,
  target,
  renewal,
}: {
  issuedAt: Date;
  expiration: Date;
  target: string;
  renewal: Renewal;
}): Date {
  const lifetime = expiration.getTime() - issuedAt.getTime();
  const jitter = createHash('sha256').update(target).digest().readUInt32BE(0) / 2 ** 32;
  const left = remainingAt(renewal, lifetime) + lifetime * JITTER_SHARE * jitter;
  return new Date(Math.max(issuedAt.getTime(), expiration.getTime() - left));
}
