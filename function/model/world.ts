import type { ObjectRef } from '../findings/say.ts';
import type { KnownObject } from './answers.ts';
import type { AssumeRoleRequest, Keys, RegistryToken, Requests, Session, SessionTokenRequest } from './hop.ts';
import type { NamedRef } from './kinds.ts';
import type { Cluster } from './schema-parts.ts';
import type { Sensitive } from './sensitive.ts';

/** Variables of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The variables for endpoints: our own, which are called as External Secrets' are, and the SDK's, with an example of a value. In External
 * Secrets AWS_STS_ENDPOINT is used only for the web-identity hop; here for every hop, like the SDK's AWS_ENDPOINT_URL_STS.
 */
export const ENDPOINTS = [
  ['AWS_STS_ENDPOINT', 'AWS_ENDPOINT_URL_STS', 'https://sts.eu-west-1.amazonaws.com'],
  ['AWS_ECR_ENDPOINT', 'AWS_ENDPOINT_URL_ECR', 'https://api.ecr.eu-west-1.amazonaws.com'],
  ['AWS_ECR_PUBLIC_ENDPOINT', 'AWS_ENDPOINT_URL_ECR_PUBLIC', 'https://api.ecr-public.us-east-1.amazonaws.com'],
] as const;

/** What the process was started with. */
export interface Ambient {
  readonly environment: Environment;
  /** The path of this program. */
  readonly program: string;
  /** The terminal that standard output is; absent: it is none. */
  readonly terminal?: { columns(): number | undefined };
  /** The SDK's own region: AWS_REGION, then the selected profile's; undefined when neither says. */
  region(): Promise<string | undefined>;
  /** A file's text; undefined when it cannot be read, is no regular file, or has more than 16 MiB. */
  readFile(path: string): Promise<string | undefined>;
  /** False for a file that is not read as a whole: a pipe, a device, more than 16 MiB. True where there is none. */
  mayBeRead(path: string): boolean;
  /** GitHub's OIDC token for this workflow; undefined when there is none to be had. */
  githubToken(audience: string, signal: AbortSignal): Promise<string | undefined>;
}

/** How a request to AWS failed. Of AWS's answer it holds only the error code. */
export type AwsFailure =
  /** AWS answered with an error. */
  | {
      readonly kind: 'refused';
      readonly awsCode: string;
      readonly httpStatus?: number;
      readonly clockCorrected: boolean;
    }
  /**
   * No answer: the connection failed or broke. `cause` is a system error code such as ECONNREFUSED. `host`: a name that DNS does not know;
   * `meant`: the region in its name, where that is misspelt. `endpoint`: host and port of the server, which DNS has.
   */
  | {
      readonly kind: 'unreachable';
      readonly cause: string;
      readonly host?: string;
      readonly meant?: string;
      readonly endpoint?: string;
    }
  /** The server's certificate is not trusted. `cause` is Node's code. */
  | { readonly kind: 'untrusted'; readonly cause: string }
  /** The proxy makes no way to the server, which has seen nothing. `proxy`: without its password; `httpStatus`: 504 where it gave none. */
  | { readonly kind: 'noTunnel'; readonly cause: string; readonly proxy: string; readonly httpStatus: number }
  /** The SDK's default chain found no credentials. `profile`: one that was to have them, and is in no file. */
  | { readonly kind: 'noCredentials'; readonly profile?: string }
  /** The profile in use, or one that it refers to, names a token file that is not read: a relative path, a pipe. Nobody was asked. */
  | { readonly kind: 'unfitTokenFile'; readonly profile: string; readonly isRelative: boolean }
  /** The default chain's keys belong to a session, and the operation is for long-term keys: AWS was not asked. */
  | { readonly kind: 'temporaryKeys' }
  /** Those keys belong to a session, and its token is missing. */
  | { readonly kind: 'noSessionToken' }
  /** The run's deadline passed. */
  | { readonly kind: 'deadline' }
  /** An answer for another role or session than was asked for. */
  | { readonly kind: 'otherSession' }
  /** An answer that is no answer of STS, or settings the SDK refuses. */
  | { readonly kind: 'malformed' };

class FailureError<Failure extends { readonly kind: string }> extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.kind);
    this.failure = failure;
  }
}

