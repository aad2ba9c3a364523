import type { NamedRef, ObjectRef } from './kinds.ts';

/** What each list of a grant can be asked for. A new power is a line here, and a row of `chain/powers.ts`. */
export interface Powers {
  readonly fromCluster: true;
  readonly cluster: true;
  /** `github`, `tokenFile:/PATH`, `tokenEnv:NAME`. */
  readonly identities: string;
  readonly serviceAccounts: ObjectRef;
  /** Null: one that is not known yet. */
  readonly audiences: string | null;
  readonly externalIDs: ObjectRef;
  readonly templateSecrets: ObjectRef;
  readonly roles: string;
  readonly withoutRole: 'STSSessionToken' | 'ECRAuthorizationToken';
  readonly regions: string;
  readonly sessionNames: Chosen;
  readonly sourceIdentities: Chosen;
  /** Without a value: that the key is passed on. */
  readonly tags: { readonly key: string; readonly value?: string };
}

/** A value that the author of a generator has chosen. */
export interface Chosen {
  readonly value: string;
  readonly by: NamedRef;
}

/** One thing that a job asks for, and the list of a grant that has it or has not. */
export type Demand<List extends keyof Powers = keyof Powers> = {
  readonly [One in List]: { readonly list: One; readonly of: Powers[One] };
}[List];
