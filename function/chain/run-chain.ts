import { FindingError } from '../api/finding.ts';
import type { Job } from '../api/plan.ts';
import type { Keys, Session } from '../api/session.ts';
import { AwsError, type World } from '../api/world.ts';
import { diagnose } from './diagnose.ts';
import { AttemptsError, withRetries } from './retry.ts';

/** What a chain needs of the world, and the run's deadline. */
export type ChainWorld = Pick<World, 'sts' | 'sleep' | 'random'> & { readonly signal: AbortSignal };

/**
 * Walks the hops of one job, each signed with the session of the one before. `keys` absent: the SDK's default chain.
 * @throws FindingError when a hop fails: it names the hop.
 */
export async function runChain(
  { generator, plan }: Pick<Job, 'generator' | 'plan'>,
  keys: Keys | undefined,
  world: ChainWorld,
): Promise<Session> {
  let signer = keys;
  let session: Session | undefined;
  for (const [index, hop] of plan.hops.entries()) {
    const at = { generator, hop, number: index + 1, of: plan.hops.length };
    try {
      const client = await world.sts.client({
        region: hop.region,
        ...(signer === undefined ? {} : { credentials: signer }),
      });
      session = await withRetries(() => client.assumeRole(hop.request, world.signal), {
        ...world,
        spread: world.random,
      });
    } catch (error) {
      if (error instanceof AttemptsError) throw new FindingError(diagnose(at, error.failure, error.attempts));
      if (error instanceof AwsError) throw new FindingError(diagnose(at, error.failure, 1));
      throw error;
    }
    signer = session;
  }
  if (session === undefined) throw new Error('a plan has no hops');
  return session;
}
