import type { NamedRef, ObjectRef } from './kinds.ts';
import type { Renewal } from './renewal.ts';

/** One key of a Secret. */
export interface SecretKeyRef extends NamedRef {
  readonly key: string;
  /** Field path of the reference in the generator, for messages. */
  readonly field: string;
}

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

/** Parameters of sts:AssumeRole. */
export interface AssumeRoleRequest {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly externalID?: string;
  /** Where the external ID is, until it was read. */
  readonly externalIDFrom?: SecretKeyRef;
  readonly tags?: Readonly<Record<string, string>>;
  readonly transitiveTagKeys?: readonly string[];
  readonly sourceIdentity?: string;
  readonly policyARNs?: readonly string[];
  /** A JSON document. */
  readonly policy?: string;
}

/** One step of a role chain. AssumeRoleWithWebIdentity is only ever the first, unsigned, and knows no external ID or tags. */
export interface Hop {
  readonly operation: 'AssumeRole' | 'AssumeRoleWithWebIdentity';
  readonly region: string;
  readonly request: AssumeRoleRequest;
}

/** Identity, then hops in order: the whole of what AWS will be asked. A ServiceAccount's hop comes in front once its role was read. */
export interface Plan {
  readonly identity: Identity;
  readonly hops: readonly Hop[];
}

/** One generator that wants one Secret. */
export interface Job {
  readonly generator: ObjectRef;
  /** The generator's own: some hosts have options there. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly plan: Plan;
  readonly target: NamedRef;
  /** True when it reads what may come from a cluster that the manifests chose: that needs a grant. */
  readonly mayUseCluster: boolean;
  readonly renewal: Renewal;
  /** Account that the identity must be of. */
  readonly expectAccount?: string;
  /** `v1-` and 32 hex digits. */
  readonly specHash: string;
}
