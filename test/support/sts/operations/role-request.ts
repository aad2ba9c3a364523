import { DEFAULT_MAX_SESSION_DURATION_SECONDS, type Role } from '../accounts.ts';
import { parseRoleArn } from '../arn.ts';
import { AwsError } from '../aws-error.ts';
import type { Parameters } from '../http/parameters.ts';
import type { Constraints } from './constraints.ts';
import { DEFAULT_ROLE_DURATION_SECONDS, ROLE_ARN, ROLE_DURATION_SECONDS, ROLE_SESSION_NAME } from './limits.ts';
import { readPolicies, type SessionPolicies } from './session-policies.ts';

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
