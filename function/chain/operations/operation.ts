import type { Sayable } from '../../findings/say.ts';
import type { CredentialTypes, Keys, Requests } from '../../model/hop.ts';
import type { Sensitive } from '../../model/sensitive.ts';
import type { AwsError, ClusterError, EcrClient, StsClient } from '../../model/world.ts';
import type { WrittenParameters } from '../../model/written-hop.ts';
import type { LimitContext, LimitFault } from '../limits.ts';

/** A service of AWS as messages speak of it, with the settings that choose another server. */
export interface Service {
  readonly name: string;
  readonly endpoints: string;
}

export const STS: Service = { name: 'STS', endpoints: 'AWS_ENDPOINT_URL_STS or AWS_STS_ENDPOINT' };

/** What a hop is signed with: keys, a token, or neither, which is the SDK's default chain. */
export interface Signer {
  readonly keys?: Keys;
  /** Fetched for each attempt, since tokens are short-lived. */
  readonly token?: (signal: AbortSignal) => Promise<Sensitive>;
}

/** Clients for a hop: what they send is signed as the hop is to be, in its region. */
export interface Clients {
  sts(): Promise<StsClient>;
  ecr(scope: Requests['GetAuthorizationToken']['scope']): Promise<EcrClient>;
}

/** All that the program knows of an operation of AWS. A hop is plain data, which is hashed and compared. */
export interface Operation<Name extends keyof Requests, G extends keyof CredentialTypes = keyof CredentialTypes> {
  readonly gives: G;
  /** Fields of what it gives that the answer to this request never has. */
  lacks?(request: Requests[Name]): readonly string[];
  /** What AWS would refuse in a hop as it was written. */
  limits(parameters: WrittenParameters[Name], context: LimitContext): readonly LimitFault[];
  /** The action as IAM's policies write it: `sts:AssumeRole`. */
  action(request: Requests[Name]): string;
  service(request: Requests[Name]): Service;
  /** Seconds that what it gives lasts, unless AWS shortens it. */
  lifetimeSeconds(request: Requests[Name]): number;
  /** The request as the spec-hash has it: without what a message alone needs, and what AWS takes once. */
  hashed(request: Requests[Name]): object;
  /** What a message says that it does: "assume role ARN". */
  describe(request: Requests[Name]): Sayable;
  /** The field in which a generator says what is asked for; absent: no field does. */
  readonly field?: string;
  /** The cure where AWS denies the request: what must be allowed, and to whom. */
  onDenial(request: Requests[Name]): string;
  /** True where AWS gives it only to a user's long-term keys. */
  readonly needsLongTermKeys?: true;
  readonly retry: {
    /** True where it may be denied because a role is not known everywhere yet. */
    readonly awaitsRole: boolean;
    /** False for a failure after which the request is not sent again. */
    mayRepeat(request: Requests[Name], failure: AwsError | ClusterError): boolean;
  };
  /** One attempt. Of `by` only the token is read: the clients of `aws` sign with its keys already. */
  run(request: Requests[Name], by: Signer, aws: Clients, signal: AbortSignal): Promise<CredentialTypes[G]>;
}
