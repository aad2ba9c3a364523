import type { SecretKeyRef } from './schema-parts.ts';
import type { Sensitive } from './sensitive.ts';

/** Parameters of sts:AssumeRole. */
export interface AssumeRoleRequest {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly externalID?: string;
  /** Where the external ID is, until it is read. */
  readonly externalIDFrom?: SecretKeyRef;
  readonly tags?: Readonly<Record<string, string>>;
  readonly transitiveTagKeys?: readonly string[];
  readonly sourceIdentity?: string;
  readonly policyARNs?: readonly string[];
  /** A JSON document. */
  readonly policy?: string;
  /** `tags` and `sourceIdentity` as the Policy has them, with `${env.NAME}`: hashes know variables of the environment by name. */
  readonly withEnvNames?: Pick<AssumeRoleRequest, 'tags' | 'sourceIdentity'>;
}

/** Parameters of sts:GetSessionToken. */
export interface SessionTokenRequest {
  readonly durationSeconds: number;
  /** The MFA device; it comes with `tokenCode`, or neither is there. */
  readonly serialNumber?: string;
  /** AWS takes it once; it is never shown. */
  readonly tokenCode?: string;
}

/** What each operation of AWS is asked with. What an operation does stands in chain/operations/. */
export interface Requests {
  AssumeRole: AssumeRoleRequest;
  AssumeRoleWithWebIdentity: AssumeRoleRequest;
  GetSessionToken: SessionTokenRequest;
  GetAuthorizationToken: { readonly scope: 'private' | 'public' };
}

interface HopOf<Operation extends keyof Requests> {
  readonly operation: Operation;
  readonly region: string;
  readonly request: Requests[Operation];
}

/** A role that is assumed with a token: only ever the first hop, unsigned, and without external ID and tags. */
export type ExchangedHop = HopOf<'AssumeRoleWithWebIdentity'>;

/** A role that is assumed. */
export type RoleHop = HopOf<'AssumeRole'> | ExchangedHop;

/** One request to AWS, signed with the session of the one before. */
export type Hop = { [Operation in keyof Requests]: HopOf<Operation> }[keyof Requests];

/** The hops of a chain, each by its part in it. */
export interface ChainHops {
  /** The hop to the identity's own role: of a token, or of a ServiceAccount, whose role is known once it is read. */
  readonly identityHop?: RoleHop;
  /** Hops before the generator's own. */
  readonly via: readonly RoleHop[];
  /** What the generator names itself: the hop to `spec.role`, or GetSessionToken. Absent for a login without a role. */
  readonly generatorHop?: Hop;
}

/** All hops that lead to a Secret: a chain, and those that follow it for one Secret alone, such as GetAuthorizationToken of ECR. */
export interface Route<C extends ChainHops = ChainHops> {
  readonly chain: C;
  readonly after: readonly Hop[];
}

/** All hops in order. */
export function hopsOf({ chain: { identityHop, via, generatorHop }, after }: Route): readonly Hop[] {
  return [identityHop ?? [], via, generatorHop ?? [], after].flat();
}

/** True for a hop that assumes a role with a token. */
export function isExchange(hop: Hop): hop is ExchangedHop {
  return isRoleHop(hop) && hop.operation !== 'AssumeRole';
}

/** True for a hop that assumes a role. */
export function isRoleHop(hop: Hop): hop is RoleHop {
  return 'roleArn' in hop.request;
}

/** "Acceptable durations for IAM user sessions range from 900 seconds (15 minutes) to 129,600 seconds (36 hours)" (GetSessionToken). */
export const LONGEST_SESSION_SECONDS = 129_600;

/** Keys that sign a request. */
export interface Keys {
  readonly accessKeyId: Sensitive;
  readonly secretAccessKey: Sensitive;
  readonly sessionToken?: Sensitive;
}

/** What STS answered: keys that expire. */
export interface Session extends Keys {
  readonly sessionToken: Sensitive;
  /** Absent when STS gave none. */
  readonly expiration?: Date;
  readonly requestID?: string;
}

/** What ECR answered: a login for a registry. It signs nothing. */
export interface RegistryToken {
  readonly username: Sensitive;
  readonly password: Sensitive;
  /** URL of the registry; absent for public ones. */
  readonly proxyEndpoint?: string;
  /** Absent when ECR gave none. */
  readonly expiration?: Date;
  readonly requestID?: string;
}

/** What an operation can give. */
export interface CredentialTypes {
  session: Session;
  login: RegistryToken;
}

/** What a hop gives. */
export type Credentials = CredentialTypes[keyof CredentialTypes];

/** True for keys that can sign another hop. */
export function isSession(credentials: Credentials): credentials is Session {
  return 'accessKeyId' in credentials;
}
