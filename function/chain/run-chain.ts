import canonicalize from 'canonicalize';
import type { Sayable } from '../findings/say.ts';
import { type Hop, isSession, type Keys, LONGEST_SESSION_SECONDS, type Obtained } from '../model/hop.ts';
import type { Chain, SecretPart } from '../model/job.ts';
import type { Sensitive } from '../model/sensitive.ts';
import { AwsError, type AwsFailure, type StsClient, type World } from '../model/world.ts';
import { AttemptsError, isUntouched, type RetryWorld, withRetries } from './retry.ts';

/** What a chain needs of the world, the run's deadline, and what the run has asked AWS for already. */
export interface ChainWorld extends RetryWorld, Pick<World, 'ambient' | 'sts' | 'ecr' | 'now'> {
  readonly endpoint?: string;
  /** What each hop of this run gave: equal hops are one call, also while it is still under way. */
  readonly hopCache: Map<HopKey, Promise<ObtainedAt>>;
  /** STS clients of this run by signer and region: making a thousand clients takes longer than their requests. */
  readonly clients: Map<string, Promise<StsClient>>;
  /** Accounts of this run's callers: asked for once. */
  readonly accounts: Map<HopKey, Promise<string>>;
}

/** What a hop gave, and when it was asked for: the same for all chains that share the hop. */
interface ObtainedAt {
  readonly obtained: Obtained;
  readonly issuedAt: Date;
}

/** What the first hop is made with: keys, a token, or neither, which is the SDK's default chain. */
export interface Base {
  readonly keys?: Keys;
  /** Called for each attempt at the hop: tokens are short-lived. */
  readonly token?: () => Promise<Sensitive>;
}

/** Which hop failed and how, for every chain that shares it. */
export interface FailedHop {
  /** The same for all chains that share the hop. */
  readonly key: HopKey;
  readonly hop: Hop;
  /** 1 for the first. */
  readonly number: number;
  readonly chain: Chain;
  /** The chain's identity in words. */
  readonly identity: Sayable;
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
 * Calls AWS for each hop of a chain, signed with the session of the one before. Gives what the last one gave.
 * @throws HopError when a hop fails.
 */
export async function runChain(
  { chain }: Pick<SecretPart, 'chain'>,
  base: Base,
  world: ChainWorld,
): Promise<ObtainedAt> {
  let signer: Base = base;
  let signedBy = identityKey(chain, world.endpoint);
  let last: ObtainedAt | undefined;
  for (const [index, hop] of chain.hops.entries()) {
    const key = `${signedBy}\n${canonicalize(hop)}` as HopKey; // canonical JSON has no line break, so no two chains get one key
    const asked = world.hopCache.get(key) ?? callHop(hop, { ...signer, signedBy }, world);
    world.hopCache.set(key, asked);
    try {
      last = await asked;
    } catch (error) {
      if (!(error instanceof AttemptsError && error.last instanceof AwsError)) throw error;
      const { last: failed, attempts } = error;
      const identity = chain.identity.describe(world.ambient.environment);
      const at = { key, hop, number: index + 1, chain, identity, failure: failed.failure, attempts };
      throw new HopError(at, error);
    }
    signer = isSession(last.obtained) ? { keys: last.obtained } : {};
    signedBy = key;
  }
  if (last === undefined) throw new Error('a chain has no hops');
  return last;
}

/** Calls AWS. No session lasts longer than the longest there is, whatever the answer says. */
async function callHop(hop: Hop, signer: Parameters<typeof obtain>[1], world: ChainWorld): Promise<ObtainedAt> {
  const issuedAt = world.now();
  const obtained = await obtain(hop, signer, world);
  const latest = new Date(issuedAt.getTime() + LONGEST_SESSION_SECONDS * 1000);
  const isTooLate = obtained.expiration !== undefined && obtained.expiration > latest;
  return { obtained: isTooLate ? { ...obtained, expiration: latest } : obtained, issuedAt };
}

async function obtain(
  hop: Hop,
  { keys, token, signedBy }: Base & { readonly signedBy: HopKey },
  world: ChainWorld,
): Promise<Obtained> {
  const { sts, ecr, clients, signal } = world;
  const credentials = keys && { credentials: keys };
  if (hop.operation === 'GetAuthorizationToken') {
    const client = await ecr.client({ region: hop.region, scope: hop.request.scope, ...credentials });
    return withRetries(() => client.authorizationToken(signal), world);
  }
  // one client for all hops that the same keys sign in a region: when it corrects its clock, that helps all of them
  const clientKey = `${hop.region} ${signedBy}`;
  const made = clients.get(clientKey) ?? sts.client({ region: hop.region, ...credentials });
  clients.set(clientKey, made);
  const client = await made;
  if (hop.operation === 'GetSessionToken') {
    const patience = { ...world, awaitRolesMilliseconds: 0 }; // no role is assumed, so there is none to wait for
    // AWS takes an MFA code once: one that it may have taken is not sent again, since refused codes can lock the device out
    const isRepeatable = hop.request.tokenCode === undefined ? undefined : isUntouched;
    return withRetries(() => client.getSessionToken(hop.request, signal), patience, isRepeatable);
  }
  if (hop.operation === 'AssumeRole' || token === undefined)
    return withRetries(() => client.assumeRole(hop.request, signal), world);
  const exchange = async () => client.assumeRoleWithWebIdentity(hop.request, await token(), signal);
  return withRetries(exchange, world);
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
