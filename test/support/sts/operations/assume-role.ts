import type { Accounts, PrincipalTrust, Role } from '../accounts.ts';
import { AwsError } from '../aws-error.ts';
import { type Caller, isRoot, roleCaller } from '../caller.ts';
import type { Parameters } from '../http/parameters.ts';
import type { XmlElement } from '../http/xml.ts';
import { Constraints } from './constraints.ts';
import { credentialsElement } from './credentials-element.ts';
import { CHAINED_DURATION_SECONDS, EXTERNAL_ID, SOURCE_IDENTITY } from './limits.ts';
import { checkMfa, readMfa } from './mfa.ts';
import type { OperationContext } from './operation.ts';
import { checkRoleArn, checkRoleDuration, type RoleRequest, readRoleRequest } from './role-request.ts';
import { checkPolicies, packedPolicySize } from './session-policies.ts';
import { type RequestedTags, readTags, transitiveTags } from './session-tags.ts';
import { principalTrust } from './trust.ts';

export function assumeRole(context: OperationContext, caller: Caller): XmlElement {
  const { parameters, accounts, issue } = context;
  const request = readRequest(parameters);
  checkRoleArn(request.roleArn);
  checkPolicies(request);
  const { role, trust } = admit(accounts, caller, request);
  const tags = transitiveTags(caller, request);
  const sourceIdentity = request.sourceIdentity ?? caller.sourceIdentity;
  checkAlsoAllowed(trust, caller, request);
  checkMfa(parameters, caller, accounts);
  checkRoleDuration(role, request.durationSeconds);
  checkChaining(caller, request.durationSeconds);

  const assumed = roleCaller(role.arn, request.sessionName, {
    transitiveTags: tags,
    ...(sourceIdentity && { sourceIdentity }),
  });
  const session = issue({ operation: 'AssumeRole', caller: assumed, durationSeconds: request.durationSeconds });
  return {
    SourceIdentity: sourceIdentity,
    AssumedRoleUser: { AssumedRoleId: assumed.userId, Arn: assumed.arn },
    Credentials: credentialsElement(session),
    PackedPolicySize: packedPolicySize(request),
  };
}

interface AssumeRoleRequest extends RoleRequest, RequestedTags {
  readonly externalID: string | undefined;
  readonly sourceIdentity: string | undefined;
}

function readRequest(parameters: Parameters): AssumeRoleRequest {
  const constraints = new Constraints();
  const externalID = parameters.get('ExternalId');
  const sourceIdentity = parameters.get('SourceIdentity');
  const request = {
    ...readRoleRequest(parameters, constraints),
    ...readTags(parameters, constraints),
    externalID,
    sourceIdentity,
  };
  constraints.text('externalId', externalID, EXTERNAL_ID);
  constraints.text('sourceIdentity', sourceIdentity, SOURCE_IDENTITY);
  readMfa(parameters, constraints);
  constraints.settle();
  return request;
}

/** An unknown role and one that does not trust the caller look the same, so that roles cannot be guessed. */
function admit(accounts: Accounts, caller: Caller, request: AssumeRoleRequest): { role: Role; trust: PrincipalTrust } {
  if (isRoot(caller)) throw new AwsError('AccessDenied', 'Roles may not be assumed by root accounts.');
  const role = accounts.roles.find(({ arn }) => arn === request.roleArn);
  const trust = role && principalTrust(role, caller, request.externalID);
  if (!role || !trust) throw notAuthorized(caller, 'sts:AssumeRole', request.roleArn);
  return { role, trust };
}

/** Tags and a source identity, asked for or inherited, need permissions of their own; the latter never changes. */
function checkAlsoAllowed(trust: PrincipalTrust, caller: Caller, request: AssumeRoleRequest): void {
  const allowed: readonly string[] = trust.alsoAllows ?? ['sts:TagSession', 'sts:SetSourceIdentity'];
  const tagged = request.tags.length + caller.transitiveTags.length > 0;
  const identity = request.sourceIdentity ?? caller.sourceIdentity;
  const changes = caller.sourceIdentity !== undefined && identity !== caller.sourceIdentity;
  if (tagged && !allowed.includes('sts:TagSession')) {
    throw notAuthorized(caller, 'sts:TagSession', request.roleArn);
  }
  if (changes || (identity !== undefined && !allowed.includes('sts:SetSourceIdentity'))) {
    throw notAuthorized(caller, 'sts:SetSourceIdentity', request.roleArn);
  }
}

function checkChaining(caller: Caller, durationSeconds: number): void {
  if (caller.session !== 'none' && durationSeconds > CHAINED_DURATION_SECONDS) {
    throw new AwsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    );
  }
}

function notAuthorized(caller: Caller, action: string, roleArn: string): AwsError {
  return new AwsError(
    'AccessDenied',
    `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${roleArn}`,
  );
}
