import type { Code } from '../findings/codes.ts';
import { type Sayable, say, theField } from '../findings/say.ts';

export const DENIED_ADVICE =
  "Check that the role exists, that its trust policy names the caller and the external ID, and that the caller's own policy allows sts:AssumeRole";
const KEYS_ADVICE =
  'Check that the keys the call was signed with exist and are active, and that temporary keys come with their session token';
const SIGNATURE_ADVICE = 'Check that the secret access key belongs to the access key ID, and the clock of this machine';
export const REGISTRY_ADVICE = 'Let the caller\'s policy allow ecr:GetAuthorizationToken on the resource "*"';
const TOKEN_ADVICE =
  "Let IAM's OIDC provider have the token's issuer and audience, and the role's trust policy name its subject";
const SMALLER_ADVICE = 'Shorten `policy`, `policyARNs` and `tags` of the hop; inherited tags count too';
const POLICY_ADVICE = 'Correct `policy` of the hop';
const CLOCK_ADVICE = "Set this machine's clock: it is too far from AWS's";

/** AWS's own error codes (STS and ECR API references, "Errors"): our code, and the one line of advice. */
export const ADVICE: Readonly<Record<string, readonly [Code, Sayable]>> = {
  AccessDenied: ['HOP_DENIED', DENIED_ADVICE],
  AccessDeniedException: ['HOP_DENIED', REGISTRY_ADVICE],
  InvalidClientTokenId: ['CREDENTIALS_REFUSED', KEYS_ADVICE],
  UnrecognizedClientException: ['CREDENTIALS_REFUSED', KEYS_ADVICE],
  MissingAuthenticationToken: ['CREDENTIALS_REFUSED', KEYS_ADVICE],
  MissingAuthenticationTokenException: ['CREDENTIALS_REFUSED', KEYS_ADVICE],
  SignatureDoesNotMatch: ['CREDENTIALS_REFUSED', SIGNATURE_ADVICE],
  InvalidSignatureException: ['CREDENTIALS_REFUSED', SIGNATURE_ADVICE],
  RequestExpired: ['CREDENTIALS_REFUSED', CLOCK_ADVICE],
  ExpiredToken: ['CREDENTIALS_REFUSED', 'Get new keys: the session they belong to has ended'],
  ExpiredTokenException: ['CREDENTIALS_REFUSED', 'Get a new token, or new keys: what was sent has expired'],
  InvalidIdentityToken: ['CREDENTIALS_REFUSED', TOKEN_ADVICE],
  InvalidIdentityTokenException: ['CREDENTIALS_REFUSED', TOKEN_ADVICE],
  IDPRejectedClaimException: ['CREDENTIALS_REFUSED', TOKEN_ADVICE],
  RegionDisabledException: [
    'HOP_REFUSED',
    say`Activate STS for this region in the role's account (without a role: in the caller's), or use another ${theField('spec.region')}`,
  ],
  ValidationError: [
    'HOP_REFUSED',
    "Check `requestParameters`, and `via` and `last` of the Input: a session may not be longer than the role's maximum, and one hour when roles are chained",
  ],
  InvalidParameterValue: [
    'HOP_REFUSED',
    'Remove tags that an earlier session passes on already, such as those of an EKS Pod Identity: a transitive tag cannot be set again',
  ],
  PackedPolicyTooLargeException: ['HOP_REFUSED', SMALLER_ADVICE],
  PackedPolicyTooLarge: ['HOP_REFUSED', SMALLER_ADVICE],
  MalformedPolicyDocumentException: ['HOP_REFUSED', POLICY_ADVICE],
  MalformedPolicyDocument: ['HOP_REFUSED', POLICY_ADVICE],
};
