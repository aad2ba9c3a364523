import type * as z from 'zod';
import type { Identity } from '../api/identity.ts';
import type { ObjectRef } from '../api/kinds.ts';

/** One way to say who asks: a field that a manifest may have, and the identity that its value means. */
export interface Source<Value> {
  readonly field: () => z.ZodOptional<z.ZodType<Value>>;
  readonly identity: (value: Value, generator: ObjectRef) => Identity;
}

/** One that an Input's entry may have, which needs a grant: how that names it. */
export interface GrantedSource<Value> extends Source<Value> {
  readonly granted: {
    readonly pattern: RegExp;
    readonly means: string;
    readonly example: string;
  };
}
