import type { NamedRef } from './kinds.ts';

/** One key of a Secret. */
export interface SecretKeyRef extends NamedRef {
  readonly key: string;
  /** Field path of the reference, in the generator's `spec` or in the functionConfig, for messages. */
  readonly field: string;
}
