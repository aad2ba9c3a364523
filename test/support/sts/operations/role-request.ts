import {
  DEFAULT_MAX_SESSION_DURATION_SECONDS,
  type FederatedTrust,
  type PrincipalTrust,
  parseArn,
  parseRoleArn,
  type Role,
  type Trust,
} from '../accounts.ts';
import { AwsError } from '../aws-error.ts';
import type { Parameters } from '../http/request.ts';
import type { Caller } from '../sessions.ts';
import {
  type Constraints,
  DEFAULT_ROLE_DURATION_SECONDS,
  MAX_PLAIN_POLICIES,
  MAX_POLICY_ARNS,
  POLICY,
  POLICY_ARN,
  ROLE_ARN,
  ROLE_DURATION_SECONDS,
  ROLE_SESSION_NAME,
} from './limits.ts';

/** The inline and managed session policies of one request, as text. */
interface SessionPolicies {
  readonly policy: string | undefined;
  readonly policyArns: readonly string[];
}

function readPolicies(parameters: Parameters, constraints: Constraints): SessionPolicies {
  const policy = parameters.get('Policy');
  const arns = parameters.list('PolicyArns').map((member) => member.get('arn'));
  constraints.text('policy', policy, POLICY);
  constraints.count('policyArns', arns, MAX_POLICY_ARNS);
  arns.forEach((arn, index) => {
    constraints.text(`policyArns.${index + 1}.member.arn`, arn, POLICY_ARN);
  });
  return { policy, policyArns: arns.filter((arn) => arn !== undefined) };
}

/** What AWS checks of policies beyond the shape of the parameters. */
export function checkPolicies({ policy, policyArns }: SessionPolicies): void {
  if (policy !== undefined && !isJsonObject(policy)) {
    throw new AwsError('MalformedPolicyDocument', 'This policy contains invalid Json');
  }
  const percent = Math.ceil((plainLength({ policy, policyArns }) / MAX_PLAIN_POLICIES) * 100);
  if (percent > 100) {
    throw new AwsError(
      'PackedPolicyTooLarge',
      `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
    );
  }
}

/** AWS packs before it measures; of plain text this is the nearest. Absent without policies, as AWS leaves it out. */
export function packedPolicySize(policies: SessionPolicies): number | undefined {
  const length = plainLength(policies);
  return length === 0 ? undefined : Math.ceil((length / MAX_PLAIN_POLICIES) * 100);
}

function plainLength({ policy = '', policyArns }: SessionPolicies): number {
  return policy.length + policyArns.join('').length;
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** The first statement that lets the caller assume the role. */
export function principalTrust(role: Role, caller: Caller, externalID: string | undefined): PrincipalTrust | undefined {
  return role.trust
    .filter(isPrincipalTrust)
    .filter((trust) => trust.externalID === undefined || trust.externalID === externalID)
    .find((trust) => trust.principals.some((principal) => isMeant(principal, caller)));
}

/** Whether a statement admits a verified token with these claims. */
export function trustsToken(
  role: Role,
  token: { issuer: string; subject: string; audiences: readonly string[] },
): boolean {
  return role.trust
    .filter((trust): trust is FederatedTrust => 'federated' in trust)
    .some(
      ({ federated, subject, audience }) =>
        federated === token.issuer &&
        (subject === undefined || subject === token.subject) &&
        (audience === undefined || token.audiences.includes(audience)),
    );
}

function isPrincipalTrust(trust: Trust): trust is PrincipalTrust {
  return 'principals' in trust;
}

/** The account's root stands for every principal of the account; a role for every session of it. */
function isMeant(principal: string, caller: Caller): boolean {
  if (principal === caller.arn || principal === caller.roleArn) return true;
  const trusted = parseArn(principal);
  return (
    trusted?.resource === 'root' &&
    trusted.account === caller.account &&
    trusted.partition === parseArn(caller.arn)?.partition
  );
}

/** What AssumeRole and AssumeRoleWithWebIdentity have in common. */
export interface RoleRequest extends SessionPolicies {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly durationSeconds: number;
}

export function readRoleRequest(parameters: Parameters, constraints: Constraints): RoleRequest {
  const roleArn = parameters.get('RoleArn');
  const sessionName = parameters.get('RoleSessionName');
  constraints.text('roleArn', roleArn, ROLE_ARN);
  constraints.text('roleSessionName', sessionName, ROLE_SESSION_NAME);
  const seconds = constraints.seconds('durationSeconds', parameters.get('DurationSeconds'), ROLE_DURATION_SECONDS);
  return {
    roleArn: roleArn ?? '',
    sessionName: sessionName ?? '',
    durationSeconds: seconds ?? DEFAULT_ROLE_DURATION_SECONDS,
    ...readPolicies(parameters, constraints),
  };
}

export function checkRoleArn(roleArn: string): void {
  if (!parseRoleArn(roleArn)) throw new AwsError('ValidationError', `${roleArn} is invalid`);
}

export function checkRoleDuration(role: Role, durationSeconds: number): void {
  if (durationSeconds > (role.maxSessionDuration ?? DEFAULT_MAX_SESSION_DURATION_SECONDS)) {
    throw new AwsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    );
  }
}
