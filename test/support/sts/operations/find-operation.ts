import { AwsError } from '../aws-error.ts';
import type { StsRequest } from '../http/read-request.ts';
import { assumeRole } from './assume-role.ts';
import { assumeRoleWithWebIdentity } from './assume-role-with-web-identity.ts';
import { getCallerIdentity } from './get-caller-identity.ts';
import { getSessionToken } from './get-session-token.ts';
import type { Operation } from './operation.ts';

const VERSION = '2011-06-15';

const OPERATIONS = new Map<string, Operation>([
  ['AssumeRole', { signed: true, run: assumeRole }],
  ['AssumeRoleWithWebIdentity', { signed: false, run: assumeRoleWithWebIdentity }],
  ['GetCallerIdentity', { signed: true, run: getCallerIdentity }],
  ['GetSessionToken', { signed: true, run: getSessionToken }],
]);

/** Throws MissingAction or InvalidAction. */
export function findOperation({ operation: name, parameters }: StsRequest): Operation {
  if (name === '') throw new AwsError('MissingAction', 'The request must contain the parameter Action');
  const version = parameters.get('Version') ?? 'NO_VERSION_SPECIFIED';
  const operation = version === VERSION ? OPERATIONS.get(name) : undefined;
  if (!operation) throw new AwsError('InvalidAction', `Could not find operation ${name} for version ${version}`);
  return operation;
}
