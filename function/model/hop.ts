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
}

/** Parameters of sts:GetSessionToken. */
export interface SessionTokenRequest {
  readonly durationSeconds: number;
  /** With `tokenCode`, or neither. */
  readonly serialNumber?: string;
  /** AWS takes it once; it is never shown. */
  readonly tokenCode?: string;
}

interface Call<Operation, Request> {
  readonly operation: Operation;
  readonly region: string;
  readonly request: Request;
}

/** A role that is assumed with a token: only ever the first hop, unsigned, and without external ID and tags. */
export type ExchangedHop = Call<'AssumeRoleWithWebIdentity', AssumeRoleRequest>;

/** A role that is assumed. */
export type RoleHop = Call<'AssumeRole', AssumeRoleRequest> | ExchangedHop;

/** A session of whoever asks, without a role: the only hop of its chain. */
type SessionTokenHop = Call<'GetSessionToken', SessionTokenRequest>;

/** A login for a registry: the last hop of its chain, since it signs nothing. */
export type RegistryTokenHop = Call<'GetAuthorizationToken', { readonly scope: 'private' | 'public' }>;

/** One call to AWS, signed with the session of the one before. */
export type Hop = RoleHop | SessionTokenHop | RegistryTokenHop;

/** True for a hop that assumes a role with a token. */
export function isExchange(hop: Hop): hop is ExchangedHop {
  return isRoleHop(hop) && hop.operation !== 'AssumeRole';
}

/** True for a hop that assumes a role. */
export function isRoleHop(hop: Hop): hop is RoleHop {
  return 'roleArn' in hop.request;
}

/** The action as IAM's policies write it: `sts:AssumeRole`. */
export function actionOf(hop: Hop): string {
  if (hop.operation !== 'GetAuthorizationToken') return `sts:${hop.operation}`;
  return `${hop.request.scope === 'public' ? 'ecr-public' : 'ecr'}:${hop.operation}`;
}

/** "Authorization tokens are valid for 12 hours." (ECR API reference, AuthorizationData) */
const REGISTRY_TOKEN_SECONDS = 43_200;

/** "Acceptable durations for IAM user sessions range from 900 seconds (15 minutes) to 129,600 seconds (36 hours)" (GetSessionToken). */
export const LONGEST_SESSION_SECONDS = 129_600;

/** Seconds that the last hop's session or login lasts, unless AWS shortens it. */
export function lifetimeOf({ hops }: { readonly hops: readonly Hop[] }): number {
  const last = hops.at(-1);
  if (last === undefined) return 0;
  return last.operation === 'GetAuthorizationToken' ? REGISTRY_TOKEN_SECONDS : last.request.durationSeconds;
}

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
}

/** What ECR answered: a login for a registry. It signs nothing. */
export interface RegistryToken {
  readonly username: Sensitive;
  readonly password: Sensitive;
  /** URL of the registry; absent for public ones. */
  readonly proxyEndpoint?: string;
  /** Absent when ECR gave none. */
  readonly expiration?: Date;
}

/** What a hop gives. */
export type Obtained = Session | RegistryToken;

/** True for keys that can sign another hop. */
export function isSession(obtained: Obtained): obtained is Session {
  return 'accessKeyId' in obtained;
}

/** What the access key ID of temporary keys begins with: they do not work without their session token (IAM user guide, "Unique identifiers"). */
export const TEMPORARY_KEY_PREFIX = 'ASIA';
