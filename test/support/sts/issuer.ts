import * as jose from 'jose';
import type { IdentityProvider } from './accounts.ts';

/** An OpenID Connect issuer with one RS256 key, like a cluster's for its ServiceAccounts. */
export interface Issuer extends IdentityProvider {
  readonly jwks: () => jose.JSONWebKeySet;
  /** A token as Kubernetes' TokenRequest makes it. */
  serviceAccountToken(request: TokenRequest): Promise<string>;
  /** Any claims, for tokens that Kubernetes would never make; `iss` is the issuer unless the claims say otherwise. */
  sign(claims: jose.JWTPayload): Promise<string>;
}

interface TokenRequest {
  readonly namespace: string;
  readonly name: string;
  /** Default `sts.amazonaws.com`. */
  readonly audience?: string;
  /** Default 600. */
  readonly expirationSeconds?: number;
}

export interface IssuerOptions {
  readonly issuer?: string;
  readonly audiences?: readonly string[];
  readonly now?: () => Date;
  /** Default: the key's thumbprint. */
  readonly keyID?: string;
}

export async function createIssuer(options: IssuerOptions = {}): Promise<Issuer> {
  const { issuer = 'https://oidc.example.org/id/cluster', audiences, now = () => new Date() } = options;
  const { publicKey, privateKey } = await jose.generateKeyPair('RS256', { extractable: true });
  const jwk = await jose.exportJWK(publicKey);
  const kid = options.keyID ?? (await jose.calculateJwkThumbprint(jwk));
  const sign = (claims: jose.JWTPayload) =>
    new jose.SignJWT({ iss: issuer, ...claims }).setProtectedHeader({ alg: 'RS256', kid }).sign(privateKey);
  return {
    issuer,
    ...(audiences && { audiences }),
    jwks: () => ({ keys: [{ ...jwk, kid, alg: 'RS256', use: 'sig' }] }),
    sign,
    serviceAccountToken: (request) => sign(serviceAccountClaims(request, now())),
  };
}

function serviceAccountClaims(request: TokenRequest, now: Date): jose.JWTPayload {
  const { namespace, name, audience = 'sts.amazonaws.com', expirationSeconds = 600 } = request;
  const issuedAt = Math.floor(now.getTime() / 1000);
  return {
    sub: `system:serviceaccount:${namespace}:${name}`,
    aud: [audience],
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + expirationSeconds,
    'kubernetes.io': { namespace, serviceaccount: { name } },
  };
}
