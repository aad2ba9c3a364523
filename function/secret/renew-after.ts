import { createHash } from 'node:crypto';

/** Share of the real lifetime after which a Secret is renewed. */
const RENEW_SHARE = 2 / 3;
/** Largest share of the lifetime that the jitter takes off. */
const JITTER_SHARE = 0.1;

/**
 * From when on a session is renewed: issue plus two thirds of the real lifetime, minus a jitter of up to a tenth of it.
 * The jitter comes from `target` alone, so that a run after a pause does not renew everything at once, yet every run agrees.
 */
export function renewAfter({
  issuedAt,
  expiration,
  target,
}: {
  issuedAt: Date;
  expiration: Date;
  target: string;
}): Date {
  const lifetime = expiration.getTime() - issuedAt.getTime();
  const jitter = createHash('sha256').update(target).digest().readUInt32BE(0) / 2 ** 32;
  return new Date(issuedAt.getTime() + lifetime * (RENEW_SHARE - JITTER_SHARE * jitter));
}
