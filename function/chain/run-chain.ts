import canonicalize from 'canonicalize';
import { type Hop, isSession, type Keys, type Obtained, type SessionTokenHop } from '../model/hop.ts';
import type { Chain, SecretPart } from '../model/job.ts';
import type { Sensitive } from '../model/sensitive.ts';
import { AwsError, type AwsFailure, type StsClient, type World } from '../model/world.ts';
import { AttemptsError, isUntouched, type RetryWorld, withRetries } from './retry.ts';

/** What a chain needs of the world, the run's deadline, and what the run has walked already. */
export interface ChainWorld extends RetryWorld, Pick<World, 'sts' | 'ecr' | 'now'> {
  readonly endpoint?: string;
  /** What the hops of this run gave, by hop key: equal ones are walked once, also while the first is still under way. */
  readonly walked: Map<HopKey, Promise<Walked>>;
  /** STS clients of this run by who signs, and region: a thousand clients take longer to make than their requests. */
  readonly clients: Map<string, Promise<StsClient>>;
  /** Accounts of this run's callers: asked for once. */
  readonly accounts: Map<HopKey, Promise<string>>;
}

/** What a hop gave, and when it was asked for: the same for all that share it. */
interface Walked {
  readonly obtained: Obtained;
  readonly issuedAt: Date;
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
 * Walks the hops of one chain, each signed with the session of the one before: what the last one gives.
 * @throws HopError when a hop fails.
 */
export async function runChain({ chain }: Pick<SecretPart, 'chain'>, base: Base, world: ChainWorld): Promise<Walked> {
  let signer: Base = base;
  let signedBy = identityKey(chain, world.endpoint);
  let walked: Walked | undefined;
  for (const [index, hop] of chain.hops.entries()) {
    const key = hopKey(signedBy, hop);
    const under = world.walked.get(key) ?? walk(hop, { ...signer, signedBy }, world);
    world.walked.set(key, under);
    try {
      walked = await under;
    } catch (error) {
      if (!(error instanceof AttemptsError && error.last instanceof AwsError)) throw error;
      const { last, attempts } = error;
      const at = { key, hop, number: index + 1, of: chain.hops.length, failure: last.failure, attempts };
      throw new HopError(at, error);
    }
    signer = isSession(walked.obtained) ? { keys: walked.obtained } : {};
    signedBy = key;
  }
  if (walked === undefined) throw new Error('a chain has no hops');
  return walked;
}

async function walk(hop: Hop, signer: Base & { signedBy: HopKey }, world: ChainWorld): Promise<Walked> {
  const issuedAt = world.now();
  return { obtained: await ask(hop, signer, world), issuedAt };
}

async function ask(
  hop: Hop,
  { keys, token, signedBy }: Base & { signedBy: HopKey },
  world: ChainWorld,
): Promise<Obtained> {
  const { signal } = world;
  if (hop.operation === 'GetAuthorizationToken') {
    const { scope } = hop.request;
    const client = await world.ecr.client({ region: hop.region, scope, ...(keys && { credentials: keys }) });
    return withRetries(() => client.authorizationToken(signal), world);
  }
  const client = await clientOf(signedBy, hop.region, keys, world);
  if (hop.operation === 'GetSessionToken') {
    const patience = { ...world, awaitRolesMilliseconds: 0 }; // no role is waited for
    return withRetries(() => client.getSessionToken(hop.request, signal), patience, isRepeatable(hop));
  }
  const attempt = async () =>
    hop.operation === 'AssumeRole' || token === undefined
      ? client.assumeRole(hop.request, signal)
      : client.assumeRoleWithWebIdentity(hop.request, await token(), signal);
  return withRetries(attempt, world);
}

/** A code that AWS may have taken is used up: sent again, it would be one of the failures that lock a device out. */
function isRepeatable({ request: { tokenCode } }: SessionTokenHop): typeof isUntouched {
  return tokenCode === undefined ? () => true : isUntouched;
}

/** One client for all hops that the same keys sign in a region: the clock's correction that one of them meets is all theirs. */
function clientOf(
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

/**
 * What makes two hops the same call: identity, endpoint, and every parameter of every hop so far. A shorter key lets one
 * chain take another's session (external-secrets #4455).
 */
type HopKey = string & { readonly isHopKey: true };

/** The key of whoever signs the first hop. */
export function identityKey({ identity }: Pick<Chain, 'identity'>, endpoint: string | undefined): HopKey {
  return canonicalize({ identity: identity.hashed, endpoint: endpoint ?? null }) as HopKey;
}

/** The key of a hop behind `before`, and of whoever signs the next. Each part is one line: canonical JSON has no line break. */
function hopKey(before: HopKey, hop: Hop): HopKey {
  return `${before}\n${canonicalize(hop)}` as HopKey;
}
