import { AttemptsError, isDenied } from '../chain/retry.ts';
import type { Issuance, SharedHop, SharedSessions } from '../chain/run-chain.ts';
import { rejectOnAbort } from '../clients/bounded-answers.ts';
import { SingleFlight } from '../model/single-flight.ts';
import { AwsError, type World } from '../model/world.ts';
import { type EntryComposite, FairStore } from './fair-store.ts';

/** A session signs until this long before its end. AWS does not shorten a session by that of its signer. */
const LEFT_MILLISECONDS = 5 * 60_000;
/** A refusal is repeated for this long, without a request. */
const REFUSED_MILLISECONDS = 30_000;
/** A session that AWS refuses is replaced at most once in this time: a tenant's role that refuses everybody must not make hub calls. */
const REPLACED_MILLISECONDS = 60_000;
/** Room for a thousand hubs, and for what refused them. */
const SESSIONS = 1000;
const REFUSALS_BYTES = 4 * 1024 * 1024;

interface SharedSession extends Issuance {
  /** When it was asked for, or another one in its place. */
  askedAt: Date;
}

/**
 * The sessions of `via` that the operator's own credentials lead to, for all composites of a process. They are never written anywhere.
 * A tenant can fill them by `${role.account}` in `via`, and loses his own first.
 */
export class SharedSessionStore {
  readonly #kept = new FairStore<SharedSession>(SESSIONS, Number.POSITIVE_INFINITY, () => 1);
  readonly #refusals = new FairStore<AttemptsError>(REFUSALS_BYTES, REFUSED_MILLISECONDS);
  readonly #flights = new SingleFlight<SharedSession>();
  readonly #world: Pick<World, 'now'>;

  constructor(world: Pick<World, 'now'>) {
    this.#world = world;
  }

  /** A session is charged to the composite that asked AWS for it. */
  of(composite: EntryComposite): SharedSessions {
    return {
      get: async (hop) => this.#keptFor(hop) ?? this.#ask(hop, composite),
      replace: async (hop, session, refusal) => {
        const kept = this.#keptFor(hop);
        if (kept !== undefined && kept !== session) return kept; // somebody has replaced it
        if (saysExpired(refusal)) this.#kept.delete(hop.key);
        else {
          const mayAsk = kept !== undefined && isDenied(refusal) && this.#mayReplace(hop, kept);
          if (!mayAsk) return undefined; // `session` signs on
        }
        return this.#ask(hop, composite).catch(() => undefined); // the caller reports the first refusal instead
      },
    };
  }

  #keptFor({ key }: SharedHop): SharedSession | undefined {
    const now = this.#world.now();
    const kept = this.#kept.get(key, now);
    const end = kept?.credentials.expiration?.getTime() ?? 0;
    return end - now.getTime() > LEFT_MILLISECONDS ? kept : undefined;
  }

  /** True where another may be asked for: one is under way, which `#ask` joins, or none was in the last minute, and this claims it. */
  #mayReplace({ key }: SharedHop, kept: SharedSession): boolean {
    if (this.#flights.has(key)) return true;
    const now = this.#world.now();
    const since = now.getTime() - kept.askedAt.getTime();
    if (since >= 0 && since < REPLACED_MILLISECONDS) return false; // a time before the last one is another clock's, and counts as over
    kept.askedAt = now;
    return true;
  }

  async #ask({ key, ask, signal }: SharedHop, composite: EntryComposite): Promise<SharedSession> {
    const refused = this.#refusals.get(key, this.#world.now());
    if (refused !== undefined) throw refused;
    const flight = this.#flights.join({ key, signal }, async (flightSignal) => {
      const askedAt = this.#world.now();
      try {
        const session = { ...(await ask(flightSignal)), askedAt };
        this.#kept.put(key, session, composite, this.#world.now());
        return session;
      } catch (error) {
        if (isRefusal(error)) this.#refusals.put(key, error, composite, this.#world.now());
        throw error;
      }
    });
    try {
      return await rejectOnAbort(flight, signal);
    } catch (error) {
      throw signal.aborted ? new AttemptsError(new AwsError({ kind: 'deadline' })) : error;
    }
  }
}

/** True where AWS says that the session that signed is over. */
function saysExpired({ failure }: AwsError): boolean {
  return failure.kind === 'refused' && /^ExpiredToken(?:Exception)?$/.test(failure.awsCode);
}

/** True where AWS said no: what is late, or cannot be reached, says nothing of the next time. */
function isRefusal(error: unknown): error is AttemptsError {
  return error instanceof AttemptsError && error.last.failure.kind === 'refused';
}
