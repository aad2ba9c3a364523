import { authenticate } from '../authenticate.ts';
import { AwsError } from '../aws-error.ts';
import type { XmlElement } from '../http/answer.ts';
import type { StsRequest } from '../http/request.ts';
import type { Caller, Sessions } from '../sessions.ts';
import { assumeRole } from './assume-role.ts';
import { assumeRoleWithWebIdentity } from './assume-role-with-web-identity.ts';
import { getSessionToken } from './get-session-token.ts';
import type { Operation, OperationContext } from './operation.ts';

/** Needs no permission: who can sign may ask. */
function getCallerIdentity(_: OperationContext, caller: Caller): XmlElement {
  return { Arn: caller.arn, UserId: caller.userId, Account: caller.account };
}

const VERSION = '2011-06-15';

const OPERATIONS = new Map<string, Operation>([
  ['AssumeRole', { signed: true, run: assumeRole }],
  ['AssumeRoleWithWebIdentity', { signed: false, run: assumeRoleWithWebIdentity }],
  ['GetCallerIdentity', { signed: true, run: getCallerIdentity }],
  ['GetSessionToken', { signed: true, run: getSessionToken }],
]);

/** What the server brings to one call. */
interface CallEnvironment extends Omit<OperationContext, 'parameters'> {
  readonly sessions: Sessions;
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

/** Throws MissingAction or InvalidAction. */
function findOperation({ operation: name, parameters }: StsRequest): Operation {
  if (name === '') throw new AwsError('MissingAction', 'The request must contain the parameter Action');
  const version = parameters.get('Version') ?? 'NO_VERSION_SPECIFIED';
  const operation = version === VERSION ? OPERATIONS.get(name) : undefined;
  if (!operation) throw new AwsError('InvalidAction', `Could not find operation ${name} for version ${version}`);
  return operation;
}
