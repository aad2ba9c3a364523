import type { Hop, Job } from '../api/plan.ts';
import type { Sensitive } from '../api/sensitive.ts';
import type { Keys, Session } from '../api/session.ts';
import type { AwsFailure, World } from '../api/world.ts';
import { hopKey } from './hop-key.ts';
import { AttemptsError, withRetries } from './retry.ts';

/** What a chain needs of the world, the run's deadline, and what the run has walked already. */
export interface ChainWorld extends Pick<World, 'sts' | 'sleep' | 'random'> {
  readonly signal: AbortSignal;
  readonly endpoint?: string;
  /** Sessions of this run by hop key: equal hops are walked once, also while the first is still under way. */
  readonly walked: Map<string, Promise<Session>>;
  /** Accounts of this run's callers, by identity and region: asked for once. */
  readonly accounts: Map<string, Promise<string>>;
}

/** What the first hop is made with: keys, a token, or neither, which is the SDK's default chain. */
export interface Base {
  readonly keys?: Keys;
  /** Asked for when the hop is walked, and again for each attempt: tokens are short-lived. */
  readonly token?: () => Promise<Sensitive>;
}

/** Which hop failed and how, for every chain that shares it. */
export interface FailedHop {
  /** Its hop key: chains that share it have the same. */
  readonly key: string;
  readonly hop: Hop;
  /** 1 for the first. */
  readonly number: number;
  readonly of: number;
  readonly failure: AwsFailure;
  readonly attempts: number;
}

/** A hop that failed. */
export class HopError extends Error {
  readonly at: FailedHop;

  constructor(at: FailedHop, cause: unknown) {
    super(at.failure.kind, { cause });
    this.at = at;
  }
}

/**
 * Walks the hops of one job, each signed with the session of the one before.
 * @throws HopError when a hop fails.
 */
export async function runChain({ plan }: Pick<Job, 'plan'>, base: Base, world: ChainWorld): Promise<Session> {
  let signer: Base = base;
  let session: Session | undefined;
  for (const [index, hop] of plan.hops.entries()) {
    const key = hopKey(plan, index, world.endpoint);
    const under = world.walked.get(key) ?? walk(hop, signer, world);
    world.walked.set(key, under);
    try {
      session = await under;
    } catch (error) {
      if (!(error instanceof AttemptsError)) throw error;
      const { failure, attempts } = error;
      throw new HopError({ key, hop, number: index + 1, of: plan.hops.length, failure, attempts }, error);
    }
    signer = { keys: session };
  }
  if (session === undefined) throw new Error('a plan has no hops');
  return session;
}

async function walk({ operation, region, request }: Hop, { keys, token }: Base, world: ChainWorld): Promise<Session> {
  const client = await world.sts.client({ region, ...(keys === undefined ? {} : { credentials: keys }) });
  const attempt = async () =>
    operation === 'AssumeRole' || token === undefined
      ? client.assumeRole(request, world.signal)
      : client.assumeRoleWithWebIdentity(request, await token(), world.signal);
  return withRetries(attempt, { ...world, spread: world.random });
}
