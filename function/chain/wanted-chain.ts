import type { Finding } from '../findings/finding.ts';
import type { ObjectRef } from '../findings/say.ts';
import type { ExchangedHop } from '../model/hop.ts';
import type { HopSpec, SpecScalars } from '../model/hop-spec.ts';
import type { Calls } from '../model/job.ts';
import type { GeneratorKind, NamedRef } from '../model/kinds.ts';

/** What one generator asks for, as far as it could be read. */
export interface WantedChain {
  /** For a ClusterGenerator: the kind inside it. */
  readonly kind: GeneratorKind;
  readonly generator: ObjectRef;
  /** The Secret that the last session is named after. */
  readonly target: NamedRef;
  /** From the generator. `region` is never empty: the process's region stands in for an empty one. */
  readonly scalars: SpecScalars;
  /** True if the identity's own object, not read yet, names a role: that role is assumed before all others. */
  readonly behindOwnRole?: boolean;
  /** For a token: the call that exchanges it, and the role that it is for; undefined: the role of the first hop. */
  readonly exchange?: { readonly operation: ExchangedHop['operation']; readonly role: string | undefined };
  /** From the Input's entry that the generator matches; `field` is that entry's path. */
  readonly entry?: {
    readonly field: string;
    readonly via: readonly HopSpec[];
    readonly last: HopSpec;
  };
}

/** The calls of a generator, whole only when there are no findings, and what is wrong with them. */
export interface DraftedCalls extends Calls {
  /** Session names that somebody wrote instead of the default ones. */
  readonly sessionNames?: readonly string[];
  readonly findings: readonly Finding[];
}
