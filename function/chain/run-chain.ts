import canonicalize from 'canonicalize';
import { detail, quoted, type Sayable, say } from '../findings/say.ts';
import {
  type Credentials,
  type Hop,
  type Hops,
  hopsOf,
  isExchange,
  isRoleHop,
  isSession,
  LONGEST_SESSION_SECONDS,
  type RoleHop,
} from '../model/hop.ts';
import type { Identity } from '../model/identity.ts';
import type { Chain } from '../model/job.ts';
import { cached } from '../model/plain-data.ts';
import { SingleFlight } from '../model/single-flight.ts';
import { AwsError, type AwsFailure, type StsClient, type World } from '../model/world.ts';
import type { Clients, Signer } from './operations/operation.ts';
import { operationOf } from './operations/operations.ts';
import { AttemptsError, type RetryWorld, withRetries } from './retry.ts';

/** What a chain needs of the world, the run's deadline, and what the run has asked AWS for already. */
export interface ChainWorld extends RetryWorld, Pick<World, 'ambient' | 'sts' | 'ecr' | 'now'> {
  readonly stsEndpoint?: string;
  readonly sessionCache: SessionCache;
  /** Sessions of `via` that outlive this run, under Crossplane alone; absent: each run asks for its own. */
  readonly sharedSessions?: SharedSessions;
}

/** What one run has asked AWS for, each thing once: its chains share it. What a chain began ends when none waits for it any more. */
export class SessionCache {
  /** What each hop gave: equal hops are one call. */
  readonly flights = new SingleFlight<Issuance>();
  /** STS clients by signer and region: making a thousand clients takes longer than their requests. */
  readonly clients = new Map<string, Promise<StsClient>>();
  /** Accounts of callers. */
  readonly accounts = new SingleFlight<string>();
}

/** What a hop gave, and when it was asked for: the same for all chains that share the hop. */
export interface Issuance {
  readonly credentials: Credentials;
  readonly issuedAt: Date;
  /** AWS's ids of the calls that led to it, in order; undefined where it gave none. */
  readonly requestIDs: readonly (string | undefined)[];
}

/** A hop of `via` whose session is wanted: its key, how to ask for it, and until when somebody waits. */
export interface SharedHop {
  readonly key: HopKey;
  readonly ask: (signal: AbortSignal) => Promise<Issuance>;
  readonly signal: AbortSignal;
}

/** Sessions that a process keeps for hops of `via` behind the SDK's default chain: no manifest's credentials sign those. */
export interface SharedSessions {
  /**
   * The session that is kept, or what `ask` gives, once for all who wait for it.
   * @throws AttemptsError where AWS refuses, or the time is up.
   */
  get(hop: SharedHop): Promise<Issuance>;
  /** Another one where AWS refused what `session` signed; undefined: there is none, and `session` signs on. */
  replace(hop: SharedHop, session: Issuance, refusal: AwsError): Promise<Issuance | undefined>;
}

/** What signs a hop. */
interface HopSigner extends Signer, Pick<Issuance, 'requestIDs'> {
  readonly key: HopKey;
  readonly clients: SessionCache['clients'];
  /** Another signer where AWS refuses what a shared session signed, if there is one. */
  readonly replace?: (refusal: AwsError, signal: AbortSignal) => Promise<HopSigner | undefined>;
}

/** Which hop failed and how, for every chain that shares it. */
export interface HopFailure {
  /** The same for all chains that share the hop. */
  readonly key: HopKey;
  readonly hop: Hop;
  /** 1 for the first. */
  readonly number: number;
  readonly of: number;
  /** Who called, as far as it is known without asking: "The caller is role ARN". */
  readonly caller: Sayable;
  /** True for the call that the generator names itself: a message then names its field. */
  readonly isOwn: boolean;
  readonly failure: AwsFailure;
  /** True where several attempts failed, and all in the same way. */
  readonly isRepeated: boolean;
}

/** A hop that failed. */
export class HopError extends Error {
  readonly at: HopFailure;

  constructor(at: HopFailure, cause: unknown) {
    super(at.failure.kind, { cause });
    this.at = at;
  }
}

/**
 * Calls AWS for each hop of a chain, signed with the session of the one before. Gives what the last one gave.
 * @throws HopError when a hop fails.
 */
