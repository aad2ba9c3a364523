import type { ObjectRef } from '../findings/say.ts';
import type { TokenFault } from './known.ts';
import type { Ambient } from './world.ts';

/**
 * An object that a plan needs: a generator that an ExternalSecret names, a job's Secret, or an object that is read for it.
 * `by`: the first object that needs it.
 */
export interface ObjectNeed {
  /** Its `objectKey`. */
  readonly key: string;
  readonly object: ObjectRef;
  readonly as: 'generator' | 'target' | 'source';
  readonly by: ObjectRef;
}

/** The need to know whether a token is there. */
export interface TokenNeed {
  readonly key: string;
  /** Null: the token is there, as far as that can be told without a request. */
  probe(ambient: Ambient, signal: AbortSignal): Promise<TokenFault | null>;
}

/** What has to be known before more can be decided. */
export type Need = ObjectNeed | TokenNeed;
