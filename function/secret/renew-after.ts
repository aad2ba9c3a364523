import { createHash } from 'node:crypto';
import { type Renewal, remainingAt } from '../api/renewal.ts';

/** Largest share of the lifetime that the jitter takes off. */
const JITTER_SHARE = 0.1;

/**
 * From when on a session is renewed: when as much of its real lifetime is left as `renewal` says, a third by default, minus a
 * jitter of up to a tenth of it; never before the issue. A lifetime is never taken for longer than was asked: then the clocks
 * differ. The jitter comes from `generator` alone: a run after a pause does not renew everything at once, yet every run agrees,
 * and the Secrets of one generator are renewed together, with one session (docs/decisions/014-several-secrets.md).
 */
export function renewAfter({
  issuedAt,
  expiration,
  askedSeconds,
  generator,
  renewal,
}: {
  issuedAt: Date;
  expiration: Date;
  askedSeconds: number;
  generator: string;
  renewal: Renewal;
}): Date {
  const lifetime = Math.min(expiration.getTime() - issuedAt.getTime(), askedSeconds * 1000);
  const jitter = createHash('sha256').update(generator).digest().readUInt32BE(0) / 2 ** 32;
  const left = remainingAt(renewal, lifetime) + lifetime * JITTER_SHARE * jitter;
  return new Date(issuedAt.getTime() + Math.max(0, lifetime - left));
}