export async function runChain({ chain, after }: Hops<Chain>, base: Signer, world: ChainWorld): Promise<Issuance> {
  const { clients, flights } = world.sessionCache;
  let signer: HopSigner = { ...base, key: identityKey(chain, world.stsEndpoint), clients, requestIDs: [] };
  const hops = hopsOf({ chain, after });
  const via: readonly Hop[] = chain.via;
  // other credentials than those of the SDK's default chain are of a manifest's author
  const isDefaultChain = (chain.identityHop ?? base.keys ?? base.token) === undefined;
  for (const [index, hop] of hops.entries()) {
    const key = `${signer.key}\n${canonicalize(hop)}` as HopKey; // canonical JSON has no line break, so no two chains get one key
    const call: HopCall = { key, hop, signer, world };
    const store = isDefaultChain && via.includes(hop) ? world.sharedSessions : undefined;
    const flight = flights.join({ key, signal: world.signal, keepsResult: true }, (signal) =>
      store ? store.get(toShared(call, signal)) : callHop(call, signal),
    );
    const issuance = await flight.catch((error: unknown) => {
      if (!(error instanceof AttemptsError && error.last instanceof AwsError)) throw error;
      const caller = callerOf(hops.slice(0, index).findLast(isRoleHop), chain.identity, world);
      const where = { key, hop, number: index + 1, of: hops.length, caller, isOwn: hop === chain.generatorHop };
      throw new HopError({ ...where, failure: error.last.failure, isRepeated: error.isRepeated }, error);
    });
    if (index + 1 === hops.length) return issuance;
    signer = signerOf(key, issuance, clients);
    if (store !== undefined) signer = { ...signer, replace: replacementFrom(store, call, issuance) };
  }
  throw new Error('a chain has no hops');
}

/** A hop, and what signs it. */
interface HopCall {
  readonly key: HopKey;
  readonly hop: Hop;
  readonly signer: HopSigner;
  readonly world: ChainWorld;
}

/** A call for a session that is shared: bound to no run, neither to the deadline of the first nor to how long its step awaits new roles. */
function toShared(call: HopCall, signal: AbortSignal): SharedHop {
  const world = { ...call.world, awaitRolesMilliseconds: 0 };
  return { key: call.key, signal, ask: (waiting) => callHop({ ...call, world }, waiting) };
}

/** What gives another signer where AWS refuses what the shared session `issuance` signed. */
function replacementFrom(store: SharedSessions, call: HopCall, issuance: Issuance): NonNullable<HopSigner['replace']> {
  return async (refusal, signal) => {
    const other = await store.replace(toShared(call, signal), issuance, refusal);
    return other && signerOf(call.key, other, new Map()); // the kept clients of this key sign with the former session
  };
}

/** A session that signs the next hop. */
function signerOf(key: HopKey, { credentials, requestIDs }: Issuance, clients: HopSigner['clients']): HopSigner {
  if (!isSession(credentials)) throw new Error('a call was planned behind one that gives no keys');
  return { keys: credentials, key, clients, requestIDs };
}

function callerOf(before: RoleHop | undefined, identity: Identity, { ambient }: Pick<World, 'ambient'>): Sayable {
  if (before !== undefined) return say`The caller is role ${quoted(before.request.roleArn)}`;
  return say`The caller uses ${identity.describe(ambient.environment)}${detail(identity.callerHint ?? '')}`;
}

/** Calls AWS; once more where it refuses, and another session takes the place of the shared one that signed. */
async function callHop(call: HopCall, signal: AbortSignal): Promise<Issuance> {
  try {
    return await callSigned(call, signal);
  } catch (error) {
    const refusal = error instanceof AttemptsError && error.last instanceof AwsError ? error.last : undefined;
    const signer = refusal && (await call.signer.replace?.(refusal, signal));
    if (signer === undefined) throw error;
    return callSigned({ ...call, signer }, signal);
  }
}

/** Calls AWS, with retries. An expiration later than AWS's longest session is cut to that. */
async function callSigned({ hop, signer, ...call }: HopCall, signal: AbortSignal): Promise<Issuance> {
  const world = { ...call.world, signal };
  const issuedAt = world.now();
  const { sts, ecr } = world;
  const { region, request } = hop;
  if (signer.token !== undefined && !isExchange(hop)) throw new Error('a token was planned for a call that takes none');
  const { retry, run } = operationOf(hop);
  const options = { region, ...(signer.keys && { credentials: signer.keys }) };
  const registries = new Map<string, ReturnType<Clients['ecr']>>();
  const awsClients: Clients = {
    // one client for all hops that the same keys sign in a region: when it corrects its clock, that helps all of them
    sts: () => cached(signer.clients, `${region} ${signer.key}`, () => sts.client(options)),
    ecr: (scope) => cached(registries, scope, () => ecr.client({ ...options, scope })),
  };
  const patience = retry.awaitsRole ? world : { ...world, awaitRolesMilliseconds: 0 };
  const answer = await withRetries(
    () => run(request, signer, awsClients, signal),
    patience,
    (failure) => retry.mayRepeat(request, failure),
  );
  const latest = new Date(issuedAt.getTime() + LONGEST_SESSION_SECONDS * 1000);
  const isTooLate = answer.expiration !== undefined && answer.expiration > latest;
  const credentials = isTooLate ? { ...answer, expiration: latest } : answer;
  return { credentials, issuedAt, requestIDs: [...signer.requestIDs, answer.requestID] };
}

/**
 * What makes two hops the same call: identity, endpoint, and every parameter of every hop so far. A shorter key lets one
 * chain take another's session (external-secrets #4455). It is also the key of the signer which the hop gives.
 */
type HopKey = string & { readonly isHopKey: true };

/** The key of the first hop's signer. */
export function identityKey({ identity }: Pick<Chain, 'identity'>, stsEndpoint: string | undefined): HopKey {
  return canonicalize({ identity: identity.hashed, endpoint: stsEndpoint ?? null }) as HopKey;
}
