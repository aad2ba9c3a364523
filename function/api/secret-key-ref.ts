import type { NamedRef } from './kinds.ts';

/** One key of a Secret. */
export interface SecretKeyRef extends NamedRef {
  readonly key: string;
  /** Field path of the reference in the generator, for messages. */
  readonly field: string;
}
