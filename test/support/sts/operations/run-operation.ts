import type { Accounts } from '../accounts.ts';
import type { Caller } from '../caller.ts';
import type { StsRequest } from '../http/read-request.ts';
import type { XmlElement } from '../http/xml.ts';
import type { Grant, Session, Sessions } from '../sessions.ts';
import { authenticate } from '../signing/authenticate.ts';
import { findOperation } from './find-operation.ts';

/** What the server brings to one call. */
export interface CallEnvironment {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly now: Date;
  readonly issue: (grant: Grant) => Session;
  /** Told who signed as soon as the signature is found good, even if the operation then refuses. */
  readonly onCaller: (caller: Caller) => void;
}

/** Find the operation, verify who signs it, do it. Throws an AwsError for everything AWS would refuse. */
export async function runOperation(request: StsRequest, environment: CallEnvironment): Promise<XmlElement> {
  const operation = findOperation(request);
  const context = { ...environment, parameters: request.parameters };
  if (!operation.signed) return operation.run(context);
  const caller = authenticate(request, environment);
  environment.onCaller(caller);
  return operation.run(context, caller);
}
