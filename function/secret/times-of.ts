import { createHash } from 'node:crypto';
import { remainingAt } from '../model/duration.ts';
import { lifetimeOf } from '../model/hop.ts';
import type { Job, SecretPart } from '../model/job.ts';
import { generatorMark } from './ownership.ts';

/** Largest share of the lifetime that the jitter takes off. */
const JITTER_SHARE = 0.1;
/** How far a clock may be from AWS's, as for a signature. */
export const CLOCK_MILLISECONDS = 15 * 60_000;

/** The life of one session. */
interface Lifespan {
  readonly part: Pick<SecretPart, 'generator' | 'chain' | 'renewal'>;
  readonly issuedAt: Date;
  readonly expiration: Date;
}

/** When the first session of a Secret ends, and from when on one of them is to be renewed; undefined where one does not say. */
export function timesOf(
  sessions: readonly (Omit<Lifespan, 'expiration'> & { readonly expiration: Date | undefined })[],
): { expiration: Date; renewAfter: Date } | undefined {
  const lives = sessions.filter((session): session is Lifespan => session.expiration !== undefined);
  if (lives.length < sessions.length) return undefined;
  // none is believed to last longer than was asked, except by what clocks may differ
  const ends = lives.flatMap(({ part: { chain }, issuedAt, expiration }) => [
    expiration.getTime(),
    issuedAt.getTime() + lifetimeOf(chain) * 1000 + CLOCK_MILLISECONDS,
  ]);
  const renewals = lives.map((life) => renewAfter(life).getTime());
  return { expiration: new Date(Math.min(...ends)), renewAfter: new Date(Math.min(...renewals)) };
}

/**
 * From when on a session is renewed: when as much of its real lifetime is left as its generator says, a third by default and
 * where it is shorter than that, minus a jitter of up to a tenth of it and half of the time until then: a session is not due when
 * it comes. A lifetime is never taken for longer than was asked: then the clocks differ. The jitter comes from the generator
 * alone: a run after a pause does not renew everything at once, yet every run agrees, and the Secrets of one generator are renewed
 * together, with one session (docs/decisions/014-several-secrets.md).
 */
export function renewAfter({ part: { generator, chain, renewal }, issuedAt, expiration }: Lifespan): Date {
  const lifetime = Math.min(expiration.getTime() - issuedAt.getTime(), lifetimeOf(chain) * 1000);
  const jitter = createHash('sha256').update(generatorMark(generator)).digest().readUInt32BE(0) / 2 ** 32;
  const wanted = remainingAt(renewal, lifetime);
  const until = lifetime - (wanted < lifetime ? wanted : remainingAt({}, lifetime));
  return new Date(issuedAt.getTime() + Math.max(0, until - Math.min(lifetime * JITTER_SHARE, until / 2) * jitter));
}

/** Seconds after which the first of a Secret's sessions ends. */
export function shortestLifetime({ parts }: Pick<Job, 'parts'>): number {
  return Math.min(...parts.map(({ chain }) => lifetimeOf(chain)));
}
