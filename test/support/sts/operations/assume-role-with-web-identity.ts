import * as jose from 'jose';
import { type IdentityProvider, parseArn } from '../accounts.ts';
import { AwsError } from '../aws-error.ts';
import type { XmlElement } from '../http/answer.ts';
import { roleCaller } from '../sessions.ts';
import { Constraints, WEB_IDENTITY_TOKEN } from './limits.ts';
import { credentialsElement, type OperationContext } from './operation.ts';
import {
  checkPolicies,
  checkRoleArn,
  checkRoleDuration,
  packedPolicySize,
  readRoleRequest,
  trustsToken,
} from './role-request.ts';

/** A verified web identity token's claims. */
interface WebIdentity {
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
}

/** Throws InvalidIdentityToken or ExpiredTokenException; no message carries a byte of the token but its issuer. */
async function verifyWebIdentity(
  token: string,
  providers: readonly IdentityProvider[],
  now: Date,
): Promise<WebIdentity> {
  const issuer = claimedIssuer(token);
  const provider = providers.find((candidate) => candidate.issuer === issuer);
  if (!provider) throw invalid(`No OpenIDConnect provider found in your account for ${issuer}`);
  const claims = await verify(token, provider, now);
  const audiences = [claims.aud ?? []].flat();
  if (provider.audiences && !provider.audiences.some((audience) => audiences.includes(audience))) {
    throw invalid('Incorrect token audience');
  }
  return { issuer, subject: claims.sub ?? '', audiences };
}

function claimedIssuer(token: string): string {
  try {
    const { iss } = jose.decodeJwt(token);
    if (iss) return iss;
  } catch {
    // Not a JWT: the same answer.
  }
  throw invalid('The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)');
}

async function verify(token: string, provider: IdentityProvider, now: Date): Promise<jose.JWTPayload> {
  const keys = jose.createLocalJWKSet(await fetchKeys(provider));
  try {
    const { payload } = await jose.jwtVerify(token, keys, {
      algorithms: ['RS256'],
      issuer: provider.issuer,
      requiredClaims: ['sub', 'aud', 'iat', 'exp'],
      currentDate: now,
    });
    return payload;
  } catch (error) {
    throw refusal(error, now);
  }
}

async function fetchKeys(provider: IdentityProvider): Promise<jose.JSONWebKeySet> {
  try {
    return await provider.jwks();
  } catch {
    throw unknownKey();
  }
}

function refusal(error: unknown, now: Date): AwsError {
  if (error instanceof jose.errors.JWTExpired) {
    const seconds = Math.floor(now.getTime() / 1000);
    return new AwsError(
      'ExpiredTokenException',
      `Token expired: current date/time ${seconds} must be before the expiration date/time ${error.payload.exp}`,
    );
  }
  if (error instanceof jose.errors.JWKSNoMatchingKey) return unknownKey();
  if (error instanceof jose.errors.JWTClaimValidationFailed && error.reason === 'missing') {
    return invalid(`Missing a required claim: ${error.claim}`);
  }
  if (error instanceof jose.errors.JWSSignatureVerificationFailed) return invalid('Token signature is not valid');
  return invalid('The ID Token provided is not valid');
}

/** AWS says this of a key it cannot fetch and of one it has not fetched yet; asking again may help. */
function unknownKey(): AwsError {
  return invalid(
    "Couldn't retrieve verification key from your identity provider,  " +
      'please reference AssumeRoleWithWebIdentity documentation for requirements',
  );
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidIdentityToken', message);
}

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
