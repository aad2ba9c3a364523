import type { Code } from '../api/codes.ts';
import { type Finding, finding } from '../api/finding.ts';
import { describeObject, type ObjectRef } from '../api/kinds.ts';
import type { Hop } from '../api/plan.ts';
import { quote } from '../api/quote.ts';
import type { AwsFailure } from '../api/world.ts';
import type { FailedHop } from './run-chain.ts';

/** What the SDK makes of an answer without a code, such as the S3-style errors of other servers. */
const NO_CODE = 'Unknown';
const DENIED_ADVICE =
  "Let the role's trust policy name the caller and match the external ID, and the caller's policy allow sts:AssumeRole";
const KEYS_ADVICE = 'Check that the keys the call was signed with exist and are active';
const TOKEN_ADVICE =
  "Let IAM's OIDC provider have the token's issuer and audience, and the role's trust policy name its subject";
const SMALLER_ADVICE = 'Shorten `policy`, `policyARNs` and `tags` of the hop; inherited tags count too';
const POLICY_ADVICE = 'Correct `policy` of the hop';
const CLOCK_ADVICE = "Set this machine's clock: it is too far from AWS's";

/** AWS's own error codes (STS API reference, "Errors"; aws-sts.md section 3): our code, and the one line of advice. */
export const ADVICE: Readonly<Record<string, readonly [Code, string]>> = {
  AccessDenied: ['HOP_DENIED', DENIED_ADVICE],
  InvalidClientTokenId: ['CREDENTIALS_REFUSED', KEYS_ADVICE],
  UnrecognizedClientException: ['CREDENTIALS_REFUSED', KEYS_ADVICE],
  MissingAuthenticationToken: ['CREDENTIALS_REFUSED', KEYS_ADVICE],
  SignatureDoesNotMatch: [
    'CREDENTIALS_REFUSED',
    'Check that the secret access key belongs to the access key ID, and the clock of this machine',
  ],
  RequestExpired: ['CREDENTIALS_REFUSED', CLOCK_ADVICE],
  ExpiredToken: ['CREDENTIALS_REFUSED', 'Get new keys: the session they belong to has ended'],
  ExpiredTokenException: ['CREDENTIALS_REFUSED', 'Get a new token: this one has expired'],
  InvalidIdentityToken: ['CREDENTIALS_REFUSED', TOKEN_ADVICE],
  InvalidIdentityTokenException: ['CREDENTIALS_REFUSED', TOKEN_ADVICE],
  IDPRejectedClaimException: ['CREDENTIALS_REFUSED', TOKEN_ADVICE],
  RegionDisabledException: [
    'HOP_REFUSED',
    "Activate STS for this region in the caller's account, or use another `spec.region`",
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

/** "cannot assume role ARN (hop n of m, sts:AssumeRole) for GENERATOR: CAUSE. ADVICE." Holds nothing of AWS's answer but its code. `generators`: those whose chains go through the hop. */
export function diagnose(at: FailedHop & { readonly generators: readonly [ObjectRef, ...ObjectRef[]] }): Finding {
  const where = `hop ${at.number} of ${at.of}, sts:${at.hop.operation}`;
  const [generator, ...others] = at.generators;
  const whom = `${describeObject(generator)}${others.length === 0 ? '' : ` and ${others.length} more`}`;
  const start = `cannot assume role ${quote(at.hop.request.roleArn)} (${where}) for ${whom}`;
  const [code, cause, general] = explainFailure(at.failure, at.attempts);
  const advice = code === 'HOP_DENIED' ? adviceOnDenial(at.hop) : general;
  return finding(code, `${start}: ${cause}. ${advice}.`, { object: generator, field: 'spec.role' });
}

/** What the role's trust policy must have for this hop. */
function adviceOnDenial({ operation, request: { tags, sourceIdentity } }: Hop): string {
  if (operation === 'AssumeRoleWithWebIdentity')
    return "Let the role's trust policy name the token's OIDC provider, and match its subject and audience";
  const also = [
    ...(tags === undefined ? [] : ['sts:TagSession']),
    ...(sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
  ];
  const actions = also.length === 0 ? '' : `; both must allow ${also.join(' and ')} too`;
  return `${DENIED_ADVICE}${actions}`;
}

/** Code, cause and advice for a failure; of AWS's answer only its code. */
export function explainFailure(failure: AwsFailure, attempts: number): readonly [Code, string, string] {
  switch (failure.kind) {
    case 'refused':
      return explainRefused(failure, attempts);
    case 'unreachable':
      return [
        'STS_UNAVAILABLE',
        `STS was not reached (${failure.cause})`,
        'Check the network, proxy and endpoint settings, and run again',
      ];
    case 'untrusted':
      return [
        'STS_UNAVAILABLE',
        `the certificate of the server is not trusted (${failure.cause})`,
        'Name its authority in AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS, and check the endpoint settings',
      ];
    case 'noCredentials':
      return [
        'NO_CREDENTIALS',
        "the SDK's default chain found no credentials",
        'Check AWS_PROFILE and the files it names, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or add `spec.auth.secretRef`',
      ];
    case 'deadline':
      return [
        'DEADLINE_PASSED',
        'the run took longer than STS_FUNCTION_TIMEOUT',
        'Raise it, or render fewer generators in one run',
      ];
    case 'malformed':
      return [
        'STS_MALFORMED',
        'the answer is not one of STS',
        'Check which server AWS_ENDPOINT_URL_STS or AWS_STS_ENDPOINT names',
      ];
  }
}

function explainRefused(
  { awsCode, httpStatus }: Extract<AwsFailure, { kind: 'refused' }>,
  attempts: number,
): readonly [Code, string, string] {
  const status = httpStatus === undefined ? '' : ` (HTTP ${httpStatus})`;
  const often = attempts > 1 ? ' on every attempt' : '';
  if (awsCode === NO_CODE) {
    const advice = 'Check which server AWS_ENDPOINT_URL_STS or AWS_STS_ENDPOINT names, or run again later';
    return ['STS_UNAVAILABLE', `the answer has no AWS error code${status}${often}`, advice];
  }
  const known = Object.hasOwn(ADVICE, awsCode) ? ADVICE[awsCode] : undefined;
  if (known !== undefined) return [known[0], `${awsCode}${often}`, known[1]];
  if (attempts > 1) return ['STS_UNAVAILABLE', `${awsCode}${status}${often}`, 'Run again later'];
  return ['HOP_REFUSED', `${awsCode}${status}`, 'Look the code up in the STS API reference under AssumeRole'];
}
