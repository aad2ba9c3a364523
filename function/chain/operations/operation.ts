import type { Sayable } from '../../findings/say.ts';
import type { Given } from '../../model/given.ts';
import type { Powers } from '../../model/grant.ts';
import type { Requests } from '../../model/hop.ts';
import type { Sensitive } from '../../model/sensitive.ts';
import type { AwsError, ClusterError, EcrClient, StsClient } from '../../model/world.ts';
import type { Service } from './services.ts';

/** Clients for the keys that sign a call, in its region. */
export interface Callers {
  sts(): Promise<StsClient>;
  ecr(scope: Requests['GetAuthorizationToken']['scope']): Promise<EcrClient>;
}

/** All that the program knows of an operation of AWS. A call of it is plain data, which is hashed and compared. */
export interface Operation<Request, G extends keyof Given = keyof Given> {
  readonly gives: G;
  /** Fields of what it gives that the answer to this request never has. */
  lacks?(request: Request): readonly string[];
  /** The action as IAM's policies write it: `sts:AssumeRole`. */
  action(request: Request): string;
  service(request: Request): Service;
  /** Seconds that what it gives lasts, unless AWS shortens it. */
  lifetimeSeconds(request: Request): number;
  /** The request as the spec-hash has it: without what a message alone needs, and what AWS takes once. */
  hashed(request: Request): object;
  /** What a message says that it does: "assume role ARN". */
  describe(request: Request): Sayable;
  /** The field in which a generator says what is asked for; absent: no field does. */
  readonly field?: string;
  /** What must be allowed to whom, where AWS denies it. */
  onDenial(request: Request): string;
  /** What `withoutRole` of a grant calls it: the Secret then holds rights of the caller. Absent: it assumes a role. */
  readonly withoutRole?: Powers['withoutRole'];
  /** True where AWS gives it only to a user's long-term keys. */
  readonly isForUsers?: true;
  readonly retry: {
    /** True where it may be denied because a role is not known everywhere yet. */
    readonly awaitsRole: boolean;
    /** False for a failure after which the request is not sent again. */
    mayRepeat(request: Request, failure: AwsError | ClusterError): boolean;
  };
  /** One attempt. `token`: of the first call of a chain, fetched for each attempt, since tokens are short-lived. */
  run(
    request: Request,
    aws: Callers,
    signal: AbortSignal,
    token: (() => Promise<Sensitive>) | undefined,
  ): Promise<Given[G]>;
}
