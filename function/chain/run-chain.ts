import canonicalize from 'canonicalize';
import { detail, quoted, type Sayable, say } from '../findings/say.ts';
import {
  type Credentials,
  type Hop,
  hopsOf,
  isExchange,
  isRoleHop,
  isSession,
  LONGEST_SESSION_SECONDS,
  type RoleHop,
  type Route,
} from '../model/hop.ts';
import type { Identity } from '../model/identity.ts';
import type { Chain } from '../model/job.ts';
import { cached } from '../model/plain-data.ts';
import { SingleFlight } from '../model/single-flight.ts';
import { AwsError, type AwsFailure, type StsClient, type World } from '../model/world.ts';
import type { Clients, Signer } from './operations/operation.ts';
import { operationOf } from './operations/operations.ts';
import { AttemptsError, type RetryContext, withRetries } from './retry.ts';

/** What a chain needs of the world, the run's deadline, and what the run has asked AWS for before. */
export interface ChainContext extends RetryContext, Pick<World, 'ambient' | 'sts' | 'ecr' | 'now'> {
  readonly stsEndpoint?: string;
  readonly sessionCache: SessionCache;
  /** Sessions of `via` that outlive this run, under Crossplane alone; absent: each run asks for its own. */
  readonly sharedSessions?: SharedSessions;
}

/** What one run has asked AWS for, each thing once: its chains share it. What a chain began ends when none waits for it any more. */
export class SessionCache {
  /** What each hop gave: equal hops are asked for once. */
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
  /** AWS's ids of the requests that led to it, in order; undefined where it gave none. */
  readonly requestIDs: readonly (string | undefined)[];
}

/** A hop of `via` whose session is wanted: its key, how to ask for it until a flight is given up, and until when this caller waits. */
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

/** A session signs no further hop for so long before its end: what it signs takes some time to arrive. */
const LEAST_LEFT_MILLISECONDS = 60_000;

/** What signs a hop. */
interface HopSigner extends Signer, Pick<Issuance, 'requestIDs'> {
  /** Of the session that signs; absent for the identity. */
  readonly issuedAt?: Date;
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
  readonly position: number;
  readonly hopCount: number;
  /** Who called, as far as it is known without asking: "The caller is role ARN". */
  readonly caller: Sayable;
  /** True for the hop that the generator names itself: a message then names its field. */
  readonly isOwn: boolean;
  readonly failure: AwsFailure;
  /** True where several attempts failed, and all in the same way. */
  readonly isRepeated: boolean;
}

/** A hop that failed. */
export class HopError extends Error {
  readonly failedHop: HopFailure;

  constructor(failedHop: HopFailure, cause: unknown) {
    super(failedHop.failure.kind, { cause });
    this.failedHop = failedHop;
  }
}

/**
 * Asks AWS for each hop of a chain, signed with the session of the one before. Gives what the last one gave.
 * @throws HopError when a hop fails; FindingError when a token cannot be had.
 */
export async function runChain(
  { chain, after }: Route<Chain>,
  firstSigner: Signer,
  context: ChainContext,
): Promise<Issuance> {
  const { clients, flights } = context.sessionCache;
  let signer: HopSigner = { ...firstSigner, key: identityKey(chain, context.stsEndpoint), clients, requestIDs: [] };
  const hops = hopsOf({ chain, after });
  const via: readonly Hop[] = chain.via;
  // any other credentials come from a manifest
  const usesDefaultIdentity = (chain.identityHop ?? firstSigner.keys ?? firstSigner.token) === undefined;
  for (const [index, hop] of hops.entries()) {
    const key = `${signer.key}\n${canonicalize(hop)}` as HopKey; // canonical JSON has no line break, so no two chains get one key
    const signedHop: SignedHop = { key, hop, signer, context };
    const sharedSessions = usesDefaultIdentity && via.includes(hop) ? context.sharedSessions : undefined;
    const keeps = (issuance: Issuance) => !hasEnded(issuance, context.now());
    const flight = flights.join({ key, signal: context.signal, keeps }, (signal) =>
      sharedSessions ? sharedSessions.get(toShared(signedHop, signal)) : askForHop(signedHop, signal),
    );
    const issuance = await flight.catch((error: unknown) => {
      if (!(error instanceof AttemptsError && error.last instanceof AwsError)) throw error;
      const caller = callerOf(hops.slice(0, index).findLast(isRoleHop), chain.identity, context);
      const where = { key, hop, position: index + 1, hopCount: hops.length, caller, isOwn: hop === chain.generatorHop };
      throw new HopError({ ...where, failure: error.last.failure, isRepeated: error.isRepeated }, error);
    });
    if (index + 1 === hops.length) return issuance;
    signer = signerOf(key, issuance, clients);
    if (sharedSessions) signer = { ...signer, replace: replacementFrom(sharedSessions, signedHop, issuance) };
  }
  throw new Error('a chain has no hops');
}

