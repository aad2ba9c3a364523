import { setImmediate } from 'node:timers/promises';
import type { ObjectRef } from '../findings/say.ts';
import type { TakeTurn } from '../model/run-limits.ts';

/** A call whose turn did not come, or did not end, before its deadline or before its client left. */
export class TurnMissed extends Error {}

/** After this time what somebody used counts for about a third, and soon for nothing. */
const FORGOTTEN_MILLISECONDS = 60_000;
/** When there are more, the one whose last turn is longest ago is forgotten. */
const MOST_GROUPS = 10_000;
/** After a turn this short we do not stop to read new requests. */
const SHORT_MILLISECONDS = 1;

/**
 * How far a call has come. In a group the furthest goes first: a request that was read takes many times its bytes until its call ends, and
 * what AWS has given sessions for would lose them with a turn that is missed.
 */
const STAGES = { sent: 0, read: 1, hasSessions: 2 };

interface Waiter {
  readonly group: string;
  readonly stage: number;
  readonly begin: () => void;
}

/**
 * Requests that are read, drafts, plans and renderings of a process, one after the other: each blocks all others anyway. Where several wait,
 * the next is of the namespace that used least of the processor lately, so a namespace whose composites cost much waits for itself. A
 * composite without a namespace counts by its kind.
 */
export class Turns {
  #isTaken = false;
  readonly #waiters = new Set<Waiter>();
  /** Milliseconds that each group used, as they count at a time. The last used is last. */
  readonly #uses = new Map<string, { readonly milliseconds: number; readonly at: number }>();
  readonly #clock: Pick<Performance, 'now'>;

  constructor(clock: Pick<Performance, 'now'> = performance) {
    this.#clock = clock;
  }

  /**
   * The turns of a composite's call: in the first its request is read. A turn must end before anything slow is awaited.
   * @throws TurnMissed when `signal` aborts first.
   */
  of(
    { namespace, kind }: Pick<ObjectRef, 'namespace' | 'kind'>,
    signal: () => AbortSignal,
    { hasSessions = false } = {},
  ): TakeTurn {
    const group = JSON.stringify(namespace === undefined ? { kind } : { namespace });
    let stage = hasSessions ? STAGES.hasSessions : STAGES.sent;
    return async (work) => {
      if (this.#isTaken) await this.#wait({ group, stage }, signal());
      stage = Math.max(stage, STAGES.read);
      this.#isTaken = true;
      const start = this.#clock.now();
      try {
        return await work();
      } finally {
        const milliseconds = this.#clock.now() - start;
        this.#count(group, milliseconds);
        if (this.#waiters.size === 0 && milliseconds < SHORT_MILLISECONDS) this.#isTaken = false;
        else void this.#passOn();
      }
    };
  }

  #wait({ group, stage }: Omit<Waiter, 'begin'>, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiters.delete(waiter);
        reject(new TurnMissed());
      };
      const begin = () => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const waiter = { group, stage, begin };
      this.#waiters.add(waiter);
      signal.addEventListener('abort', leave, { once: true });
      if (signal.aborted) leave();
    });
  }

  /** Gives the turn to the next, after requests that have come meanwhile were read. */
  async #passOn(): Promise<void> {
    await setImmediate();
    let next: Waiter | undefined;
    for (const waiter of this.#waiters) if (next === undefined || this.#goesBefore(waiter, next)) next = waiter;
    if (next === undefined) this.#isTaken = false;
    else next.begin();
  }

  #goesBefore(waiter: Waiter, next: Waiter): boolean {
    if (waiter.group === next.group) return waiter.stage > next.stage;
    return this.#usedBy(waiter.group) < this.#usedBy(next.group);
  }

  #count(group: string, milliseconds: number): void {
    const used = this.#usedBy(group) + milliseconds;
    this.#uses.delete(group);
    this.#uses.set(group, { milliseconds: used, at: this.#clock.now() });
    const [oldest = group] = this.#uses.keys();
    if (this.#uses.size > MOST_GROUPS) this.#uses.delete(oldest);
  }

  #usedBy(group: string): number {
    const { milliseconds, at } = this.#uses.get(group) ?? { milliseconds: 0, at: 0 };
    return milliseconds * Math.exp((at - this.#clock.now()) / FORGOTTEN_MILLISECONDS);
  }
}
