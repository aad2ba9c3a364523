import { AwsError } from '../aws-error.ts';
import type { Parameters } from '../http/parameters.ts';
import type { Constraints } from './constraints.ts';
import { MAX_PLAIN_POLICIES, MAX_POLICY_ARNS, POLICY, POLICY_ARN } from './limits.ts';

/** The inline and managed session policies of one request, as text. */
export interface SessionPolicies {
  readonly policy: string | undefined;
  readonly policyArns: readonly string[];
}

export function readPolicies(parameters: Parameters, constraints: Constraints): SessionPolicies {
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
