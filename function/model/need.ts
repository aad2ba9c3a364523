import type { ObjectRef } from '../findings/say.ts';
import type { TokenFault } from './known.ts';
import type { Ambient } from './world.ts';

/**
 * An object that a plan lacks: a generator that an ExternalSecret names, the Secret that a job is for, or what is read for it.
 * `by`: who asks, the first of several.
 */
export interface ObjectNeed {
  /** Its `objectKey`. */
  readonly key: string;
  readonly object: ObjectRef;
  readonly purpose: 'generator' | 'target' | 'source';
  readonly by: ObjectRef;
}

/** Whether a token is there that is to be sent later. */
export interface TokenNeed {
  readonly key: string;
  /** Null: it is there, as far as that can be told before anybody else is asked. */
  probe(ambient: Ambient, signal: AbortSignal): Promise<TokenFault | null>;
}

/** What has to be known before more can be decided. */
export type Need = ObjectNeed | TokenNeed;
