import type { Accounts } from '../accounts.ts';
import type { Caller } from '../caller.ts';
import type { Parameters } from '../http/parameters.ts';
import type { XmlElement } from '../http/xml.ts';
import type { Grant, Session } from '../sessions.ts';

/** What an operation sees of the server and of the request. */
export interface OperationContext {
  readonly parameters: Parameters;
  readonly accounts: Accounts;
  readonly now: Date;
  readonly issue: (grant: Grant) => Session;
}

/** An operation answers with the content of its `…Result` element, or throws an AwsError. */
interface SignedOperation {
  readonly signed: true;
  readonly run: (context: OperationContext, caller: Caller) => XmlElement;
}

interface UnsignedOperation {
  readonly signed: false;
  readonly run: (context: OperationContext) => Promise<XmlElement>;
}

export type Operation = SignedOperation | UnsignedOperation;
