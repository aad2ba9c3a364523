import { lifetimeOf } from '../api/hop.ts';
import type { SecretPart } from '../api/plan.ts';
import { generatorMark } from './ownership.ts';
import { renewAfter } from './renew-after.ts';

/** The life of one session. */
export interface Lifespan {
  readonly part: Pick<SecretPart, 'generator' | 'plan' | 'renewal'>;
  readonly issuedAt: Date;
  readonly expiration: Date;
}

/** When the first session of a Secret ends, and from when on one of them is to be renewed; undefined without sessions. */
export function timesOf(lives: readonly Lifespan[]): { expiration: Date; renewAfter: Date } | undefined {
  if (lives.length === 0) return undefined;
  return {
    expiration: first(lives.map(({ expiration }) => expiration)),
    renewAfter: first(lives.map(renewedAfter)),
  };
}

function renewedAfter({ part, issuedAt, expiration }: Lifespan): Date {
  const { generator, renewal } = part;
  return renewAfter({
    issuedAt,
    expiration,
    askedSeconds: lifetimeOf(part.plan),
    generator: generatorMark(generator),
    renewal,
  });
}

function first(times: readonly Date[]): Date {
  return new Date(Math.min(...times.map((time) => time.getTime())));
}