/** Thrown by {@link StsClient} and {@link EcrClient}. */
export class AwsError extends FailureError<AwsFailure> {}

/** How a request to a cluster's API server failed, without a word of what it answered. */
export type ClusterFailure =
  /** RBAC forbids it to the caller. */
  | { readonly kind: 'forbidden' }
  /** The API server does not know the caller. */
  | { readonly kind: 'unauthenticated' }
  /** There is no such object. */
  | { readonly kind: 'absent' }
  /** Any other answer that is an error. */
  | { readonly kind: 'answered'; readonly httpStatus: number }
  /** The same as in {@link AwsFailure}. */
  | { readonly kind: 'untrusted'; readonly cause: string }
  | { readonly kind: 'unreachable'; readonly cause: string; readonly endpoint?: string }
  | Extract<AwsFailure, { readonly kind: 'noTunnel' }>
  | { readonly kind: 'deadline' }
  | { readonly kind: 'malformed' }
  /** Nobody was asked: the address of the API server, or our credentials, cannot be used. */
  | {
      readonly kind: 'unusable';
      readonly cause: 'noKubeconfig' | 'noContext' | 'noPod' | 'noHttps' | 'noCredentials';
    };

/** Thrown by {@link Kubernetes}. */
export class ClusterError extends FailureError<ClusterFailure> {}

/** API servers of Kubernetes. One attempt each; both throw {@link ClusterError}. */
export interface Kubernetes {
  /** A Secret, ServiceAccount or ConfigMap, or a generator; null when there is none. */
  read(cluster: Cluster, object: ObjectRef, signal: AbortSignal): Promise<KnownObject | null>;
  /** A token of a ServiceAccount for `audiences`, valid for 600 seconds. */
  requestToken(
    cluster: Cluster,
    serviceAccount: NamedRef,
    audiences: readonly string[],
    signal: AbortSignal,
  ): Promise<Sensitive>;
}

/** The caller of a request, as STS names it. Only `doctor` prints it: no message repeats an answer of STS. */
export interface Caller {
  readonly account: string;
  readonly arn: string;
  /** The time of STS's answer, by its clock. */
  readonly date?: Date;
}

/**
 * Requests that the same keys sign in one region, since the SDK keeps a clock correction per client. Each is one attempt,
 * and throws {@link AwsError}.
 */
export interface StsClient {
  /** Who signs, and the time of the server's clock if it gives one. */
  getCallerIdentity(signal: AbortSignal): Promise<Caller>;
  assumeRole(request: AssumeRoleRequest, signal: AbortSignal): Promise<Session>;
  /** Unsigned; the request has neither external ID nor tags nor source identity. */
  assumeRoleWithWebIdentity(request: AssumeRoleRequest, token: Sensitive, signal: AbortSignal): Promise<Session>;
  /** Sends nothing if the default chain's keys belong to a session. */
  getSessionToken(request: SessionTokenRequest, signal: AbortSignal): Promise<Session>;
}

/**
 * AWS STS. Without `credentials`: the SDK's default chain, one for the process. Without `region`: the operator's region (AWS_REGION,
 * the selected profile's, else us-east-1), which that chain uses too.
 */
export interface Sts {
  client(options: { region?: string; credentials?: Keys }): Promise<StsClient>;
}

/** Requests to a registry that the same keys sign in one region. Each is one attempt, and throws {@link AwsError}. */
export interface EcrClient {
  getAuthorizationToken(signal: AbortSignal): Promise<RegistryToken>;
}

/** AWS ECR, private registries or the public ones. Without `credentials`: as for {@link Sts}. */
export interface Ecr {
  client(options: { region: string; credentials?: Keys } & Requests['GetAuthorizationToken']): Promise<EcrClient>;
}

/** Everything outside the process that the core touches. */
export interface World {
  readonly ambient: Ambient;
  readonly sts: Sts;
  readonly ecr: Ecr;
  readonly kubernetes: Kubernetes;
  now(): Date;
  /** A number from 0 to 1, 1 excluded, that spreads retries. */
  random(): number;
  /** Resolves after `milliseconds`, or as soon as `signal` aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Is told of Secrets that are due, and of those that were made or have failed; absent: nobody looks. */
  countSecrets?(due: number, done: number): void;
}
