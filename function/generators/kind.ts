import type * as z from 'zod';
import type { Finding } from '../findings/finding.ts';
import type { ObjectRef } from '../findings/say.ts';
import type { CredentialTypes, ExchangedHop, Route } from '../model/hop.ts';
import type { NamedRef } from '../model/kinds.ts';
import type { AwsAuth } from '../model/schema-parts.ts';
import type { HopSpec, WrittenHop } from '../model/written-hop.ts';

/** All that the program knows of a kind of generator. */
export interface Kind<Spec extends CommonSpec = CommonSpec> {
  /** What its last hop gives: that decides the formats of its Secrets. */
  readonly gives: keyof CredentialTypes;
  /** The field of `spec.generator` in which a ClusterGenerator has its spec. */
  readonly inCluster: string;
  /** Its `spec`, as External Secrets has it. */
  spec(): z.ZodType<Spec>;
  /** The hops that its spec asks for, and what is wrong with them beside AWS's limits. A field that is wrong is absent from `spec`. */
  declare(spec: Partial<Spec>, context: DeclarationContext): Declaration;
}

/** Fields of the spec of every kind. Where there is a finding, `auth` may be partial and is not used. */
export interface CommonSpec {
  readonly region?: string | undefined;
  readonly role?: string | undefined;
  readonly auth?: AwsAuth;
}

/** What hops are made from, beside the spec. */
export interface DeclarationContext {
  readonly generator: ObjectRef;
  /** The Secret that the last session is named after. */
  readonly defaultTarget: NamedRef;
  /** The spec's, or the process's in place of an empty one. */
  readonly region?: string;
  /** True if the identity's own object, not read yet, names a role: that role is assumed before all others. */
  readonly isRoleReadLater: boolean;
  /** How an entry's token is exchanged: by which operation and for which role. Without a role, for that of the first hop. */
  readonly exchange?: { readonly operation: ExchangedHop['operation']; readonly role: string | undefined };
  /** What the Input's entry says that the generator matches; `field` is that entry's path. */
  readonly entry?: {
    readonly field: string;
    /** True where a Policy supplies the identity and `via`. */
    readonly isSupplied?: true;
    readonly via: readonly HopSpec[];
    readonly last: HopSpec;
  };
}

/** The hops of a generator; one whose role or region is lacking is not there, which is a finding already. */
export interface Declaration extends Route {
  /** The same hops as they were written, in order. Their limits are checked on this. */
  readonly writtenHops: readonly WrittenHop[];
  /** Session names that somebody wrote instead of the default ones. */
  readonly sessionNames?: readonly string[];
  readonly findings: readonly Finding[];
}
