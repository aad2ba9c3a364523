import * as jose from 'jose';
import type { IdentityProvider } from '../accounts.ts';
import { AwsError } from '../aws-error.ts';

/** A verified web identity token's claims. */
export interface WebIdentity {
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
}

/** Throws InvalidIdentityToken or ExpiredTokenException; no message carries a byte of the token but its issuer. */
export async function verifyWebIdentity(
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
