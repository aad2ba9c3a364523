import type { Hop } from './hop.ts';
import type { NamedRef, ObjectRef } from './kinds.ts';
import type { Renewal } from './renewal.ts';
import type { SecretKeyRef } from './secret-key-ref.ts';
import type { SecretFormat } from './secret-spec.ts';

/** Who we are before the first hop. */
export type Identity =
  | {
      readonly source: 'secretRef';
      readonly accessKeyId: SecretKeyRef;
      readonly secretAccessKey: SecretKeyRef;
      readonly sessionToken?: SecretKeyRef;
    }
  | { readonly source: 'default' }
  | TokenIdentity
  | ServiceAccountIdentity;

/** `auth.jwt`: a token that an API server makes for a ServiceAccount, exchanged for a session of its IAM role. */
export interface ServiceAccountIdentity extends NamedRef {
  readonly source: 'serviceAccount';
  /** As planned: those the generator adds. Once the ServiceAccount was read: all that its token is for. */
  readonly audiences: readonly string[];
}

/** A token that the process was given: it is exchanged for a session in the first hop. */
export type TokenIdentity =
  | { readonly source: 'tokenFile'; readonly path: string }
  | { readonly source: 'tokenEnv'; readonly name: string }
  | { readonly source: 'github'; readonly audience: string };

/** Identity, then hops in order: the whole of what AWS will be asked. A ServiceAccount's hop comes in front once its role was read. */
export interface Plan {
  readonly identity: Identity;
  readonly hops: readonly Hop[];
}

/** What a Secret looks like. Absent parts: the four keys, in plain text, and nothing added. */
export interface SecretForm {
  readonly format?: SecretFormat;
  /** Key of the file, where the format is one. */
  readonly key?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** age recipients that the values are encrypted for. */
  readonly recipients?: readonly string[];
}

/** One Secret that a generator's session goes into. */
export interface WantedSecret {
  readonly target: NamedRef;
  readonly form: SecretForm;
  /** Path of its entry in the functionConfig; absent: nobody wrote one. */
  readonly field?: string;
}

/** One generator and one Secret that it wants. A generator that wants several has a job for each, with the same plan. */
export interface Job extends WantedSecret {
  readonly generator: ObjectRef;
  /** The generator's own: some hosts have options there. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly plan: Plan;
  /** True when it reads what may come from a cluster that the manifests chose: that needs a grant. */
  readonly mayUseCluster: boolean;
  readonly renewal: Renewal;
  /** Account that the identity must be of. */
  readonly expectAccount?: string;
  /** `v1-` and 32 hex digits. */
  readonly specHash: string;
}
