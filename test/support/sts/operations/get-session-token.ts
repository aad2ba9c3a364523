import { AwsError } from '../aws-error.ts';
import type { XmlElement } from '../http/answer.ts';
import { type Caller, isRoot } from '../sessions.ts';
import { Constraints, DEFAULT_USER_DURATION_SECONDS, ROOT_DURATION_SECONDS, USER_DURATION_SECONDS } from './limits.ts';
import { checkMfa, credentialsElement, type OperationContext, readMfa } from './operation.ts';

export function getSessionToken({ parameters, accounts, issue }: OperationContext, caller: Caller): XmlElement {
  const constraints = new Constraints();
  const seconds = constraints.seconds('durationSeconds', parameters.get('DurationSeconds'), USER_DURATION_SECONDS);
  readMfa(parameters, constraints);
  constraints.settle();
  if (caller.session !== 'none') {
    throw new AwsError('AccessDenied', 'Cannot call GetSessionToken with session credentials');
  }
  checkMfa(parameters, caller, accounts);
  const asked = seconds ?? DEFAULT_USER_DURATION_SECONDS;
  const session = issue({
    operation: 'GetSessionToken',
    caller: { ...caller, session: 'user' },
    durationSeconds: isRoot(caller) ? Math.min(asked, ROOT_DURATION_SECONDS) : asked,
  });
  return { Credentials: credentialsElement(session) };
}
