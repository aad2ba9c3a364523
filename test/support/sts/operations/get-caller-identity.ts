import type { Caller } from '../caller.ts';
import type { XmlElement } from '../http/xml.ts';
import type { OperationContext } from './operation.ts';

/** Needs no permission: whoever can sign may ask. */
export function getCallerIdentity(_: OperationContext, caller: Caller): XmlElement {
  return { Arn: caller.arn, UserId: caller.userId, Account: caller.account };
}
