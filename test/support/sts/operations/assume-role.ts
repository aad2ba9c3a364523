import type { Accounts, PrincipalTrust, Role } from '../accounts.ts';
import { AwsError } from '../aws-error.ts';
import type { XmlElement } from '../http/answer.ts';
import type { Parameters } from '../http/request.ts';
import { type Caller, isRoot, roleCaller, type Tag } from '../sessions.ts';
import {
  CHAINED_DURATION_SECONDS,
  Constraints,
  EXTERNAL_ID,
  MAX_TAGS,
  SOURCE_IDENTITY,
  TAG_KEY,
  TAG_VALUE,
} from './limits.ts';
import { checkMfa, credentialsElement, type OperationContext, readMfa } from './operation.ts';
import {
  checkPolicies,
  checkRoleArn,
  checkRoleDuration,
  packedPolicySize,
  principalTrust,
  type RoleRequest,
  readRoleRequest,
} from './role-request.ts';

/** The session tags one AssumeRole asks for. */
interface RequestedTags {
  readonly tags: readonly Tag[];
  readonly transitiveKeys: readonly string[];
}

function readTags(parameters: Parameters, constraints: Constraints): RequestedTags {
  const members = parameters.list('Tags');
  const transitiveKeys = parameters.texts('TransitiveTagKeys');
  constraints.count('tags', members, MAX_TAGS);
  constraints.count('transitiveTagKeys', transitiveKeys, MAX_TAGS);
  members.forEach((member, index) => {
    constraints.text(`tags.${index + 1}.member.key`, member.get('Key'), TAG_KEY);
    constraints.text(`tags.${index + 1}.member.value`, member.get('Value'), TAG_VALUE);
  });
  transitiveKeys.forEach((key, index) => {
    constraints.text(`transitiveTagKeys.${index + 1}.member`, key, TAG_KEY);
  });
  const tags = members.map((member) => ({ key: member.get('Key') ?? '', value: member.get('Value') ?? '' }));
  return { tags, transitiveKeys };
}

/**
 * The transitive tags of the new session: those it inherits and those it adds.
 * Keys compare without case; an inherited tag cannot be set again.
 */
function transitiveTags(caller: Caller, { tags, transitiveKeys }: RequestedTags): Tag[] {
  const keys = tags.map(({ key }) => key.toLowerCase());
  const transitive = new Set(transitiveKeys.map((key) => key.toLowerCase()));
  if (new Set(keys).size < keys.length) {
    throw invalid('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
  }
  if ([...transitive].some((key) => !keys.includes(key))) {
    throw invalid('The specified transitive tag key must be included in the requested tags.');
  }
  if (caller.transitiveTags.some(({ key }) => keys.includes(key.toLowerCase()))) {
    throw invalid(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key " +
        'from the calling session.',
    );
  }
  return [...caller.transitiveTags, ...tags.filter(({ key }) => transitive.has(key.toLowerCase()))];
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}

export function assumeRole(context: OperationContext, caller: Caller): XmlElement {
  const { parameters, accounts, issue } = context;
  const request = readRunRequest(parameters);
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

function readRunRequest(parameters: Parameters): AssumeRoleRequest {
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
