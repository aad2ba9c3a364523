import type { Finding } from '../findings/finding.ts';
import type { ObjectRef, Sayable } from '../findings/say.ts';
import type { NeedAnswers, TokenFault } from './answers.ts';
import type { Demand } from './grant.ts';
import type { ExchangedHop, Keys } from './hop.ts';
import type { Cluster } from './schema-parts.ts';
import type { Sensitive } from './sensitive.ts';
import type { Ambient, Environment } from './world.ts';

/**
 * The caller of the first hop. Its source's file in `identity/` makes it: only code there, and what imposes a grant's identity, asks which
 * source it is.
 */
export interface Identity {
  /** The name of the source, as `plan` prints it. */
  readonly source: string;
  /** What messages call the source. */
  readonly name: string;
  /** What identifies it in hashes and keys: if its form changes, all Secrets made with it are made anew. */
  readonly hashed: unknown;
  /** Objects that it is read from. */
  readonly reads: readonly Reference[];
  readonly demands: readonly Demand[];
  /** Where the first hop's credentials would come from, as environment and manifests say; nothing is read. */
  describe(environment: Environment): Sayable;
  /** What tells whose it is, where only STS knows. */
  readonly callerHint?: string;
  /** True where a role's session may sign the first hop: AWS then limits it to an hour. */
  mayBeSession(environment: Environment): boolean;
  /** Findings that refuse it before any look-up; absent: there are none. */
  refusals?(context: UnresolvedContext): readonly Finding[];
  /** Reads it from what was looked up. */
  read(context: ResolvedContext): ReadIdentity;
  /** True where one of `reads` names a role, which is assumed in a hop before all others. */
  readonly isRoleReadLater: boolean;
  /** Present for a token, which the first hop exchanges for a session. */
  readonly token?: IdentityToken;
}

/** An object that something is read from, and the field that names it. */
export interface Reference {
  readonly object: ObjectRef;
  readonly field: string;
  /** True for keys, among an identity's `reads`; in a part's, `toPart` has put `mayBeSealed` in its place. */
  readonly areKeys?: true;
  /** True where SOPS may have encrypted the object: a part reads only the signing keys from it, all of them, and has a role. */
  readonly mayBeSealed?: boolean;
}

interface IdentityContext {
  readonly generator: ObjectRef;
  /** True for an STSSessionToken: AWS gives it only to a user's long-term keys. */
  readonly needsLongTermKeys: boolean;
}

/** What is known before anything is looked up. */
interface UnresolvedContext extends IdentityContext {
  /** Path of the generator's entry in the functionConfig. */
  readonly entryField: string | undefined;
  /** True where API servers may be asked, or credentials are not needed. */
  readonly hasCluster: boolean;
}

/** What is known once everything is looked up. */
export interface ResolvedContext extends IdentityContext {
  readonly answers: NeedAnswers;
  readonly environment: Environment;
  readonly cluster: Cluster | undefined;
}

/** An identity when everything is looked up, or what is wrong with it. */
export interface ReadIdentity {
  /** The keys it signs with, if it has any. */
  readonly keys?: Keys;
  /** Absent: no object names a role, or it is faulty. */
  readonly identityRole?: IdentityRole;
  readonly faults: readonly Finding[];
}

/** A role, and the object that names it. */
export interface IdentityRole extends Reference {
  readonly role: string;
  /** Completed with what that object says. */
  readonly identity: Identity;
}

/** The need to know whether a token is there. */
export interface TokenNeed {
  readonly key: string;
  /** Null: the token is there, as far as that can be told without a request. */
  probe(ambient: Ambient, signal: AbortSignal): Promise<TokenFault | null>;
}

/** A token that is sent in the first hop. */
export interface IdentityToken {
  /** The operation that takes it. */
  readonly operation: ExchangedHop['operation'];
  /** Asks whether it is there; absent: only sending it can tell. */
  readonly need?: TokenNeed;
  /**
   * Fetches it.
   * @throws FindingError when there is none.
   */
  take(generator: ObjectRef, from: TokenContext): Promise<Sensitive>;
}

/** What tokens are fetched with. */
interface TokenContext {
  readonly ambient: Ambient;
  readonly signal: AbortSignal;
  /** @throws FindingError when the API server gives none. */
  serviceAccountToken(serviceAccount: ObjectRef, audiences: readonly string[]): Promise<Sensitive>;
}
