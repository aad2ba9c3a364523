import type { Finding } from '../api/finding.ts';
import type { ExchangedHop, Hop } from '../api/hop.ts';
import type { HopSpec, SpecScalars } from '../api/hop-spec.ts';
import type { GeneratorKind, NamedRef, ObjectRef } from '../api/kinds.ts';

/** What is to be walked for one generator, as far as it could be read. */
export interface WantedChain {
  /** What the generator's manifest means, whatever it wrote. */
  readonly kind: GeneratorKind;
  readonly generator: ObjectRef;
  /** What the last session's name says: who asks. */
  readonly target: NamedRef;
  /** From the generator; `region` is the one that will be asked, never empty. */
  readonly spec: SpecScalars;
  /** The identity's own role is taken first, which is not read yet. */
  readonly behindOwnRole?: boolean;
  /** A token is exchanged first, by this call, for that role or for the first of the others. */
  readonly exchange?: { readonly operation: ExchangedHop['operation']; readonly role: string | undefined };
  /** From the Input's entry that the generator matches; `field` is that entry's path. */
  readonly entry?: {
    readonly field: string;
    readonly via: readonly HopSpec[];
    readonly last: HopSpec;
  };
}

/** The calls that are planned for it, and what is wrong about them. */
export interface PlannedHops {
  readonly hops: readonly Hop[];
  /** Session names that somebody wrote instead of the default ones. */
  readonly sessionNames?: readonly string[];
  readonly findings: readonly Finding[];
}
