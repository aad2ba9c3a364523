import type { AssumeRoleRequest } from './plan.ts';
import type { Sensitive } from './sensitive.ts';
import type { Keys, Session } from './session.ts';

/** What the process was started with. */
export interface Ambient {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The SDK's own region: AWS_REGION, then the selected profile's; undefined when neither says. */
  region(): Promise<string | undefined>;
  /** A file's text; undefined when it cannot be read. */
  readFile(path: string): Promise<string | undefined>;
  /** GitHub's OIDC token for this workflow; undefined when there is none to be had. */
  githubToken(audience: string): Promise<string | undefined>;
}

/** How a request to AWS failed, without a word of what AWS answered except its error code. */
export type AwsFailure =
  /** AWS answered with an error. */
  | {
      readonly kind: 'refused';
      readonly awsCode: string;
      readonly httpStatus?: number;
      readonly clockCorrected: boolean;
    }
  /** No answer: the connection failed or broke. `cause` is a system error code such as ECONNREFUSED. */
  | { readonly kind: 'unreachable'; readonly cause: string }
  /** The server's certificate is not trusted. `cause` is Node's code. */
  | { readonly kind: 'untrusted'; readonly cause: string }
  /** The SDK's default chain found no credentials. */
  | { readonly kind: 'noCredentials' }
  /** The run's deadline passed. */
  | { readonly kind: 'deadline' }
  /** An answer that is no answer of STS, or settings the SDK refuses. */
  | { readonly kind: 'malformed' };

/** Thrown by {@link StsClient}. */
export class AwsError extends Error {
  readonly failure: AwsFailure;

  constructor(failure: AwsFailure) {
    super(failure.kind);
    this.failure = failure;
  }
}

/** One client serves one hop with all its attempts: the SDK keeps its clock correction in it. */
export interface StsClient {
  /** The account of whoever signs. One attempt. Throws {@link AwsError}. */
  callerAccount(signal: AbortSignal): Promise<string>;
  /** One attempt. Throws {@link AwsError}. */
  assumeRole(request: AssumeRoleRequest, signal: AbortSignal): Promise<Session>;
  /** One attempt, unsigned: of the request only role, session name and duration are sent. Throws {@link AwsError}. */
  assumeRoleWithWebIdentity(request: AssumeRoleRequest, token: Sensitive, signal: AbortSignal): Promise<Session>;
}

/** AWS STS. `credentials` absent: the SDK's default chain, resolved once a run. */
export interface Sts {
  client(options: { region: string; credentials?: Keys }): Promise<StsClient>;
}

/** Everything outside the process that the core touches. */
export interface World {
  readonly ambient: Ambient;
  readonly sts: Sts;
  now(): Date;
  /** A number from 0 to 1, 1 excluded, that spreads retries. */
  random(): number;
  /** Resolves after `milliseconds`, or as soon as `signal` aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}
