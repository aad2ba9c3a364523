import { parseArn } from '../arn.ts';
import { AwsError } from '../aws-error.ts';
import { roleCaller } from '../caller.ts';
import type { XmlElement } from '../http/xml.ts';
import { Constraints } from './constraints.ts';
import { credentialsElement } from './credentials-element.ts';
import { WEB_IDENTITY_TOKEN } from './limits.ts';
import type { OperationContext } from './operation.ts';
import { checkRoleArn, checkRoleDuration, readRoleRequest } from './role-request.ts';
import { checkPolicies, packedPolicySize } from './session-policies.ts';
import { trustsToken } from './trust.ts';
import { verifyWebIdentity, type WebIdentity } from './web-identity.ts';

export async function assumeRoleWithWebIdentity(context: OperationContext): Promise<XmlElement> {
  const { parameters, accounts, now, issue } = context;
  const constraints = new Constraints();
  const request = readRoleRequest(parameters, constraints);
  const token = parameters.get('WebIdentityToken') ?? '';
  constraints.text('webIdentityToken', parameters.get('WebIdentityToken'), WEB_IDENTITY_TOKEN);
  constraints.settle();
  checkRoleArn(request.roleArn);
  checkPolicies(request);

  const identity = await verifyWebIdentity(token, accounts.identityProviders, now);
  const role = accounts.roles.find(({ arn }) => arn === request.roleArn);
  if (!role || !trustsToken(role, identity)) {
    throw new AwsError('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity');
  }
  checkRoleDuration(role, request.durationSeconds);

  const assumed = roleCaller(role.arn, request.sessionName, { transitiveTags: [] });
  const session = issue({
    operation: 'AssumeRoleWithWebIdentity',
    caller: assumed,
    durationSeconds: request.durationSeconds,
  });
  return {
    AssumedRoleUser: { AssumedRoleId: assumed.userId, Arn: assumed.arn },
    Credentials: credentialsElement(session),
    SubjectFromWebIdentityToken: identity.subject,
    Audience: identity.audiences[0],
    Provider: providerArn(role.arn, identity),
    PackedPolicySize: packedPolicySize(request),
  };
}

/** The provider as IAM names it in the role's account: the issuer without its scheme. */
function providerArn(roleArn: string, { issuer }: WebIdentity): string {
  const role = parseArn(roleArn);
  return `arn:${role?.partition}:iam::${role?.account}:oidc-provider/${issuer.replace(/^https?:\/\//, '')}`;
}