/** A hop, and what signs it. */
interface SignedHop {
  readonly key: HopKey;
  readonly hop: Hop;
  readonly signer: HopSigner;
  readonly context: ChainContext;
}

/** How a shared session is asked for: bound to the flight's signal and not to that of the run that asks first, and without `awaitRoles`. */
function toShared(signedHop: SignedHop, signal: AbortSignal): SharedHop {
  const context = { ...signedHop.context, awaitRolesMilliseconds: 0 };
  return { key: signedHop.key, signal, ask: (flightSignal) => askForHop({ ...signedHop, context }, flightSignal) };
}

/** What gives another signer where AWS refuses what the shared session `issuance` signed. */
function replacementFrom(
  sharedSessions: SharedSessions,
  signedHop: SignedHop,
  issuance: Issuance,
): NonNullable<HopSigner['replace']> {
  return async (refusal, signal) => {
    const other = await sharedSessions.replace(toShared(signedHop, signal), issuance, refusal);
    return other && signerOf(signedHop.key, other, signedHop.signer.clients);
  };
}

/** True for a session that has ended in a long run, or is about to. One that is over when it comes shows that our clock is wrong. */
function hasEnded({ credentials: { expiration }, issuedAt }: Issuance, now: Date): boolean {
  return (
    expiration !== undefined && expiration > issuedAt && expiration.getTime() - LEAST_LEFT_MILLISECONDS < now.getTime()
  );
}

/** A session that signs the next hop. */
function signerOf(
  key: HopKey,
  { credentials, requestIDs, issuedAt }: Issuance,
  clients: HopSigner['clients'],
): HopSigner {
  if (!isSession(credentials)) throw new Error('a hop was planned behind one that gives no keys');
  return { keys: credentials, key, clients, requestIDs, issuedAt };
}

function callerOf(signingHop: RoleHop | undefined, identity: Identity, { ambient }: Pick<World, 'ambient'>): Sayable {
  if (signingHop !== undefined) return say`The caller is role ${quoted(signingHop.request.roleArn)}`;
  return say`The caller uses ${identity.describe(ambient.environment)}${detail(identity.callerHint ?? '')}`;
}

/** Asks AWS; once more where it refuses, and another session takes the place of the shared one that signed. */
async function askForHop(signedHop: SignedHop, signal: AbortSignal): Promise<Issuance> {
  try {
    return await askWithSigner(signedHop, signal);
  } catch (error) {
    const refusal = error instanceof AttemptsError && error.last instanceof AwsError ? error.last : undefined;
    const signer = refusal && (await signedHop.signer.replace?.(refusal, signal));
    if (signer === undefined) throw error;
    return askWithSigner({ ...signedHop, signer }, signal);
  }
}

/** Asks AWS, with retries. An expiration later than AWS's longest session is cut to that. */
async function askWithSigner({ hop, signer, ...signedHop }: SignedHop, signal: AbortSignal): Promise<Issuance> {
  const context = { ...signedHop.context, signal };
  const issuedAt = context.now();
  const { sts, ecr } = context;
  const { region, request } = hop;
  if (signer.token !== undefined && !isExchange(hop)) throw new Error('a token was planned for a hop that takes none');
  const { retry, run } = operationOf(hop);
  const options = { region, ...(signer.keys && { credentials: signer.keys }) };
  const registries = new Map<string, ReturnType<Clients['ecr']>>(); // one client for all attempts
  const awsClients: Clients = {
    // one client for all hops that the same keys sign in a region: when it corrects its clock, that helps all of them; `issuedAt`, since
    // renewed keys have the same `key`
    sts: () =>
      cached(signer.clients, `${region} ${signer.issuedAt?.getTime()} ${signer.key}`, () => sts.client(options)),
    ecr: (scope) => cached(registries, scope, () => ecr.client({ ...options, scope })),
  };
  const retryContext = retry.awaitsRole ? context : { ...context, awaitRolesMilliseconds: 0 };
  const answer = await withRetries(
    () => run(request, signer, awsClients, signal),
    retryContext,
    (failure) => retry.mayRepeat(request, failure),
  );
  const latest = new Date(issuedAt.getTime() + LONGEST_SESSION_SECONDS * 1000);
  const isTooLate = answer.expiration !== undefined && answer.expiration > latest;
  const credentials = isTooLate ? { ...answer, expiration: latest } : answer;
  return { credentials, issuedAt, requestIDs: [...signer.requestIDs, answer.requestID] };
}

/**
 * What makes two hops the same: identity, endpoint, and every parameter of every hop so far. A shorter key lets one
 * chain take another's session (external-secrets #4455). It is also the key of the signer which the hop gives.
 */
type HopKey = string & { readonly isHopKey: true };

/** The key of the first hop's signer. */
export function identityKey({ identity }: Pick<Chain, 'identity'>, stsEndpoint: string | undefined): HopKey {
  return canonicalize({ identity: identity.hashed, endpoint: stsEndpoint ?? null }) as HopKey;
}
