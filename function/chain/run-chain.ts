import type { Hop, SecretPart } from '../api/plan.ts';
import type { Sensitive } from '../api/sensitive.ts';
import type { Keys, Session } from '../api/session.ts';
import { AwsError, type AwsFailure, type StsClient, type World } from '../api/world.ts';
import { type HopKey, hopKey, identityKey } from './hop-key.ts';
import { AttemptsError, type RetryWorld, withRetries } from './retry.ts';

/** What a chain needs of the world, the run's deadline, and what the run has walked already. */
export interface ChainWorld extends RetryWorld, Pick<World, 'sts'> {
  readonly endpoint?: string;
  /** Sessions of this run by hop key: equal hops are walked once, also while the first is still under way. */
  readonly walked: Map<HopKey, Promise<Session>>;
  /** STS clients of this run by who signs, and region: a thousand clients take longer to make than their requests. */
  readonly clients: Map<string, Promise<StsClient>>;
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
  /** Chains that share it have the same. */
  readonly key: HopKey;
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
 * Walks the hops of one plan, each signed with the session of the one before.
 * @throws HopError when a hop fails.
 */
export async function runChain({ plan }: Pick<SecretPart, 'plan'>, base: Base, world: ChainWorld): Promise<Session> {
  let signer: Base = base;
  let signedBy = identityKey(plan, world.endpoint);
  let session: Session | undefined;
  for (const [index, hop] of plan.hops.entries()) {
    const key = hopKey(signedBy, hop);
    const under = world.walked.get(key) ?? walk(hop, { ...signer, signedBy }, world);
    world.walked.set(key, under);
    try {
      session = await under;
    } catch (error) {
      if (!(error instanceof AttemptsError && error.last instanceof AwsError)) throw error;
      const { last, attempts } = error;
      const at = { key, hop, number: index + 1, of: plan.hops.length, failure: last.failure, attempts };
      throw new HopError(at, error);
    }
    signer = { keys: session };
    signedBy = key;
  }
  if (session === undefined) throw new Error('a plan has no hops');
  return session;
}

async function walk(
  { operation, region, request }: Hop,
  { keys, token, signedBy }: Base & { signedBy: HopKey },
  world: ChainWorld,
): Promise<Session> {
  const client = await clientOf(signedBy, region, keys, world);
  const attempt = async () =>
    operation === 'AssumeRole' || token === undefined
      ? client.assumeRole(request, world.signal)
      : client.assumeRoleWithWebIdentity(request, await token(), world.signal);
  return withRetries(attempt, world);
}

/** One client for all hops that the same keys sign in a region: the clock's correction that one of them meets is all theirs. */
export function clientOf(
  signedBy: HopKey,
  region: string,
  keys: Keys | undefined,
  { clients, sts }: Pick<ChainWorld, 'clients' | 'sts'>,
): Promise<StsClient> {
  const key = `${region} ${signedBy}`;
  const client = clients.get(key) ?? sts.client({ region, ...(keys === undefined ? {} : { credentials: keys }) });
  clients.set(key, client);
  return client;
}
