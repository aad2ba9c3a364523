import type { Finding } from '../findings/finding.ts';
import type { ObjectRef, Sayable } from '../findings/say.ts';
import type { Cluster } from './cluster.ts';
import type { Demand } from './grant.ts';
import type { ExchangedHop, Keys } from './hop.ts';
import type { Known } from './known.ts';
import type { TokenNeed } from './need.ts';
import type { Sensitive } from './sensitive.ts';
import type { Ambient, Environment } from './world.ts';

/**
 * Who we are before the first hop. The file of its source in `identity/` makes it, and has all that is particular about that source:
 * nobody else asks which one it is.
 */
export interface Identity {
  /** As `plan` prints it. */
  readonly source: string;
  /** What messages call the source. */
  readonly name: string;
  /** All that tells it from another one, in hashes and keys: a change renews every Secret that it makes. */
  readonly hashed: unknown;
  /** Objects that it is read from. */
  readonly reads: readonly Reference[];
  readonly demands: readonly Demand[];
  /** Where the first hop's credentials would come from, as environment and manifests say; nothing is read. */
  describe(environment: Environment): Sayable;
  /** True where the first hop may be signed by a role's session, whose own sessions are short. */
  mayBeSession(environment: Environment): boolean;
  /** What refuses it before anything is looked up. */
  refusals(asked: AskedIdentity): readonly Finding[];
  /** Reads it from what was looked up. */
  check(asked: LookedUp): CheckedIdentity;
  /** True where one of those objects names a role: that is taken in a hop before all others. */
  readonly hasOwnRole: boolean;
  /** Of one that is a token, exchanged for a session in the first hop. */
  readonly token?: IdentityToken;
}

/** An object that something is read from, and the field that names it. */
export interface Reference {
  readonly object: ObjectRef;
  readonly field: string;
}

interface Asking {
  readonly generator: ObjectRef;
  /** True for a session without a role, which AWS gives to long-term keys alone. */
  readonly isForUsers: boolean;
}

/** What is known of the run while nothing is looked up. */
interface AskedIdentity extends Asking {
  /** Path of the generator's entry in the functionConfig. */
  readonly entry: string | undefined;
  /** True where API servers may be asked, or credentials are not needed. */
  readonly hasCluster: boolean;
}

/** What is known once everything is looked up. */
export interface LookedUp extends Asking {
  readonly known: Known;
  readonly environment: Environment;
  readonly cluster: Cluster | undefined;
}

/** An identity when everything is looked up, or what is wrong with it. */
export interface CheckedIdentity {
  /** What it signs with, where it is keys. */
  readonly keys?: Keys;
  /** Absent: it has none, or there is a fault. */
  readonly own?: OwnRole;
  readonly faults: readonly Finding[];
}

/** A role, and the object that names it. */
export interface OwnRole extends Reference {
  readonly role: string;
  /** With what that object says of it. */
  readonly identity: Identity;
}

/** A token that is sent in the first hop. */
export interface IdentityToken {
  /** The call that takes it. */
  readonly operation: ExchangedHop['operation'];
  /** Whether it is there, where that can be told before it is sent. */
  readonly need?: TokenNeed;
  /**
   * Fetches it.
   * @throws FindingError when there is none.
   */
  take(generator: ObjectRef, from: TokenWorld): Promise<Sensitive>;
}

/** Where tokens are from. */
interface TokenWorld {
  readonly ambient: Ambient;
  readonly signal: AbortSignal;
  /** @throws FindingError when the API server gives none. */
  ofServiceAccount(serviceAccount: ObjectRef, audiences: readonly string[]): Promise<Sensitive>;
}
