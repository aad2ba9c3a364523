import * as z from 'zod';
import type { ObjectRef } from '../findings/say.ts';
import { once } from './plain-data.ts';
import { nonEmpty, optional, type SecretKeyRef, seconds, secretKeySelector } from './schema-parts.ts';
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

/** What each operation of AWS is asked with. What an operation does stands in chain/operations/. */
export interface Requests {
  AssumeRole: AssumeRoleRequest;
  AssumeRoleWithWebIdentity: AssumeRoleRequest;
  GetSessionToken: SessionTokenRequest;
  GetAuthorizationToken: { readonly scope: 'private' | 'public' };
}

interface Call<Operation extends keyof Requests> {
  readonly operation: Operation;
  readonly region: string;
  readonly request: Requests[Operation];
}

/** A role that is assumed with a token: only ever the first hop, unsigned, and without external ID and tags. */
export type ExchangedHop = Call<'AssumeRoleWithWebIdentity'>;

/** A role that is assumed. */
export type RoleHop = Call<'AssumeRole'> | ExchangedHop;

/** One call to AWS, signed with the session of the one before. */
export type Hop = { [Operation in keyof Requests]: Call<Operation> }[keyof Requests];

/** What AWS is asked for a generator, by the part that each call has in it. */
export interface Hops {
  /** The hop to the identity's own role: of a token, or of a ServiceAccount, whose role is known once it is read. */
  readonly entry?: RoleHop;
  /** Hops before the generator's own. */
  readonly via: readonly RoleHop[];
  /** What the generator names itself; absent for a login without a role. */
  readonly own?: Hop;
}

/** Calls, with those that follow the chain for one Secret. They belong to the Secret: another one may have others. */
export interface Calls<C extends Hops = Hops> {
  readonly chain: C;
  readonly after: readonly Hop[];
}

/** All calls in order. */
export function callsOf({ chain: { entry, via, own }, after }: Calls): readonly Hop[] {
  return [entry ?? [], via, own ?? [], after].flat();
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

/** What an operation can give. */
export interface CredentialTypes {
  session: Session;
  login: RegistryToken;
}

/** What a hop gives. */
export type Credentials = CredentialTypes[keyof CredentialTypes];

/** True for keys that can sign another hop. */
export function isSession(obtained: Credentials): obtained is Session {
  return 'accessKeyId' in obtained;
}

/** Why temporary keys get no session token, and what to use instead. */
export const USERS_ONLY = "AWS gives session tokens only to an IAM user's long-term keys";
export const USERS_ONLY_CURE = 'Use STSAssumeRoleToken, or long-term keys';

/** What the access key ID of temporary keys begins with: they do not work without their session token (IAM user guide, "Unique identifiers"). */
export const TEMPORARY_KEY_PREFIX = 'ASIA';

const fields = () => ({
  sessionName: optional(z.string(), 'RoleSessionName, 2 to 64 characters.'),
  sessionDuration: optional(seconds, 'Seconds; default 3600. At most 3600 after the first hop.'),
  externalID: optional(z.string(), "External ID, where the role's trust policy asks for one."),
  externalIDFrom: optional(
    secretKeySelector,
    "The external ID in a Secret of the generator's namespace, instead of `externalID`.",
  ),
  tags: optional(z.record(z.string(), z.string()), 'Session tags.'),
  transitiveTagKeys: optional(z.array(z.string()), 'Keys of `tags` that all later hops inherit.'),
  sourceIdentity: optional(z.string(), 'Source identity; it stays for all later hops.'),
  policyARNs: optional(z.array(z.string()), 'ARNs of managed policies that narrow the session.'),
  policy: optional(z.record(z.string(), z.unknown()), 'A policy document, as an object, that narrows the session.'),
});

/** Parameters of the last hop, whose role is the generator's. */
export const lastHop = once(() => z.strictObject(fields()));

/** A hop before the generator's role. A string is the role alone. */
export const viaHop = once(() =>
  z.preprocess(
    (value) => (typeof value === 'string' ? { role: value } : value),
    z.strictObject({
      role: nonEmpty.meta({ description: 'ARN of the role.' }),
      region: optional(z.string(), "AWS region whose STS is asked; default: the generator's."),
      ...fields(),
    }),
  ),
);

/** One hop as somebody wrote it. */
export interface HopSpec extends z.infer<ReturnType<typeof lastHop>> {
  readonly role?: string;
  readonly region?: string | undefined;
}

/** What manifests say of the call of each operation, under the names of their fields; what could not be read is absent. */
export interface WrittenParameters {
  AssumeRole: HopSpec;
  AssumeRoleWithWebIdentity: HopSpec;
  GetSessionToken: Pick<HopSpec, 'region' | 'sessionDuration'> & Omit<SessionTokenRequest, 'durationSeconds'>;
  GetAuthorizationToken: Pick<HopSpec, 'region'> & Partial<Requests['GetAuthorizationToken']>;
}

/** Where a value was written. Without an object: in the functionConfig. */
export interface WrittenAt {
  readonly object?: ObjectRef;
  readonly field: string;
}

/** A call as it was written, and where each of its values stands. */
export type WrittenCall = {
  [Operation in keyof Requests]: {
    readonly operation: Operation;
    readonly written: WrittenParameters[Operation];
    at(name: string): WrittenAt;
  };
}[keyof Requests];
